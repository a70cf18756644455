//! The switch's own directory: who gets in whom nobody stored here.

use std::fmt::Write as _;

use super::fault::{Fault, Mend, OF_YOUR_OWN, is_known_to_all};
use super::param::{Param, Params, escaped, line};
use crate::import::{Element, Looked, Place};

/// How well a user of the disk is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// Whoever comes is let in.
    Open,
    /// With a password that everybody knows.
    Known,
    /// With one of its own, or one that only the switch can tell.
    Own,
}

/// One user.
#[derive(Debug)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) place: Place,
    pub(super) lock: Lock,
    /// What is wrong with it alone.
    fault: Option<Fault>,
    /// The line of a PIN that anybody guesses.
    guessed: Option<Place>,
}

/// All users of a domain, or a user that stands by itself.
pub(super) fn users(part: &Element, looked: &Looked) -> Vec<User> {
    let mut users = Vec::new();
    within(part, &mut Vec::new(), looked, &mut users);
    users
}

/// `around` are the domain and the group, which users inherit from.
fn within<'e>(
    element: &'e Element,
    around: &mut Vec<&'e Element>,
    looked: &Looked,
    users: &mut Vec<User>,
) {
    match element.name.as_str() {
        // It points to a user that is read elsewhere.
        "user" if element.attribute("type") == Some("pointer") => {}
        "user" => users.push(user(element, around, looked)),
        "domain" | "groups" | "group" | "users" => {
            around.push(element);
            element.children.iter().for_each(|inner| within(inner, around, looked, users));
            around.pop();
        }
        _ => {}
    }
}

fn user(element: &Element, around: &[&Element], looked: &Looked) -> User {
    let id = looked.value(element.attribute("id").unwrap_or_default());
    let levels: Vec<Params<'_>> = [element]
        .into_iter()
        .chain(around.iter().rev().copied())
        .flat_map(|level| level.children_named("params"))
        .map(|params| Params::of(params, looked))
        .collect();
    let get = |name: &str| levels.iter().find_map(|params| params.get(name));
    let filled = |name: &str| get(name).filter(|param| !param.value.is_empty());
    let is_weak = |param: &&Param<'_>| param.value == id || is_known_to_all(&param.value);
    let closed = get("allow-empty-password").is_some_and(Param::is_false);
    let (lock, fault) = if filled("a1-hash").is_some() {
        (Lock::Own, None)
    } else if let Some(password) = filled("password") {
        let weak = is_weak(&password);
        // One that comes out of a global is told where that is set.
        let own = weak && password.raw == password.value;
        let fault = own.then(|| {
            let what = format!(
                "the password of user «{id}» is its own number, or one that everybody knows"
            );
            let why = "strangers try it first, and call at its cost";
            let mend = Mend::Instead(password.with(OF_YOUR_OWN));
            Fault::error(password.place(), what, why, mend)
        });
        (if weak { Lock::Known } else { Lock::Own }, fault)
    } else if closed {
        (Lock::Own, None)
    } else {
        (Lock::Open, Some(open(element, &id)))
    };
    let pin = filled("vm-password").filter(is_weak).map(|pin| pin.place().clone());
    User { id, place: element.place.clone(), lock, fault, guessed: pin }
}

/// A user without a secret, and what closes it.
fn open(element: &Element, id: &str) -> Fault {
    let what = format!("user «{id}» has no secret");
    let why = "the switch registers it with any password";
    let right = line("allow-empty-password", "false");
    match element.child("params") {
        Some(params) => Fault::error(&params.place, what, why, Mend::Below(right)),
        None if element.children.is_empty() => {
            let mut attributes = String::new();
            for (name, value) in &element.attributes {
                let _ = write!(attributes, " {name}=\"{}\"", escaped(value));
            }
            let right = format!("<user{attributes}><params>{right}</params></user>");
            Fault::error(&element.place, what, why, Mend::Instead(right))
        }
        None => {
            let right = format!("<params>{right}</params>");
            Fault::error(&element.place, what, why, Mend::Below(right))
        }
    }
}

pub(super) fn faults(users: &mut [User]) -> Vec<Fault> {
    let mut faults: Vec<Fault> = users.iter_mut().filter_map(|user| user.fault.take()).collect();
    let guessed = || users.iter().filter(|user| user.guessed.is_some());
    if let Some(place) = guessed().find_map(|user| user.guessed.as_ref()) {
        let what = format!(
            "the PIN of {} is the user's own number, or one that everybody knows",
            named(guessed())
        );
        let why = "whoever calls the mailbox tries that first";
        let mend =
            Mend::Do(format!("write another into each {}", line("vm-password", OF_YOUR_OWN)));
        faults.push(Fault::warning(place, what, why, mend));
    }
    faults
}

/// How many, and the first and the last of them.
pub(super) fn named<'u>(users: impl Iterator<Item = &'u User>) -> String {
    let ids: Vec<&str> = users.map(|user| user.id.as_str()).collect();
    match ids[..] {
        [] => "no user".to_owned(),
        [one] => format!("user «{one}»"),
        [first, .., last] => format!("{} users («{first}» to «{last}»)", ids.len()),
    }
}
