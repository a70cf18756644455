//! What a look-up asks, in a few words, and whom it is about.

use jackfield_api::{Form, Section};

/// The words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) words: String,
    users: Vec<String>,
}

impl Subject {
    /// Of a body, whole or as it was recorded.
    pub(crate) fn of(form: &Form) -> Self {
        let field = |name: &str| form.field(name).unwrap_or_default();
        let (user, domain) = (field("user"), field("domain"));
        let whose = || format!("{user}@{domain}");
        let words = match Section::named(&form.base(1)) {
            Some(Section::Directory) => {
                let doing = [field("action"), field("purpose"), field("VM-Action")];
                let doing = doing.iter().find(|word| !word.is_empty()).cloned().unwrap_or_default();
                let method = field("sip_auth_method");
                let group = [field("group_name"), field("group")].concat();
                let whose = match (user.is_empty(), group.is_empty(), domain.is_empty()) {
                    (false, ..) => whose(),
                    (_, false, _) => format!("group {group}@{domain}"),
                    (.., false) => domain.to_string(),
                    _ => "all domains".to_owned(),
                };
                [&doing, &method, whose.as_str()].join(" ")
            }
            Some(Section::Dialplan) => {
                let either = |name: &str| {
                    form.field(&format!("Hunt-{name}"))
                        .or_else(|| form.field(&format!("Caller-{name}")))
                        .unwrap_or_default()
                };
                let (number, context) = (either("Destination-Number"), either("Context"));
                let caller = either("Caller-ID-Number");
                let from = if caller.is_empty() { String::new() } else { format!("from {caller}") };
                format!("{number} in {context} {from}")
            }
            Some(Section::Languages) => format!("{} {}", field("lang"), field("macro_name")),
            Some(Section::Chatplan) => {
                format!("{} to {} in {}", field("from"), field("to"), field("context"))
            }
            Some(Section::Configuration) => {
                let of = ["profile", "Menu-Name", "conference_name", "Conf-Name", "CC-Queue"];
                let of = of.iter().find_map(|name| form.field(name)).unwrap_or_default();
                format!("{} {of}", form.base(4))
            }
            Some(Section::Channels) | None => form.base(4).into_owned(),
        };
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let named = ["user", "sip_auth_username", "variable_user_name", "from", "to"];
        let numbers = ["Caller-Caller-ID-Number", "Hunt-Caller-ID-Number"];
        let mut users: Vec<String> = named
            .iter()
            .chain(&numbers)
            .filter_map(|name| form.field(name))
            .map(Into::into)
            .collect();
        if !user.is_empty() && !domain.is_empty() {
            users.push(whose());
        }
        let (user, domain) = (field("variable_user_name"), field("variable_domain_name"));
        if !user.is_empty() && !domain.is_empty() {
            users.push(format!("{user}@{domain}"));
        }
        Self { words, users }
    }

    /// Whether it is about a user: by its name, or its name and domain.
    pub(crate) fn is_about(&self, user: &str) -> bool {
        self.users.iter().any(|found| found.eq_ignore_ascii_case(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_says_in_a_few_words_what_it_asks() {
        let base = "hostname=vm&section=";
        for (body, words, user) in [
            (
                "directory&tag_name=domain&key_name=name&key_value=d&action=sip_auth\
                 &sip_auth_method=REGISTER&key=id&user=1000&domain=d",
                "sip_auth REGISTER 1000@d",
                "1000@D",
            ),
            (
                "directory&tag_name=&key_name=&key_value=&purpose=gateways",
                "gateways all domains",
                "",
            ),
            (
                "dialplan&tag_name=&key_name=&key_value=&Caller-Destination-Number=1\
                 &Hunt-Destination-Number=5555&Caller-Context=default&Caller-Caller-ID-Number=1000",
                "5555 in default from 1000",
                "1000",
            ),
            (
                "configuration&tag_name=configuration&key_name=name&key_value=sofia.conf&profile=i",
                "sofia.conf i",
                "",
            ),
        ] {
            let form = Form::parse(format!("{base}{body}").into_bytes()).expect("a form");
            let subject = Subject::of(&form);
            assert_eq!(subject.words, words);
            assert!(user.is_empty() || subject.is_about(user), "{subject:?}");
            assert!(!subject.is_about("2000"));
        }
    }
}
