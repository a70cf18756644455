//! The stored domains: answers every directory look-up for them.
//!
//! The switch asks by domain, and by none where it means all of them:
//!
//! ```text
//! section=directory&tag_name=domain&key_name=name&key_value=pbx.example.test&...
//!     &action=message-count&key=id&user=1000&domain=pbx.example.test
//! ```
//!
//! The answer is one user, complete with its secret, or a list without any:
//!
//! ```xml
//! <section name="directory">
//!   <domain name="pbx.example.test">
//!     <users>
//!       <user id="1000" number-alias="5551000">...</user>
//!     </users>
//!   </domain>
//! </section>
//! ```
//!
//! A domain is spelled as it is stored, in whatever case it was asked for: the switch finds it all
//! the same, takes the caller's `domain_name` from the answer, and makes mailbox hashes of that. One
//! that was asked for by an alias is answered under the alias, or the switch would not find it.
//!
//! Who is not here is Denied rather than not found. Not found would send the switch to the users in
//! its own files, and it is the caller who chooses for which user and group it asks.

use std::collections::BTreeSet;

use jackfield_api::lookup::{DirectoryFlow, DirectoryLookup};
use jackfield_api::snapshot::{Domain, Snapshot};
use jackfield_api::{Answer, DirectoryHandler, Facts, Keys, Refusal, register};

use super::{clients, lists, user};

pub(super) struct Accounts;

impl DirectoryHandler for Accounts {
    fn answer(&self, lookup: &DirectoryLookup<'_>, facts: Facts<'_>) -> Answer {
        let domain = || {
            facts.snapshot.domain(lookup.domain()).ok_or(Refusal::Denied("there is no such domain"))
        };
        let asked = lookup.domain();
        match lookup.flow() {
            DirectoryFlow::User(who) => user::answer(domain()?, lookup.domain(), &who),
            DirectoryFlow::Group(group) => lists::group(domain()?, asked, &group.group),
            DirectoryFlow::Mailboxes(group) => lists::mailboxes(domain()?, asked, group.as_deref()),
            DirectoryFlow::NetworkList => lists::networks(domain()?, asked),
            DirectoryFlow::Domain => lists::settings(domain()?, asked),
            DirectoryFlow::Gateways(_) if lookup.is_all_domains() => {
                lists::gateways(&facts.snapshot.contents().domains)
            }
            DirectoryFlow::Gateways(_) => lists::gateways_of(domain()?, asked),
            DirectoryFlow::Users if lookup.is_all_domains() => {
                lists::users(&facts.snapshot.contents().domains)
            }
            DirectoryFlow::Users => lists::users_of(domain()?, asked),
            _ => Err(Refusal::Denied("a question of an unknown kind")),
        }
    }
}

/// Each domain and each alias once, whatever its case, and the empty key of all domains. The domain of
/// `clients` is not among them: there users of a stored one are asked for, too.
pub(super) fn keys(snapshot: &Snapshot) -> Vec<String> {
    let domains = &snapshot.contents().domains;
    let aliases = domains.iter().flat_map(Domain::aliases).map(String::as_str);
    let names = domains.iter().map(Domain::name).chain(aliases).chain([""]);
    let is_of_clients =
        |name: &&str| clients::key(snapshot).is_some_and(|key| name.eq_ignore_ascii_case(key));
    let names = names.filter(|name| !is_of_clients(name));
    let keys: BTreeSet<_> = names.map(str::to_ascii_lowercase).collect();
    keys.into_iter().collect()
}

register!(DirectoryHandler, "accounts", Keys::From(keys), Accounts);

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::Contents;
    use jackfield_api::testing::{Recorded, pbx, recorded};

    use super::super::asked::{asking, denied, told};
    use super::*;

    /// Every directory look-up that was recorded.
    fn recorded() -> Vec<Recorded> {
        let of_users = |found: &&Recorded| found.name().contains("-dir-");
        let recorded: Vec<_> = recorded::ALL.iter().filter(of_users).copied().collect();
        assert!(recorded.len() >= 24, "{recorded:?}");
        recorded
    }

    #[test]
    fn every_recorded_look_up_is_answered_for_its_domain_or_for_all() {
        let pbx = pbx();
        for recorded in recorded() {
            let view = recorded.lookup();
            assert!(
                keys(&pbx).iter().any(|key| key == DirectoryLookup::new(&view).domain()),
                "{recorded}"
            );
            let (_, section) =
                told(recorded.text(), &pbx).unwrap_or_else(|no| panic!("{recorded}: {no}"));
            let domains: Vec<_> =
                section.children.iter().map(|domain| domain.attribute("name")).collect();
            assert_eq!(domains, [Some("pbx.example.test")], "{recorded}");
        }
    }

    #[test]
    fn a_domain_is_found_in_any_case_and_spelled_as_it_is_stored() {
        let asked = asking("action=user_call&key=id&user=1000").replace("pbx.", "PBX.");
        let (_, section) = told(&asked, &pbx()).expect("an answer");
        assert_eq!(section.children[0].attribute("name"), Some("pbx.example.test"));
        assert!(section.find(&[("domain", None), ("users", None), ("user", None)]).is_some());
    }

    #[test]
    fn a_user_of_no_domain_or_of_another_is_denied() {
        let of_none = "hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=\
                       &Event-Name=REQUEST_PARAMS&action=sip_auth&key=id&user=1000";
        assert!(denied(of_none, &pbx()));
        let elsewhere = asking("key=id&user=1000").replace("example.test", "example.com");
        assert!(denied(&elsewhere, &pbx()));
    }

    #[test]
    fn a_domain_answers_to_its_aliases_under_the_alias_that_was_asked_for() {
        let domain = pbx().contents().domains[0].clone().with_aliases(vec!["192.0.2.2".into()]);
        let snapshot = Snapshot::new(Contents { domains: [domain].into(), ..Contents::default() });
        assert!(keys(&snapshot).contains(&"192.0.2.2".to_owned()));
        for question in [
            "action=user_call&key=id&user=1000",
            "group=sales&action=group_call&group_name=sales",
            "purpose=network-list",
            "purpose=gateways&profile=internal",
            "action=x",
        ] {
            let asked = asking(question).replace("pbx.example.test", "192.0.2.2");
            let (_, section) = told(&asked, &snapshot).expect("an answer");
            assert_eq!(section.children[0].attribute("name"), Some("192.0.2.2"), "{question}");
            let (_, section) = told(&asking(question), &snapshot).expect("an answer");
            assert_eq!(section.children[0].attribute("name"), Some("pbx.example.test"));
        }
    }

    #[test]
    fn every_domain_has_one_key_in_lower_case_and_all_domains_have_the_empty_one() {
        let domains = ["b.test", "A.test", "a.TEST"].map(Domain::new).to_vec();
        let snapshot = Snapshot::new(Contents { domains: domains.into(), ..Contents::default() });
        assert_eq!(keys(&snapshot), ["", "a.test", "b.test"]);
    }
}
