//! Answers in section `directory`.
//!
//! The switch takes a user without a secret for one that needs none, and may keep an answer for
//! every later question about the same user. So there are two types: [`DirectoryUser`] is complete,
//! made with its [`Credential`], and the only one that a single-user answer takes; [`ListedUser`]
//! holds no secret and fits into lists only.

mod credential;
mod domain;
mod listed;
mod user;

pub use credential::Credential;
pub(crate) use credential::{is_credential, place_of};
pub use domain::DirectoryDomain;
pub use listed::ListedUser;
pub use user::{DIAL_STRING, DirectoryUser};

use super::Document;
use crate::answer::Answer;
use crate::lookup::Section;
use crate::store::{PinChange, Write};
use crate::xml::{Element, Node, Place};

/// Answers in section `directory`.
///
/// One complete user ([`DirectoryUser`]), or domains with lists ([`ListedUser`]). Elements that have no
/// method here, as `<skinny>`, are [`others`](DirectoryUser::others) of a user; parameters that decide
/// about a login come from a [`Credential`] and are refused anywhere else:
///
/// ```
/// use jackfield_api::Refusal;
/// use jackfield_api::document::{Credential, Directory, DirectoryDomain, DirectoryUser};
///
/// let user = DirectoryUser::new("1000", Credential::Closed).param("password", "1234");
/// let refused = Directory::user(DirectoryDomain::new("pbx.example.test"), user);
/// assert!(matches!(refused, Err(Refusal::Internal(_))));
/// ```
#[derive(Debug)]
pub struct Directory;

/// Elements that say who may log in: only builders that know of credentials write them.
const LOGINS: [&str; 5] = ["params", "groups", "group", "users", "user"];

/// Whether an element beside those of a user or a domain would say who may log in: `<params>`, `<user>`
/// and the like, whatever their case.
pub fn decides_on_login(name: &str) -> bool {
    LOGINS.iter().any(|login| name.eq_ignore_ascii_case(login))
}

/// An element that an operator wrote, beside what a builder writes.
fn other<'a>(element: &Element<'a>) -> Element<'a> {
    let mut element = element.clone();
    if decides_on_login(element.name()) {
        element.set("here", "", Place::Forbidden);
    }
    element
}

/// The same of elements that are stored: one that somebody has left there must not close all its domain.
fn stored_others<'a>(others: &'a [Element<'static>]) -> impl Iterator<Item = Element<'a>> {
    others.iter().filter(|element| !decides_on_login(element.name())).cloned()
}

/// A list, where there is something to list.
fn list<'a>(name: &'static str, items: Vec<Node<'a>>) -> Option<Element<'a>> {
    (!items.is_empty()).then(|| Element::new(name).holding(items))
}

impl Directory {
    /// One complete user of a domain.
    pub fn user<'a>(domain: DirectoryDomain<'a>, user: DirectoryUser<'a>) -> Answer {
        let users = Element::new("users").holding([user.element()]);
        let document = Self::write(vec![domain.element().holding([users])])?;
        Ok(Document { tells_user: true, ..document })
    }

    /// Domains with their groups and listed users, or with nothing in them.
    pub fn domains<'a>(domains: impl IntoIterator<Item = DirectoryDomain<'a>>) -> Answer {
        let mut lists_users = false;
        let domains = domains.into_iter().map(|domain| {
            lists_users |= domain.lists_users;
            domain.element()
        });
        let document = Self::write(domains.collect())?;
        Ok(Document { lists_users, ..document })
    }

    /// One complete user whose mailbox gets another PIN; the answer says whether it did.
    pub fn pin_change<'a>(
        domain: &DirectoryDomain<'a>,
        user: &DirectoryUser<'a>,
        change: PinChange,
    ) -> Answer {
        let answer = |stored| Self::user(domain.clone(), user.clone().pin_stored(stored));
        Ok(answer(false)?.once_stored(Write::Pin(change), answer(true)?))
    }

    fn write(domains: Vec<Element<'_>>) -> Answer {
        Ok(Document::write(Section::Directory, "directory", domains)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use crate::snapshot::Domain;
    use crate::xml::Raw;

    #[test]
    fn no_element_beside_the_builders_says_who_may_log_in() {
        let open = "<params><param name='allow-empty-password' value='true'/></params>";
        for xml in [open, "<Params/>", "<users><user id='2000'/></users>", "<user id='2000'/>"] {
            let raw = Raw::parse(xml).expect("well-formed");
            let user = DirectoryUser::new("1000", Credential::Closed).others(&raw);
            let answer = Directory::user(DirectoryDomain::new("pbx.example.test"), user);
            let Err(Refusal::Internal(why)) = answer else { panic!("{xml}") };
            assert!(why.contains("@here: only a Credential may decide about a login"), "{why}");
        }
    }

    #[test]
    fn what_is_stored_there_is_left_out_and_the_rest_is_answered() {
        for xml in ["<Params/>", "<users><user id='2000'/></users>", "<group name='stray'/>"] {
            let raw = Raw::parse(&format!("{xml}<vcard/>")).expect("well-formed");
            let stored = Domain::new("pbx.example.test").with_others(raw.clone());
            let user = DirectoryUser::new("1000", Credential::Closed).stored_others(&raw);
            let answer = Directory::user(DirectoryDomain::inherited(&stored), user);
            let answer = answer.expect("an answer");
            let text = std::str::from_utf8(answer.body()).expect("UTF-8");
            assert_eq!(text.matches("<vcard/>").count(), 2, "{text}");
            assert!(!text.contains("2000") && !text.contains("stray"), "{text}");
            assert!(!text.contains("<Params"), "{text}");
        }
    }

    #[test]
    fn one_user_with_its_secret_is_told_apart_from_a_list() {
        let domain = || DirectoryDomain::new("pbx.example.test");
        let one = Directory::user(domain(), DirectoryUser::new("1000", Credential::Closed));
        let list = Directory::domains([domain().group("all", [ListedUser::new("1000")])]);
        let [one, list] = [one, list].map(|answer| answer.expect("an answer"));
        assert!(one.tells_user() && !one.lists_users());
        assert!(list.lists_users() && !list.tells_user());
    }
}
