//! What a switch is told about a user, flow by flow.

use super::question::Question;
use super::sofia::{Login, Sofia};
use super::{Answer, Answers, Step};
use crate::control::ControlError;
use crate::import::Element;

/// A user as an answer has it: what is its own goes before what is its group's, and that before what is
/// its domain's.
pub(super) struct Found<'a> {
    user: &'a Element,
    around: Vec<&'a Element>,
}

/// Finds the user of an answer.
pub(super) fn found<'a>(answer: &'a Answer, name: &str) -> Option<Found<'a>> {
    let domain = answer.first("domain")?;
    let is = |user: &&Element| {
        ["id", "number-alias"]
            .iter()
            .any(|key| user.attribute(key).is_some_and(|value| value.eq_ignore_ascii_case(name)))
    };
    let users = |of: &'a Element| of.child("users")?.children_named("user").find(is);
    let groups =
        domain.child("groups").into_iter().flat_map(|groups| groups.children_named("group"));
    for group in groups {
        if let Some(user) = users(group) {
            return Some(Found { user, around: vec![user, group, domain] });
        }
    }
    users(domain).map(|user| Found { user, around: vec![user, domain] })
}

impl<'a> Found<'a> {
    fn setting(&self, list: &'static str, item: &'static str, name: &str) -> Option<&'a str> {
        self.around.iter().find_map(|around| {
            let mut items = around.child(list)?.children_named(item);
            items.find(|item| item.attribute("name") == Some(name))?.attribute("value")
        })
    }

    pub(super) fn param(&self, name: &str) -> Option<&'a str> {
        self.setting("params", "param", name)
    }

    pub(super) fn variable(&self, name: &str) -> Option<&'a str> {
        self.setting("variables", "variable", name)
    }

    /// Every variable, the user's own last.
    pub(super) fn variables(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.around
            .iter()
            .rev()
            .filter_map(|around| around.child("variables"))
            .flat_map(|list| list.children_named("variable"))
            .filter_map(|item| Some((item.attribute("name")?, item.attribute("value")?)))
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.param(name).is_some_and(|found| found.eq_ignore_ascii_case(value))
    }

    pub(super) fn has_secret(&self) -> bool {
        ["a1-hash", "password"].iter().any(|name| self.param(name).is_some_and(|it| !it.is_empty()))
    }

    /// Who it is, where a number was asked for.
    fn id(&self, asked: &str) -> Vec<String> {
        let id = self.user.attribute("id").unwrap_or_default();
        let other = (!id.eq_ignore_ascii_case(asked)).then(|| format!("it is user {id}"));
        other.into_iter().collect()
    }
}

/// Why a switch asks, the question, and what it makes of the answer: whether that works, and what it
/// does then.
type Flow =
    (&'static str, fn(&str, &str, &str) -> Question, fn(&Found<'_>, &str) -> (bool, Vec<String>));

const FLOWS: [Flow; 7] = [
    ("REGISTER, MD5", |host, user, domain| sip_auth(host, user, domain, "REGISTER", 32), registers),
    (
        "REGISTER, SHA-256",
        |host, user, domain| sip_auth(host, user, domain, "REGISTER", 64),
        registers,
    ),
    ("INVITE", |host, user, domain| sip_auth(host, user, domain, "INVITE", 32), calls),
    (
        "a call to the user",
        |host, user, domain| {
            asked(host, domain, "REQUEST_PARAMS", "user_outgoing_channel")
                .with("as_channel", "true")
                .with("action", "user_call")
                .about(user, domain)
        },
        is_called,
    ),
    (
        "the lamp of its mailbox",
        |host, user, domain| {
            let question = asked(host, domain, "GENERAL", "resolve_id");
            question.with("action", "message-count").about(user, domain)
        },
        |_, _| (true, vec!["its mailbox is found".to_owned()]),
    ),
    (
        "its mailbox",
        |host, user, domain| {
            let question = asked(host, domain, "GENERAL", "voicemail_check_main");
            question.with("action", "voicemail-lookup").about(user, domain)
        },
        mailbox,
    ),
    (
        "a verto login",
        |host, user, domain| {
            let question = asked(host, domain, "REQUEST_PARAMS", "check_auth");
            question.with("action", "jsonrpc-authenticate").about(user, domain)
        },
        verto,
    ),
];

fn asked(host: &str, domain: &str, event: &str, function: &str) -> Question {
    Question::directory(host, domain, event, function)
}

pub(super) fn sip_auth(
    host: &str,
    user: &str,
    domain: &str,
    method: &str,
    digits: usize,
) -> Question {
    sip_auth_by(host, user, [domain; 2], method, digits)
}

/// The same, of a phone that was challenged with another realm than the domain.
pub(super) fn sip_auth_by(
    host: &str,
    user: &str,
    [domain, realm]: [&str; 2],
    method: &str,
    digits: usize,
) -> Question {
    asked(host, domain, "REQUEST_PARAMS", "sofia_reg_parse_auth")
        .with("action", "sip_auth")
        .with("sip_auth_username", user)
        .with("sip_auth_realm", realm)
        .with("sip_auth_response", &"0".repeat(digits))
        .with("sip_auth_method", method)
        .about(user, domain)
}

fn registers(found: &Found<'_>, asked: &str) -> (bool, Vec<String>) {
    let mut then = found.id(asked);
    let forbidden = found.is("sip-forbid-register", "true");
    let closed = found.is("allow-empty-password", "false");
    then.push(match (found.has_secret(), forbidden, closed) {
        (true, true, _) => "it may not register: sip-forbid-register is true".to_owned(),
        (true, false, _) => "it registers with its password".to_owned(),
        (false, false, false) => {
            "ANYBODY registers as it: it has no secret of this kind".to_owned()
        }
        _ => "nobody registers as it: it has no secret of this kind".to_owned(),
    });
    (!forbidden && found.has_secret(), then)
}

fn calls(found: &Found<'_>, asked: &str) -> (bool, Vec<String>) {
    let mut then = found.id(asked);
    then.push(if found.has_secret() {
        "it calls with its password".to_owned()
    } else {
        "it cannot call: it has no secret of this kind".to_owned()
    });
    then.push(found.variable("user_context").map_or_else(
        || "its calls go to the context of the SIP profile".to_owned(),
        |context| format!("its calls go to context {context}"),
    ));
    (found.has_secret(), then)
}

fn is_called(found: &Found<'_>, asked: &str) -> (bool, Vec<String>) {
    let mut then = found.id(asked);
    let dial = found.param("dial-string").filter(|dial| !dial.is_empty());
    then.push(dial.map_or_else(
        || "it cannot be called: there is no dial-string (MANDATORY_IE_MISSING)".to_owned(),
        |dial| format!("it is called by {dial}"),
    ));
    (dial.is_some(), then)
}

fn mailbox(found: &Found<'_>, _: &str) -> (bool, Vec<String>) {
    if found.is("vm-enabled", "false") {
        return (false, vec!["it has no mailbox: vm-enabled is false".to_owned()]);
    }
    let pin = ["vm-a1-hash", "vm-password"]
        .iter()
        .any(|name| found.param(name).is_some_and(|pin| !pin.is_empty()));
    let then = if pin {
        "it opens with its PIN"
    } else {
        "it has no PIN: whether it opens is said by the voicemail profile"
    };
    (pin, vec![then.to_owned()])
}

fn verto(found: &Found<'_>, _: &str) -> (bool, Vec<String>) {
    let secret = found.has_secret() || found.param("jsonrpc-password").is_some();
    if !secret {
        return (false, vec!["it cannot log in: it has no secret of this kind".to_owned()]);
    }
    let mut then = vec!["it logs in with its password".to_owned()];
    let context = found.param("verto-context").or_else(|| found.variable("user_context"));
    if let Some(context) = context {
        then.push(format!("its calls go to context {context}"));
    }
    then.extend(found.param("jsonrpc-allowed-methods").map(|may| format!("it may {may}")));
    (true, then)
}

/// Asks in every flow, as a switch of this name does.
pub(crate) async fn user(
    answers: &Answers,
    host: &str,
    user: &str,
    domain: &str,
) -> Result<Vec<Step>, ControlError> {
    let mut steps = Vec::new();
    let sofia = Sofia::ask(answers, host).await?;
    for (why, question, judge) in FLOWS {
        let answer = Answer::of(answers.ask(question(host, user, domain).body()).await?);
        let (mut works, mut then) = match found(&answer, user) {
            Some(found) => judge(&found, user),
            None => (false, vec![answer.nothing()]),
        };
        if let (true, Some(digits)) = (works, digits_of(why)) {
            let login = Login { user, domain, digits };
            works = sofia.challenge(answers, &login, &mut then).await?;
        }
        steps.push(answer.step(why, "directory", works, then));
    }
    Ok(steps)
}

/// How long the digest is that a flow of SIP is checked by; nothing for the others.
fn digits_of(flow: &str) -> Option<usize> {
    let sip = ["REGISTER", "INVITE"].iter().any(|method| flow.starts_with(method));
    sip.then_some(if flow.ends_with("SHA-256") { 64 } else { 32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::Told;
    use crate::secret::redact;

    #[test]
    fn a_user_whose_secret_is_empty_is_told_as_open() {
        for (value, open) in [("", true), ("5f4dcc3b", false)] {
            let xml = format!(
                "<document type=\"freeswitch/xml\">\n<section name=\"directory\">\n\
                 <domain name=\"d\"><users><user id=\"1\"><params>\n\
                 <param name=\"password\" value=\"{value}\"/>\n\
                 </params></user></users></domain></section></document>"
            );
            let told = Told {
                handler: "documents".to_owned(),
                outcome: "answered".to_owned(),
                why: None,
                status: 200,
                answer: redact(&xml),
            };
            let answer = Answer::of(told);
            assert!(!answer.told.answer.contains("5f4dcc3b"));
            let found = found(&answer, "1").expect("it is there");
            let (works, then) = registers(&found, "1");
            assert_eq!((works, then[0].contains("ANYBODY")), (!open, open), "{then:?}");
        }
    }
}
