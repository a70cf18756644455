//! What the stored profiles of sofia make of a login, and which gateways there are.
//!
//! A secret is a hash of a name, a realm and the password. The profile chooses the realm
//! (`challenge-realm`): where it is what the phone itself names, a phone that knows the switch by its
//! address answers to a realm that no hash was made for.

use std::collections::BTreeSet;

use super::question::Question;
use super::user::{found, sip_auth_by};
use super::{Answer, Answers};
use crate::control::ControlError;
use crate::import::Element;

/// The profiles, as a switch of a name is told them.
pub(super) struct Sofia<'h> {
    host: &'h str,
    profiles: Vec<Profile>,
}

struct Profile {
    name: String,
    realm: String,
    asks_for_login: bool,
    gateways: Vec<String>,
}

/// Who logs in, and how long the digest is.
pub(super) struct Login<'a> {
    pub(super) user: &'a str,
    pub(super) domain: &'a str,
    pub(super) digits: usize,
}

/// Realms that are what the phone names: in its `To`, where nothing is said, or in its `From`.
const OF_THE_PHONE: [&str; 2] = ["auto_to", "auto_from"];

impl<'h> Sofia<'h> {
    pub(super) async fn ask(answers: &Answers, host: &'h str) -> Result<Self, ControlError> {
        let question = Question::configuration(host, "sofia.conf");
        let answer = Answer::of(answers.ask(question.body()).await?);
        let profiles = answer.first("configuration").and_then(|sofia| sofia.child("profiles"));
        let profiles = profiles.into_iter().flat_map(|list| list.children_named("profile"));
        Ok(Self { host, profiles: profiles.map(Profile::of).collect() })
    }

    /// Whether a login by a secret of the domain works at one of the profiles at least; tells where it
    /// does not, or does only for some phones.
    pub(super) async fn challenge(
        &self,
        answers: &Answers,
        login: &Login<'_>,
        then: &mut Vec<String>,
    ) -> Result<bool, ControlError> {
        let Login { user, domain, digits } = *login;
        let mut works = self.profiles.iter().all(|profile| !profile.asks_for_login);
        let set = format!("set its challenge-realm = {domain}");
        for Profile { name, realm, .. } in self.profiles.iter().filter(|it| it.asks_for_login) {
            if let Some(auto) = OF_THE_PHONE.iter().find(|auto| auto.eq_ignore_ascii_case(realm)) {
                works = true;
                then.push(format!(
                    "note: profile {name} challenges with realm {auto}: the phone's own domain; a \
                     phone at 127.0.0.1 has no secret here; {set}"
                ));
                continue;
            }
            // One that only the switch knows is not judged.
            if realm == domain || realm.contains("${") {
                works = true;
                continue;
            }
            let question = sip_auth_by(self.host, user, [domain, realm], "REGISTER", digits);
            let answer = Answer::of(answers.ask(question.body()).await?);
            if found(&answer, user).is_some_and(|found| found.has_secret()) {
                works = true;
            } else {
                then.push(format!(
                    "refused at profile {name}: it challenges with realm {realm}, for which there is \
                     no secret; {set}"
                ));
            }
        }
        Ok(works)
    }

    /// The names of all gateways, those of users too.
    pub(super) async fn gateways(
        &self,
        answers: &Answers,
    ) -> Result<BTreeSet<String>, ControlError> {
        let mut names = BTreeSet::new();
        for profile in &self.profiles {
            names.extend(profile.gateways.iter().cloned());
            let question = Question::gateways(self.host, &profile.name);
            let answer = Answer::of(answers.ask(question.body()).await?);
            if let Some(tree) = &answer.tree {
                gateways(tree, &mut |name| {
                    names.insert(name.to_owned());
                });
            }
        }
        Ok(names)
    }
}

impl Profile {
    fn of(profile: &Element) -> Self {
        let settings = profile.child("settings");
        let says = |name: &str| {
            let mut params = settings?.children_named("param");
            let named = |param: &&Element| {
                param.attribute("name").is_some_and(|it| it.eq_ignore_ascii_case(name))
            };
            params.find(named)?.attribute("value").filter(|value| !value.is_empty())
        };
        let asks = says("auth-calls").is_none_or(|word| {
            ["true", "yes", "on", "1"].iter().any(|yes| yes.eq_ignore_ascii_case(word))
        });
        let mut names = Vec::new();
        gateways(profile, &mut |name| names.push(name.to_owned()));
        Self {
            name: profile.attribute("name").unwrap_or_default().to_owned(),
            realm: says("challenge-realm").unwrap_or(OF_THE_PHONE[0]).to_owned(),
            asks_for_login: asks,
            gateways: names,
        }
    }
}

/// Every gateway below an element.
fn gateways(element: &Element, tell: &mut impl FnMut(&str)) {
    for inner in &element.children {
        match inner.attribute("name") {
            Some(name) if inner.name == "gateway" => tell(name),
            _ => gateways(inner, tell),
        }
    }
}
