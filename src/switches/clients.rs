//! Who is connected to a switch over verto, as it says itself.
//!
//! What hook scripts tell can be lost: a switch or a service crashes, a script is too late. So each
//! switch is asked now and then, and whoever listens puts right what is recorded. A switch tells a
//! client's name and address, and never its session id.

use std::collections::HashSet;

use jackfield_api::snapshot::{Clients, Uuid};
use serde::Deserialize;

use super::command::Command;
use super::link::{Link, Lost};
use super::out::Outs;
use crate::clock;

/// Listens to what switches say of their clients.
pub trait Comparing: Send + Sync + 'static {
    /// Whether there is anything to compare: a switch is not asked for nothing.
    fn is_of_use(&self) -> bool;

    /// A switch has said who is there; whether it is to be asked again soon, because somebody may have
    /// come or gone while it did. On a thread that may wait.
    fn compare(&self, present: &Present) -> bool;

    /// Who has to go from the switch that has these names.
    fn leavers(&self, switch: &[String]) -> Outs;
}

/// Who is connected to a switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The names of the switch: that of the settings' `hostname`, of its machine, and its own.
    pub switch: Vec<String>,
    /// When it was asked, in seconds since 1970.
    pub asked: i64,
    /// Who is there, and from which address.
    pub clients: HashSet<(Uuid, String)>,
}

impl Present {
    /// Asks a switch; none where it does not say.
    pub(super) async fn of(link: &mut impl Link, hostname: &str) -> Result<Option<Self>, Lost> {
        let mut switch = vec![hostname.to_owned()];
        for command in [Command::Hostname, Command::Switchname] {
            let told = link.call(&command.line()).await?;
            let name = told.trim();
            if !name.is_empty() && !name.starts_with('-') {
                switch.push(name.to_owned());
            }
        }
        // Whoever comes after this may be missing from the answer.
        let asked = clock::seconds();
        let told = link.call(&Command::VertoStatus.line()).await?;
        // Of many clients it is megabytes.
        let clients = tokio::task::spawn_blocking(move || read(&told)).await.ok().flatten();
        Ok(clients.map(|clients| Self { switch, asked, clients }))
    }

    /// Whether a switch that hook scripts call so is this one.
    pub fn is_of(&self, switch: &str) -> bool {
        is_one(&self.switch, switch)
    }
}

/// Whether a switch that hook scripts call so has these names.
pub fn is_one(names: &[String], switch: &str) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(switch))
}

/// Of the answer to `verto jsonstatus` what is needed.
#[derive(Deserialize)]
struct Status {
    profiles: Vec<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    /// None where nobody has logged in.
    user: Option<String>,
    #[serde(rename = "remoteHost")]
    address: Option<String>,
}

/// Anything but a whole answer says nothing of anybody.
fn read(told: &str) -> Option<HashSet<(Uuid, String)>> {
    let status: Status = serde_json::from_str(told).ok()?;
    let users = status.profiles.into_iter().flat_map(|profile| profile.users);
    Some(users.filter_map(|user| Some((Clients::name(&user.user?)?, user.address?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "0b7e1c1e-2222-4333-8444-555555555555";

    #[test]
    fn clients_are_read_from_all_profiles_and_other_users_are_not() {
        let user = |name: &str, address: &str| {
            format!(
                "\t{{\"user\":\"{name}\",\"domain\":\"verto\",\"entity\":\"x\",\"type\":\"WS\",\
                 \"remoteHost\":\"{address}\",\"state\":\"CONN_REG\"}}"
            )
        };
        let told = format!(
            "{{\n\t\"profiles\":[{{\"name\":\"a\",\"state\":\"RUNNING\"}},\
             {{\"name\":\"b\",\"users\":[{},{},{{\"remoteHost\":\"192.0.2.9:1\",\"state\":\"CONN_NO_REG\"}}]}},\
             {{\"name\":\"c\",\"users\":[{}]}}]}}\n",
            user(NAME, "192.0.2.7:1"),
            user("1000", "192.0.2.8:1"),
            user(&NAME.to_uppercase(), "[2001:db8::1]:2")
        );
        let name = Clients::name(NAME).expect("a UUID");
        let is = [(name, "192.0.2.7:1".to_owned()), (name, "[2001:db8::1]:2".to_owned())];
        assert_eq!(read(&told), Some(is.into()));
        assert_eq!(read("{\"profiles\":[]}"), Some(HashSet::new()));
    }

    #[test]
    fn an_answer_that_is_not_whole_says_nothing() {
        for told in [
            "",
            "-ERR verto Command not found!\n",
            "+OK\n",
            "{}",
            "[]",
            "{\"profiles\":{}}",
            "{\"profiles\":[{\"users\":[",
            "{\"profiles\":[{\"users\":5}]}",
        ] {
            assert_eq!(read(told), None, "{told}");
        }
    }
}
