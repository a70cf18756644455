//! The switches that are told what has changed, and how each is reached.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::PathBuf;

use super::reader::{Entry, Reader};
use crate::secret::HIDDEN;

/// One switch: `[[switches]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchSettings {
    /// What it is called in logs and metrics.
    pub name: String,
    /// The host of its event socket: a name, or an address without brackets.
    pub host: String,
    /// The port of its event socket.
    pub port: u16,
    /// What the event socket wants to hear.
    pub password: Password,
    /// What it says in look-ups as `hostname`: what is limited to switches is limited by that.
    pub hostname: String,
}

impl SwitchSettings {
    /// `HOST:PORT`.
    pub fn address(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

/// A password, or the file that it is read from before each log-in.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// The password.
    Text(String),
    /// Its file. Blanks around it and the end of the line are not part of it.
    File(PathBuf),
}

impl Password {
    /// The password as it is now.
    pub fn read(&self) -> io::Result<String> {
        let invalid = |remedy: String| io::Error::new(io::ErrorKind::InvalidData, remedy);
        match self {
            Self::Text(password) => Ok(password.clone()),
            Self::File(path) => {
                let text = std::fs::read_to_string(path)?;
                password(text.trim()).map_err(invalid)
            }
        }
    }
}

/// Never the password.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(..)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// Never the password.
impl fmt::Display for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str(HIDDEN),
            Self::File(path) => write!(f, "(password_file {})", path.display()),
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Vec<SwitchSettings> {
    let mut names = BTreeSet::new();
    reader.each("switches", |entry| {
        let name = entry.word("name", false, |word| name(word, &mut names));
        let address = entry.word("address", false, address);
        let password = one_password(entry, name.as_deref());
        let hostname = entry.word("hostname", false, |word| match word {
            "" => Err("write what the switch sends as `hostname`".to_owned()),
            word => Ok(word.to_owned()),
        });
        for key in ["name", "address"] {
            if !entry.has(key) {
                entry.wrong(&format!("has no {key}; write `{key} = \"...\"`"));
            }
        }
        let (name, (host, port)) = (name?, address?);
        let hostname = hostname.unwrap_or_else(|| name.clone());
        Some(SwitchSettings { name, host, port, password: password?, hostname })
    })
}

/// A name is a label of metrics and part of a variable's name.
fn name(word: &str, taken: &mut BTreeSet<String>) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if word.is_empty() || word.len() > 64 || !word.chars().all(fits) {
        return Err("write 1 to 64 letters, digits, `-`, `.` and `_`".to_owned());
    }
    if !taken.insert(word.to_ascii_lowercase()) {
        return Err("another switch has that name; write another".to_owned());
    }
    Ok(word.to_owned())
}

fn address(word: &str) -> Result<(String, u16), String> {
    let remedy = || "write a host and a port, as in `127.0.0.1:8021`".to_owned();
    let (host, port) = word.rsplit_once(':').ok_or_else(remedy)?;
    let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().map_err(|_| remedy())?.to_string(),
        None if host.contains([':', '/', ' ']) || host.is_empty() => return Err(remedy()),
        None => host.to_owned(),
    };
    match port.parse() {
        Ok(port @ 1..) => Ok((host, port)),
        _ => Err(remedy()),
    }
}

/// The environment wins over the file.
fn one_password(entry: &mut Entry<'_, '_>, name: Option<&str>) -> Option<Password> {
    let text = entry.word("password", true, password).map(Password::Text);
    let folder = entry.folder();
    let file = entry.word("password_file", false, |word| match word {
        "" => Err("write the path of a file".to_owned()),
        word => Ok(Password::File(folder.join(word))),
    });
    if let Some((word, place)) = name.and_then(|name| entry.environment(name, "password")) {
        return match password(&word) {
            Ok(password) => Some(Password::Text(password)),
            Err(remedy) => {
                entry.error(place, &format!("password: {remedy}"));
                None
            }
        };
    }
    match (entry.has("password"), entry.has("password_file")) {
        (true, true) => entry.wrong("has a password and a password_file; take one away"),
        (false, false) => {
            entry.wrong("has no password; write `password_file = \"...\"`, or `password`");
        }
        _ => {}
    }
    text.or(file)
}

/// A line of the protocol ends with a line feed, and two of them end a command.
fn password(word: &str) -> Result<String, String> {
    if word.is_empty() || word.chars().any(char::is_control) {
        return Err("write the event socket's password: one line, not empty".to_owned());
    }
    Ok(word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn read(text: &str, env: &[(&str, &str)]) -> Result<Vec<SwitchSettings>, String> {
        let find = |name: &str| env.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
        Settings::read(Some(("j.toml".into(), text)), &find)
            .map(|settings| settings.switches)
            .map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_switch_has_a_name_an_address_and_a_password() {
        let text = "[[switches]]\nname = 'a'\naddress = '127.0.0.1:8021'\npassword = 'hunter2'\n\
                    [[switches]]\nname = 'b'\naddress = '[::1]:8021'\npassword_file = '/p'\n\
                    hostname = 'pbx-b'\n";
        let switches = read(text, &[]).expect("valid");
        assert_eq!(switches.len(), 2);
        assert_eq!(
            (switches[0].address().as_str(), &*switches[0].hostname),
            ("127.0.0.1:8021", "a")
        );
        assert_eq!(
            (switches[1].address().as_str(), &*switches[1].hostname),
            ("[::1]:8021", "pbx-b")
        );
        assert_eq!(switches[1].password, Password::File("/p".into()));
        assert_eq!(switches[0].password.read().expect("text"), "hunter2");
    }

    #[test]
    fn the_password_is_shown_nowhere() {
        let text = "[[switches]]\nname = 'a'\naddress = 'h:8021'\npassword = 'hunter2'\n";
        assert!(!format!("{:?}", read(text, &[]).expect("valid")).contains("hunter2"));
        let broken = "[[switches]]\nname = 'a'\naddress = 'h:8021'\npassword = \"hun\\nter2\"\n";
        let errors = read(broken, &[]).expect_err("broken");
        assert!(errors.contains("password: write") && !errors.contains("hun"), "{errors}");
    }

    #[test]
    fn the_environment_has_a_password_for_each_switch_by_its_name() {
        let text = "[[switches]]\nname = 'pbx-a.1'\naddress = 'h:8021'\n";
        let variable = "JACKFIELD_SWITCHES_PBX_A_1_PASSWORD";
        let switches = read(text, &[(variable, "hunter2")]).expect("valid");
        assert_eq!(switches[0].password, Password::Text("hunter2".into()));
        let errors = read(text, &[(variable, "")]).expect_err("empty");
        assert!(errors.starts_with(variable), "{errors}");
    }

    #[test]
    fn every_error_is_told_with_its_line_and_what_to_write() {
        let text = "[[switches]]\nname = 'a b'\naddress = '8021'\npassword = 'x'\n\
                    [[switches]]\nname = 'a'\naddress = 'h:1'\npassword = 'x'\npassword_file = 'y'\n\
                    [[switches]]\nname = 'A'\nadress = 'h:1'\n";
        let errors = read(text, &[]).expect_err("broken");
        let expected = [
            "j.toml:2: [[switches]] name: «a b»: write 1 to 64",
            "j.toml:3: [[switches]] address: «8021»: write a host and a port",
            "j.toml:5: [[switches]] has a password and a password_file",
            "j.toml:10: [[switches]] has no password",
            "j.toml:10: [[switches]] has no address; write `address = \"...\"`",
            "j.toml:11: [[switches]] name: «A»: another switch has that name",
            "j.toml:12: [[switches]] adress is no setting",
        ];
        let told: Vec<_> = errors.lines().collect();
        assert_eq!(told.len(), expected.len(), "{errors}");
        for (told, expected) in told.iter().zip(expected) {
            assert!(told.starts_with(expected), "{told}\n{expected}");
        }
        let one = read("[switches]\nname = 'a'\n", &[]).expect_err("no list");
        assert!(one.contains("write `[[switches]]`"), "{one}");
    }

    #[test]
    fn a_password_is_read_from_its_file_each_time() {
        let file = tempfile::NamedTempFile::new().expect("a folder");
        let password = Password::File(file.path().into());
        for (text, read) in [("one\n", Some("one")), (" two ", Some("two")), ("\n", None)] {
            std::fs::write(file.path(), text).expect("writable");
            assert_eq!(password.read().ok().as_deref(), read);
        }
    }
}
