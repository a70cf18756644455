//! Whether what a tree calls its domains and users can stand beside what is stored.
//!
//! The switch finds a name before a second name, so of two objects that share one, one could not be
//! asked for. What a tree itself says twice it is read for as the switch reads it; what is stored is
//! not touched for it, and stops the import.

use std::collections::BTreeMap;

use jackfield_api::snapshot::{Domain, User};

use super::super::place::Place;
use super::Taker;
use super::directory::{Around, Users};

/// A second name that is given out.
struct Second {
    whose: String,
    place: Place,
    /// Whether it is stored and not the tree's.
    kept: bool,
}

impl Taker<'_> {
    /// Takes note of a name of the domain `owner`: its own, or an alias of it.
    pub(super) fn domain_name(&mut self, what: &str, name: &str, owner: &str, place: &Place) {
        let key = name.to_ascii_lowercase();
        if let Some((other, there)) = self.domain_names.get(&key)
            && !other.eq_ignore_ascii_case(owner)
        {
            let message = format!("{what}, «{name}», is a name of domain «{other}» ({there}) too");
            self.problem(place, message);
            return;
        }
        let others =
            self.existing.domains.iter().filter(|other| !other.name().eq_ignore_ascii_case(owner));
        let has_it = |other: &&Domain| {
            let mut names =
                std::iter::once(other.name()).chain(other.aliases().iter().map(String::as_str));
            names.any(|found| found.eq_ignore_ascii_case(name))
        };
        if let Some(other) = others.clone().find(has_it) {
            let other = other.name();
            let message = if other.eq_ignore_ascii_case(name) {
                format!("{what}, «{name}», is a domain that is stored")
            } else {
                format!(
                    "{what}, «{name}», is an alias of the stored domain «{other}»; take it from \
                     there first: `jackfield domain set --help` says how"
                )
            };
            self.problem(place, message);
        }
        self.domain_names.insert(key, (owner.to_owned(), place.clone()));
    }

    /// The stored second name of a user that the tree gives none.
    pub(super) fn kept_alias(
        &mut self,
        id: &str,
        place: &Place,
        around: &Around<'_>,
    ) -> Option<String> {
        let stored = around.stored?.user(id).filter(|user| user.id.eq_ignore_ascii_case(id))?;
        let alias = stored.number_alias?.to_owned();
        let text = format!("user «{id}» keeps the second name «{alias}», which the tree lacks");
        self.report.note(place, text);
        Some(alias)
    }

    /// Sees to it that no name of a user is another's, among those of the tree and those that are
    /// stored.
    pub(super) fn user_names(&mut self, around: &Around<'_>, users: &mut Users) {
        let mut seconds = BTreeMap::<String, Second>::new();
        for at in 0..users.list.len() {
            let user = &users.list[at];
            let (id, Some(alias)) = (user.id.clone(), user.number_alias.clone()) else { continue };
            let key = alias.to_ascii_lowercase();
            let kept = users.keep_alias.contains(&id.to_ascii_lowercase());
            let place = users.places[&id.to_ascii_lowercase()].clone();
            let named = users.places.get(&key).filter(|_| !alias.eq_ignore_ascii_case(&id));
            if let Some(named) = named {
                if kept {
                    let message = format!(
                        "the id of user «{alias}» is stored as the second name of user «{id}»{}",
                        freed(&id, around)
                    );
                    self.problem(&named.clone(), message);
                } else {
                    let text =
                        format!("number-alias «{alias}» of user «{id}»: it is the id of {named}");
                    self.report.left_out(&place, text);
                    without_alias(&mut users.list[at]);
                }
                continue;
            }
            match seconds.get(&key) {
                Some(other) if kept || other.kept => {
                    let (new, stored) =
                        if kept { (&other.place, &id) } else { (&place, &other.whose) };
                    let message = format!(
                        "number-alias «{alias}» is stored as that of user «{stored}»{}",
                        freed(stored, around)
                    );
                    self.problem(&new.clone(), message);
                }
                Some(other) => {
                    let text = format!(
                        "number-alias «{alias}» of user «{id}»: it is that of {}",
                        other.place
                    );
                    self.report.left_out(&place, text);
                    without_alias(&mut users.list[at]);
                }
                None => {
                    seconds.insert(key, Second { whose: id, place, kept });
                }
            }
        }
        let Some(stored) = around.stored else { return };
        for user in &users.list {
            let place = &users.places[&user.id.to_ascii_lowercase()];
            for name in std::iter::once(&user.id).chain(&user.number_alias) {
                let Some(other) = stored.user(name) else { continue };
                // What becomes of those that the tree names is known already.
                if users.places.contains_key(&other.id.to_ascii_lowercase()) {
                    continue;
                }
                let what = if *name == user.id {
                    format!("the id of user «{name}»")
                } else {
                    format!("number-alias «{name}» of user «{}»", user.id)
                };
                let message = if other.id.eq_ignore_ascii_case(name) {
                    format!("{what} is the id of a user that is stored")
                } else {
                    let (other, freed) = (other.id, freed(other.id, around));
                    format!("{what} is stored as the second name of user «{other}»{freed}")
                };
                self.problem(place, message);
            }
        }
    }
}

/// Nobody logs in by a name that is another's.
fn without_alias(user: &mut User) {
    if let Some(alias) = user.number_alias.take() {
        user.secrets.retain(|secret| secret.username != alias);
    }
}

/// How a stored second name is taken away.
fn freed(user: &str, around: &Around<'_>) -> String {
    format!("; `jackfield user set {user}@{} --number-alias ''` takes it away", around.name)
}
