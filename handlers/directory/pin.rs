//! A mailbox gets another PIN, typed by its owner at the phone.
//!
//! ```text
//! ...&Event-Name=CUSTOM&...&Event-Subclass=vm%3A%3Amaintenance&VM-Action=change-password
//!     &VM-User-Password=...&VM-User=1000&VM-Domain=pbx.example.test&...
//!     &key=id&user=1000&domain=pbx.example.test
//! ```
//!
//! The answer is the user, and in it `<result success="true"/>` once the PIN is stored. Anything but
//! `true` the caller is told as a failure; a missing `<result>` as a success.

use jackfield_api::PinChange;
use jackfield_api::lookup::PinLookup;
use jackfield_api::snapshot::{Domain, UserRef};

/// What is to be stored; `None` if nothing may be.
///
/// The switch makes the hash of the names that it asked by, and the mailbox has one: made under an
/// alias of the domain it would open it there and nowhere else.
pub(super) fn change(
    domain: &Domain,
    user: UserRef<'_>,
    asked: PinLookup<'_>,
) -> Option<PinChange> {
    let is_its_own_name = *asked.user == *user.id && asked.domain == domain.name();
    Some(PinChange {
        domain: domain.name().to_owned(),
        user: user.id.to_owned(),
        was: user.voicemail_hash(),
        pin: asked.pin.filter(|_| is_its_own_name)?,
    })
}

#[cfg(test)]
mod tests {
    use jackfield_api::document::Document;
    use jackfield_api::snapshot::{Contents, Snapshot};
    use jackfield_api::testing::{ask, pbx, recorded, seen};
    use jackfield_api::{Refusal, Write};

    use super::super::accounts::Accounts;
    use super::super::asked::{params, user};

    const TYPED: &str = "8461937052";

    fn changing() -> String {
        recorded::CHANGE_PIN.text().to_owned()
    }

    fn answer_from(snapshot: &Snapshot, body: &str) -> Result<Document, Refusal> {
        ask(&Accounts, body, snapshot)
    }

    fn answer(body: &str) -> Document {
        answer_from(&pbx(), body).expect("an answer")
    }

    fn tells(document: &Document) -> Option<String> {
        let tree = seen(document);
        let result = user(tree.child("section").expect("a section")).child("result")?;
        result.attribute("success").map(str::to_owned)
    }

    #[test]
    fn a_new_pin_is_to_be_written_and_told_then() {
        let document = answer(&changing());
        let (write, then) = document.write_first().expect("something to write");
        let Write::Pin(change) = write else { panic!("{write:?}") };
        assert_eq!((change.user.as_str(), change.domain.as_str()), ("1000", "pbx.example.test"));
        assert_eq!(change.was, Some("7".repeat(32)));
        assert_eq!(change.pin.digits(), TYPED);
        assert_eq!(tells(&document).as_deref(), Some("false"), "as long as it is not written");
        assert_eq!(tells(then).as_deref(), Some("true"));
        let section = seen(then).child("section").expect("a section").clone();
        assert_eq!(params(&section, "a1-hash"), ["5".repeat(32)], "a complete user");
        assert_eq!(params(&section, "vm-a1-hash"), ["closed"], "the old one is no longer right");
        assert!(!format!("{document:?}{write:?}").contains(TYPED));
    }

    #[test]
    fn what_is_no_pin_is_refused() {
        let typed = format!("VM-User-Password={TYPED}");
        let with = |value: &str| format!("VM-User-Password={value}");
        for wrong in ["", "12a4", "%2A123", "%231", "1%202", "%D9%A1%D9%A2", &"1".repeat(21)] {
            let document = answer(&changing().replace(&typed, &with(wrong)));
            assert!(document.write_first().is_none(), "{wrong}");
            assert_eq!(tells(&document).as_deref(), Some("false"), "{wrong}");
        }
        // As the switch leaves an empty value out.
        let document = answer(&changing().replace(&format!("{typed}&"), ""));
        assert!(document.write_first().is_none());
        assert_eq!(tells(&document).as_deref(), Some("false"));
        for right in ["1", &"1".repeat(20)] {
            let document = answer(&changing().replace(&typed, &with(right)));
            assert!(document.write_first().is_some(), "{right}");
        }
    }

    #[test]
    fn a_look_up_that_is_not_the_switch_s_own_writes_nothing() {
        let changing = changing();
        for (from, to) in [
            ("Event-Name=CUSTOM", "Event-Name=GENERAL"),
            ("Event-Calling-Function=voicemail_check_main", "Event-Calling-Function=check_auth"),
            ("Event-Calling-File=mod_voicemail.c", "Event-Calling-File=mod_verto.c"),
            ("VM-Action=", "x=1&VM-Action="),
            ("VM-User=", "x=1&VM-User="),
            ("VM-User=1000", "VM-User=1001"),
            ("&user=1000", "&user=1001"),
            ("VM-Domain=pbx.", "VM-Domain=other."),
            ("key=id", "key=number-alias"),
            ("&key=id", "&vm-user-password=1&key=id"),
            ("&key=id", "&vm-action=x&key=id"),
            ("&key=id", "&Event-Subclass=vm%3A%3Amaintenance&key=id"),
            ("&key=id", "&Purpose=x&key=id"),
            ("&key=id", "&group_name=sales&key=id"),
            ("&ip=127.0.0.1", "&ip=127.0.0.1&x=1"),
            ("&Event-Subclass=vm", "&x=1&Event-Subclass=vm"),
            ("change-password", "record-name"),
        ] {
            let asked = changing.replacen(from, to, 1);
            assert_ne!(asked, changing, "{from}");
            if let Ok(document) = answer_from(&pbx(), &asked) {
                assert!(document.write_first().is_none(), "{to}");
                assert_ne!(tells(&document).as_deref(), Some("true"), "{to}");
            }
        }
    }

    #[test]
    fn a_mailbox_is_never_changed_through_another_question() {
        for name in [recorded::SIP_AUTH_INVITE, recorded::VERTO_LOGIN] {
            let more = "&VM-Action=change-password&VM-User-Password=1234&VM-User=1000&key=";
            let asked = name.text().replacen("&key=", more, 1);
            let document = answer(&asked);
            assert!(document.write_first().is_none(), "{name}");
            assert_eq!(tells(&document), None, "{name}: it is answered as if they were not there");
        }
    }

    #[test]
    fn a_mailbox_is_changed_under_the_stored_name_of_its_domain_alone() {
        let domain = pbx().contents().domains[0].clone().with_aliases(vec!["192.0.2.2".into()]);
        let snapshot = Snapshot::new(Contents { domains: [domain].into(), ..Contents::default() });
        for name in ["192.0.2.2", "PBX.example.test"] {
            let asked = changing().replace("pbx.example.test", name);
            let document = answer_from(&snapshot, &asked).expect("an answer");
            assert!(document.write_first().is_none(), "{name}");
            assert_eq!(tells(&document).as_deref(), Some("false"), "{name}");
        }
    }

    #[test]
    fn who_is_unknown_or_disabled_is_denied() {
        let nobody = changing().replace("=1000", "=2222");
        assert!(matches!(answer_from(&pbx(), &nobody), Err(Refusal::Denied(_))));
    }
}
