//! One user, and what becomes of its passwords.

use jackfield_api::document::decides_on_login;
use jackfield_api::files::OURS;
use jackfield_api::snapshot::{Algorithm, Secret, User};

use super::super::place::Place;
use super::super::tree::Element;
use super::Taker;
use super::directory::Around;
use crate::secret::{ha1, voicemail_hash};

/// Parameters that become secrets, or that would open what a secret closes.
const CREDENTIALS: [&str; 6] = [
    "a1-hash",
    "password",
    "allow-empty-password",
    "vm-a1-hash",
    "vm-password",
    "jsonrpc-password",
];

/// The password of every user of the files that FreeSWITCH comes with.
const KNOWN_TO_ALL: &str = "1234";

pub(super) fn is_credential(param: &str) -> bool {
    CREDENTIALS.iter().any(|name| param.eq_ignore_ascii_case(name))
}

/// What there is to tell of passwords.
#[derive(Default)]
pub(super) struct Logins {
    /// Users with the password that everybody knows.
    known_to_all: Vec<(String, Place)>,
    /// Users whose mailbox opens with their own number.
    own_number: Vec<(String, Place)>,
}

impl Taker<'_> {
    /// Takes a user: `user` holds the id, and what is stored and the tree lacks.
    pub(super) fn user(
        &mut self,
        mut user: User,
        element: &Element,
        group: Option<&Element>,
        around: &Around<'_>,
    ) -> Option<User> {
        let id = &user.id.clone();
        for (attribute, value) in &element.attributes {
            let what = format!("{attribute} of user «{id}»");
            match attribute.as_str() {
                "id" | "type" => {}
                "number-alias" | "cidr" if value.is_empty() => {}
                "number-alias" => {
                    user.number_alias = Some(self.key(&what, value, &element.place)?);
                }
                "cidr" => user.cidr = Some(self.known(&what, value, &element.place)?),
                "cacheable" => self.report.left_out(
                    &element.place,
                    format!("{what}: a kept answer would be given to every later question"),
                ),
                _ => self.report.left_out(&element.place, what),
            }
        }
        for inner in &element.children {
            match inner.name.as_str() {
                "params" | "variables" if !self.once(element, inner) => {}
                "params" => {
                    for param in &inner.children {
                        let name = param.attribute("name").unwrap_or_default();
                        if param.name != "param" {
                            self.stray(param, "params");
                        } else if !is_credential(name) {
                            user.params.extend(self.setting(param));
                        }
                    }
                }
                "variables" => user.variables.extend(self.settings(inner, "variable")),
                "gateways" => {
                    for gateway in &inner.children {
                        user.gateways.extend(self.gateway(gateway));
                    }
                }
                name if decides_on_login(name) => self.misplaced(inner),
                _ => {}
            }
        }
        let taken = ["params", "variables", "gateways", OURS];
        let others = element.children.iter().filter(|inner| {
            let empty = inner.children.is_empty() && inner.attributes.is_empty();
            let name = inner.name.as_str();
            !taken.contains(&name) && !decides_on_login(name) && !empty
        });
        user.others = self.raw(others);

        let levels = [Some(element), group, Some(around.domain)];
        let levels: Vec<&Element> = levels.into_iter().flatten().collect();
        self.secrets(&mut user, &levels, around);
        self.mailbox(&mut user, &levels, around);
        let mut stored = around.stored.into_iter().filter_map(|domain| domain.user(id));
        if user.secrets.is_empty()
            && stored.any(|stored| stored.id == *id && stored.secrets().next().is_some())
        {
            let text = format!("user «{id}» keeps the stored password: the tree has none");
            self.report.note(&element.place, text);
        } else if user.secrets.is_empty() {
            let text =
                format!("user «{id}» has no password: it comes in closed, nobody can log in");
            self.report.finding(&element.place, text);
        }
        if let Some((_, place)) = credential(&levels, "jsonrpc-password") {
            let text =
                format!("jsonrpc-password of user «{id}»: verto takes the user's one password");
            self.report.left_out(place, text);
        }
        Some(user)
    }

    /// HA1 values of the password: for each name that a client may log in by, in each realm, with
    /// each algorithm.
    fn secrets(&mut self, user: &mut User, levels: &[&Element], around: &Around<'_>) {
        let id = user.id.clone();
        if let Some((hash, place)) = credential(levels, "a1-hash") {
            let Some(hash) = self.secret(&format!("a1-hash of user «{id}»"), hash, place) else {
                return;
            };
            let algorithm = match hash.len() {
                32 => Algorithm::Md5,
                64 => Algorithm::Sha256,
                _ => return self.no_hash("a1-hash", &id, place),
            };
            if !is_hash(&hash) {
                return self.no_hash("a1-hash", &id, place);
            }
            let secret = Secret::new(id, &around.name, algorithm, &hash);
            user.secrets = self.further(levels, Some(secret));
            return;
        }
        let Some((password, place)) = credential(levels, "password") else {
            user.secrets = self.further(levels, None);
            return;
        };
        let what = format!("the password of user «{id}»");
        let Some(password) = self.secret(&what, password, place) else { return };
        if password.is_empty() {
            return;
        }
        if password == KNOWN_TO_ALL {
            self.logins.known_to_all.push((id.clone(), place.clone()));
        }
        let names = [Some(&user.id), user.number_alias.as_ref()];
        for name in names.into_iter().flatten() {
            for realm in &around.realms {
                for algorithm in &around.algorithms {
                    user.secrets.push(ha1(name, realm, &password, *algorithm));
                }
            }
        }
    }

    /// The secrets that an export wrote beside the one that the switch takes. One without a hash holds
    /// the place of that one, which is else the first.
    fn further(&mut self, levels: &[&Element], mut first: Option<Secret>) -> Vec<Secret> {
        let mut secrets = Vec::new();
        let ours = levels.first().and_then(|user| user.child(OURS));
        for element in ours.into_iter().flat_map(|ours| ours.children_named("secret")) {
            let named = |name: &str| element.attribute(name).unwrap_or_default();
            let Some(ha1) = element.attribute("a1-hash") else {
                secrets.extend(first.take());
                continue;
            };
            let digits = match Algorithm::named(named("algorithm")) {
                Some(Algorithm::Md5) => 32,
                Some(Algorithm::Sha256) => 64,
                None => 0,
            };
            let algorithm = Algorithm::named(named("algorithm"));
            let Some(algorithm) = algorithm.filter(|_| ha1.len() == digits && is_hash(ha1)) else {
                let text = "a <secret> without an algorithm, or with a hash that is none of its";
                self.report.left_out(&element.place, text);
                continue;
            };
            secrets.push(Secret::new(named("username"), named("realm"), algorithm, ha1));
        }
        if let Some(first) = first {
            secrets.insert(0, first);
        }
        secrets
    }

    fn mailbox(&mut self, user: &mut User, levels: &[&Element], around: &Around<'_>) {
        let id = user.id.clone();
        if let Some((hash, place)) = credential(levels, "vm-a1-hash") {
            let what = format!("vm-a1-hash of user «{id}»");
            match self.secret(&what, hash, place) {
                Some(hash) if hash.len() == 32 && is_hash(&hash) => {
                    user.voicemail_hash = Some(hash);
                }
                Some(_) => self.no_hash("vm-a1-hash", &id, place),
                None => {}
            }
            return;
        }
        let Some((pin, place)) = credential(levels, "vm-password") else { return };
        let Some(pin) = self.secret(&format!("the PIN of user «{id}»"), pin, place) else {
            return;
        };
        if pin.is_empty() {
            return;
        }
        if pin == id {
            self.logins.own_number.push((id.clone(), place.clone()));
        }
        user.voicemail_hash = Some(voicemail_hash(&id, &around.name, &pin));
    }

    fn no_hash(&mut self, what: &str, id: &str, place: &Place) {
        let text = format!("{what} of user «{id}»: that is no digest in lower-case digits");
        self.report.left_out(place, text);
    }

    pub(super) fn tell_logins(&mut self) {
        let lists = [
            (
                std::mem::take(&mut self.logins.known_to_all),
                "the password 1234, which everybody knows: give them others",
            ),
            (
                std::mem::take(&mut self.logins.own_number),
                "a mailbox that opens with their own number: give them other PINs",
            ),
        ];
        for (users, what) in lists {
            if let [(first, place), more @ ..] = &users[..] {
                let who = match more {
                    [] => format!("user «{first}» has"),
                    more => format!("user «{first}» and {} more have", more.len()),
                };
                self.report.finding(place, format!("{who} {what}"));
            }
        }
    }
}

/// A parameter as the switch finds it: of the user, else of its group, else of the domain.
fn credential<'e>(levels: &[&'e Element], name: &str) -> Option<(&'e str, &'e Place)> {
    levels.iter().find_map(|level| {
        let params = level.child("params")?;
        let named = |param: &&Element| {
            param.attribute("name").is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        let param = params.children_named("param").find(named)?;
        Some((param.attribute("value").unwrap_or_default(), &param.place))
    })
}

fn is_hash(text: &str) -> bool {
    text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}
