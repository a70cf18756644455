//! Whose login over verto it is.
//!
//! A script tells what the client itself wrote, as `NAME`, `NAME@verto` or `NAME@elsewhere`, and a
//! switch whose profile has `force-register-domain` takes the name alone. So what stands behind `@`
//! counts only where the switch has looked at it.

use jackfield_api::ClientEvent;
use jackfield_api::snapshot::{Clients, Grant, ProfileKind, Snapshot, Uuid};

/// Who has logged in, or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Whoever has this name of a client.
    Client(Uuid),
    /// Nobody that can be a client, in the domain of clients.
    Nobody,
    /// A user of the PBX.
    User,
}

/// The parameter of a verto profile that has every login be of one domain.
const FORCED: &str = "force-register-domain";

pub(super) fn who(event: ClientEvent<'_>, snapshot: &Snapshot) -> Who {
    // Where nobody has made a channel there is nothing to be kept from.
    let nobody = if snapshot.contents().channels.is_empty() { Who::User } else { Who::Nobody };
    let Some(login) = event.login() else { return nobody };
    let verto = &snapshot.contents().verto;
    let (name, domain) = match login.split_once('@') {
        Some((name, domain)) => (name, Some(domain)),
        None => (login, None),
    };
    let is_ours = |domain: &str| domain.eq_ignore_ascii_case(&verto.domain);
    let is_of_clients = match forced(event, snapshot) {
        Some(domain) => is_ours(&domain),
        None => domain.is_none_or(is_ours) || verto.grant == Grant::AtLogin,
    };
    if !is_of_clients {
        return Who::User;
    }
    let is_user_of =
        |domain: &str| snapshot.domain(domain).is_some_and(|it| it.user(name).is_some());
    match Clients::name(name) {
        Some(name) if snapshot.contents().clients.get(name).is_some() => Who::Client(name),
        // A PBX may have a domain of that name itself.
        _ if is_user_of(&verto.domain) => Who::User,
        // It may have been made since the snapshot was.
        Some(name) => Who::Client(name),
        // No client has such a name, so what is written behind it may be believed.
        None if domain.is_some_and(is_user_of) => Who::User,
        None => nobody,
    }
}

/// The domain that the profile has all logins be of.
fn forced(event: ClientEvent<'_>, snapshot: &Snapshot) -> Option<String> {
    let on = snapshot.on(event.switch());
    let is_it = |name: &str| name.eq_ignore_ascii_case(event.profile());
    let profile = on.profiles(ProfileKind::Verto).find(|profile| is_it(&profile.name))?;
    let mut forced = profile.params.iter().filter(|it| it.name.eq_ignore_ascii_case(FORCED));
    forced.next_back().map(|it| on.text_of(it).into_owned()).filter(|domain| !domain.is_empty())
}

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{Channel, Contents, Domain, Profile, Setting, User, Verto};
    use jackfield_api::testing::asking;

    use super::*;

    const NAME: &str = "0b7e1c1e-2222-4333-8444-555555555555";

    fn of(login: &str, snapshot: &Snapshot) -> Who {
        who(ClientEvent::new(&asking::login(login, "").event()), snapshot)
    }

    fn with_channel(contents: Contents) -> Snapshot {
        Snapshot::new(Contents { channels: [Channel::new("desk")].into(), ..contents })
    }

    fn client() -> Who {
        Who::Client(Clients::name(NAME).expect("a UUID"))
    }

    #[test]
    fn a_name_alone_and_one_in_the_domain_of_clients_is_of_a_client() {
        let snapshot = with_channel(Contents::default());
        let upper = NAME.to_uppercase();
        for login in [NAME, &upper, &format!("{NAME}@verto"), &format!("{NAME}@VERTO")] {
            assert_eq!(of(login, &snapshot), client(), "{login}");
        }
        for login in ["", "nil", "x", "x@verto", "@verto", "0b7e1c1e222243338444555555555555"] {
            assert_eq!(of(login, &snapshot), Who::Nobody, "{login}");
            assert_eq!(of(login, &Snapshot::default()), Who::User, "{login} without a channel");
        }
        for login in ["x@elsewhere", &format!("{NAME}@"), &format!("{NAME}@verto@elsewhere")] {
            assert_eq!(of(login, &snapshot), Who::User, "{login}");
        }
    }

    #[test]
    fn what_stands_behind_the_name_counts_only_where_the_switch_has_looked_at_it() {
        let elsewhere = format!("{NAME}@elsewhere");
        let verto = |grant| Verto { grant, ..Verto::default() };
        let snapshot = Snapshot::default().with_verto(verto(Grant::OnApproval));
        assert_eq!(of(&elsewhere, &snapshot), Who::User);
        let snapshot = Snapshot::default().with_verto(verto(Grant::AtLogin));
        assert_eq!(of(&elsewhere, &snapshot), client());
        let others = [("other", Who::User), ("", Who::User)];
        for (domain, is) in [("verto", client()), ("VERTO", client())].into_iter().chain(others) {
            let profile = Profile {
                kind: ProfileKind::Verto,
                name: "web".to_owned(),
                params: vec![Setting::new("Force-Register-Domain", domain)],
                ..Profile::default()
            };
            let contents = Contents { profiles: vec![profile].into(), ..Contents::default() };
            let snapshot = with_channel(contents);
            assert_eq!(of(&elsewhere, &snapshot), is, "{domain}");
            let alone = if domain == "other" { Who::User } else { Who::Nobody };
            assert_eq!(of("1000", &snapshot), alone, "{domain}");
        }
    }

    #[test]
    fn a_stored_user_of_a_domain_with_that_name_is_no_client() {
        let user = User { id: "1000".into(), ..User::default() };
        let domains = vec![Domain::new("verto").with_users(vec![user])];
        let contents = Contents { domains: domains.into(), ..Contents::default() };
        let snapshot = with_channel(contents);
        assert_eq!(of("1000", &snapshot), Who::User);
        assert_eq!(of("1001", &snapshot), Who::Nobody);
        assert_eq!(of(NAME, &snapshot), client());
    }

    #[test]
    fn a_user_of_another_domain_is_one_also_where_rights_come_with_the_login() {
        let user = |id: &str| User { id: id.into(), ..User::default() };
        let domains = vec![Domain::new("pbx").with_users(vec![user("1000"), user(NAME)])];
        let contents = Contents { domains: domains.into(), ..Contents::default() };
        let verto = Verto { grant: Grant::AtLogin, ..Verto::default() };
        let snapshot = with_channel(contents).with_verto(verto);
        assert_eq!(of("1000@pbx", &snapshot), Who::User);
        assert_eq!(of("1001@pbx", &snapshot), Who::Nobody);
        // The name of a client says more than what the client writes behind it.
        assert_eq!(of(&format!("{NAME}@pbx"), &snapshot), client());
    }
}
