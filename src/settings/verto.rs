//! How clients of channels log in over verto, and where: `[verto]`.

use jackfield_api::snapshot::{Grant, Verto};

use super::reader::Reader;

/// The table `[verto]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VertoSettings {
    /// What answers depend on.
    pub login: Verto,
    /// Where a browser connects to, as in `wss://pbx.example.com:8082`: told to whoever asks for a
    /// session.
    pub url: Option<String>,
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
    VertoSettings { login: Verto { domain, grant }, url }
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
        assert_eq!(read(""), Ok(VertoSettings::default()));
    }

    #[test]
    fn every_setting_is_read_and_what_is_wrong_is_told_with_its_line() {
        let text = "[verto]\ndomain = 'web'\ngrant = 'at-login'\nurl = 'wss://h:8082/x'\n";
        let login = Verto { domain: "web".to_owned(), grant: Grant::AtLogin };
        assert_eq!(read(text), Ok(VertoSettings { login, url: Some("wss://h:8082/x".to_owned()) }));
        let errors = read("[verto]\ndomain = 'a&b'\ngrant = 'x'\nurl = 'https://h'\nuri = ''\n")
            .expect_err("broken");
        let lines: Vec<_> = errors.lines().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(lines, ["j.toml:2", "j.toml:3", "j.toml:4", "j.toml:5"], "{errors}");
    }
}
