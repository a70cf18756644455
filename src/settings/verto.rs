//! How clients of channels log in over verto, and where: `[verto]`.

use std::num::NonZeroU32;

use jackfield_api::snapshot::{Grant, Verto};

use super::reader::Reader;

/// The table `[verto]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VertoSettings {
    /// What answers depend on.
    pub login: Verto,
    /// Where a browser connects to, as in `wss://pbx.example.com:8082`: told to whoever asks for a
    /// session.
    pub url: Option<String>,
    /// How often in a minute one address may ask for a session.
    pub asks_per_minute: NonZeroU32,
}

pub(super) fn read(reader: &mut Reader<'_>) -> VertoSettings {
    let domain = reader.parse("verto.domain", "verto", |word| {
        crate::names::check_domain(word)
            .map(|()| word.to_owned())
            .map_err(|why| format!("write the domain that clients log in to; {why}"))
    });
    let grant = reader.parse("verto.grant", "on-approval", |word| match word {
        "on-approval" => Ok(Grant::OnApproval),
        "at-login" => Ok(Grant::AtLogin),
        _ => Err("write `on-approval` or `at-login`".to_owned()),
    });
    let url = reader.parse("verto.url", "", |word| match word {
        "" => Ok(None),
        word if is_url(word) => Ok(Some(word.to_owned())),
        _ => Err("write where browsers connect to, as in `wss://pbx.example.com:8082`".to_owned()),
    });
    let asks_per_minute = reader.parse("verto.asks_per_minute", "60", |word| {
        word.parse().map_err(|_| "write a number from 1 on".to_owned())
    });
    VertoSettings { login: Verto { domain, grant }, url, asks_per_minute }
}

/// Of a WebSocket, and nothing that a page would take for something else.
fn is_url(word: &str) -> bool {
    let rest = word.strip_prefix("wss://").or_else(|| word.strip_prefix("ws://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"<>\"'`@".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn read(text: &str) -> Result<VertoSettings, String> {
        Settings::read(Some(("j.toml".into(), text)), &|_| None)
            .map(|settings| settings.verto)
            .map_err(|errors| errors.to_string())
    }

    #[test]
    fn without_a_table_rights_are_granted_on_approval_in_domain_verto() {
        let login = Verto::default();
        let asks_per_minute = NonZeroU32::new(60).expect("not 0");
        assert_eq!(read(""), Ok(VertoSettings { login, url: None, asks_per_minute }));
    }

    #[test]
    fn every_setting_is_read_and_what_is_wrong_is_told_with_its_line() {
        let text = "[verto]\ndomain = 'web'\ngrant = 'at-login'\nurl = 'wss://h:8082/x'\n\
                    asks_per_minute = 7\n";
        let login = Verto { domain: "web".to_owned(), grant: Grant::AtLogin };
        let (url, asks_per_minute) = (Some("wss://h:8082/x".to_owned()), NonZeroU32::new(7));
        let asks_per_minute = asks_per_minute.expect("not 0");
        assert_eq!(read(text), Ok(VertoSettings { login, url, asks_per_minute }));
        let errors = read("[verto]\ndomain = 'a&b'\ngrant = 'x'\nurl = 'https://h'\nasks_per_minute = 0\nuri = ''\n")
            .expect_err("broken");
        let lines: Vec<_> = errors.lines().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(lines, ["j.toml:2", "j.toml:3", "j.toml:4", "j.toml:5", "j.toml:6"], "{errors}");
    }
}
