//! A mailbox's owner has typed another PIN (`voicemail_check_main` in `mod_voicemail.c`).
//!
//! The one look-up that changes what is stored, so it has to come from that function as it writes it,
//! field by field. Whoever can add fields to another look-up (a verto client, a SIP header) cannot
//! make one of it: what the switch says of itself stands in front of all that strangers add.
//!
//! ```text
//! hostname=vm&section=directory&tag_name=domain&key_name=name&key_value=pbx.example.test
//!     &Event-Name=CUSTOM&Core-UUID=...&FreeSWITCH-...&Event-...
//!     &Event-Calling-Function=voicemail_check_main&...&Event-Subclass=vm%3A%3Amaintenance
//!     &VM-Action=change-password&VM-User-Password=<in clear>&VM-User=1000&VM-Domain=pbx.example.test
//!     &Channel-...&Unique-ID=...&Caller-...&variable_...
//!     &key=id&user=1000&domain=pbx.example.test&ip=192.0.2.9
//! ```

use std::borrow::Cow;
use std::fmt;

use crate::form::{Form, Pair};

/// A PIN as it was typed. It is never shown.
///
/// ```
/// use jackfield_api::lookup::MailboxPin;
///
/// assert_eq!(MailboxPin::typed("2468").expect("digits").digits(), "2468");
/// assert!(MailboxPin::typed("").is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct MailboxPin(String);

impl MailboxPin {
    /// Takes 1 to 20 digits; an empty PIN would open the mailbox to everybody.
    pub fn typed(digits: &str) -> Option<Self> {
        let is_pin = (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        is_pin.then(|| Self(digits.to_owned()))
    }

    /// The digits, for the hash that is made of them and for nothing else.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// Shows nothing of it.
impl fmt::Debug for MailboxPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailboxPin(..)")
    }
}

/// Whose PIN is to be which.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PinLookup<'a> {
    /// The user's id.
    pub user: Cow<'a, str>,
    /// The domain, as the call's dialplan names it: the switch makes the hash of that.
    pub domain: Cow<'a, str>,
    /// What was typed; `None` if that is no PIN.
    pub pin: Option<MailboxPin>,
}

/// What was typed; left out where nothing was.
const TYPED: &str = "VM-User-Password";
/// What says who asks and for whom: each is there once.
const ONCE: [&str; 12] = [
    "Event-Name",
    "Event-Calling-File",
    "Event-Calling-Function",
    "Event-Subclass",
    "VM-Action",
    "VM-User",
    "VM-Domain",
    "Unique-ID",
    "section",
    "key",
    "user",
    "domain",
];
/// What `voicemail_check_main` never sends.
const NEVER: [&str; 5] = ["action", "purpose", "group", "group_name", "as_channel"];

impl<'a> PinLookup<'a> {
    /// The change that a form asks for, if it is that look-up in every field.
    pub fn of(form: &'a Form) -> Option<Self> {
        // Nearly every other look-up ends here.
        let event = form.pair(5).filter(|pair| pair.name == b"Event-Name")?;
        if event.raw != b"CUSTOM" || form.base(2) != "domain" || form.base(3) != "name" {
            return None;
        }
        let own = form.pairs().position(|pair| pair.is_named("Event-Subclass"))?;
        let value = |at: usize, name: &str| {
            let pair = form.pair(at).filter(|pair| pair.name == name.as_bytes())?;
            Some(pair.decoded())
        };
        let of_the_core = |pair: Pair<'_>| {
            [&b"Event-"[..], b"FreeSWITCH-", b"Core-UUID"]
                .iter()
                .any(|start| pair.name.starts_with(start))
        };
        if !form.pairs().take(own).skip(5).all(of_the_core) || !counted(form) {
            return None;
        }
        let is = |name, expected| form.field(name).is_some_and(|value| value == expected);
        if !is("Event-Calling-File", "mod_voicemail.c")
            || !is("Event-Calling-Function", "voicemail_check_main")
            || value(own, "Event-Subclass")? != "vm::maintenance"
            || value(own + 1, "VM-Action")? != "change-password"
        {
            return None;
        }
        let typed = value(own + 2, TYPED);
        let whose = own + 2 + usize::from(typed.is_some());
        let (user, domain) = (value(whose, "VM-User")?, value(whose + 1, "VM-Domain")?);
        // The core adds these last.
        let key = form.pairs().position(|pair| pair.name == b"key")?;
        let rest = form.len() - key;
        let ends = rest == 3 || (rest == 4 && value(key + 3, "ip").is_some());
        if !ends
            || key < whose + 2
            || value(key, "key")? != "id"
            || value(key + 1, "user")? != user
            || value(key + 2, "domain")? != domain
            || form.base(4) != domain
            || user.is_empty()
            || domain.is_empty()
        {
            return None;
        }
        let others = form.pairs().filter(|pair| pair.is_named(TYPED)).count();
        if others != usize::from(typed.is_some()) {
            return None;
        }
        let pin = typed.and_then(|typed| MailboxPin::typed(&typed));
        Some(Self { user, domain, pin })
    }

    /// Whether a form names a PIN or its change, be it that look-up or not.
    pub fn is_meant(form: &Form) -> bool {
        let names = |pair: Pair<'_>| {
            pair.name.len() > 3
                && pair.name[..3].eq_ignore_ascii_case(b"VM-")
                && (pair.is_named(TYPED)
                    || (pair.is_named("VM-Action") && pair.decoded() == "change-password"))
        };
        form.pairs().skip(5).any(names)
    }
}

/// Whether every field that comes once does, in whatever case, and what is never sent is not there.
fn counted(form: &Form) -> bool {
    let mut seen = [0_u8; ONCE.len()];
    for pair in form.pairs() {
        if NEVER.iter().any(|name| pair.is_named(name)) {
            return false;
        }
        if let Some(at) = ONCE.iter().position(|name| pair.is_named(name)) {
            seen[at] = seen[at].saturating_add(1);
        }
    }
    seen.iter().all(|count| *count == 1)
}
