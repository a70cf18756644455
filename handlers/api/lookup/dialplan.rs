//! Look-ups of section `dialplan`: where a call goes.

use std::borrow::Cow;

use super::Lookup;

/// A call is routed (`dialplan_xml_locate` in `mod_dialplan_xml.c`).
///
/// Each value is read from its `Hunt-` field first and from its `Caller-` field where that is
/// absent: the switch hunts by the former, and the two differ in `execute_extension`.
///
/// The switch asks once for each context that it hunts, not for each number: it tries the conditions
/// of the answer itself. Numbers and names are what callers claim.
///
/// ```
/// # use jackfield_api::{lookup::DialplanLookup, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=dialplan&tag_name=&key_name=&key_value=\
/// #     &Hunt-Context=lobby&Hunt-Destination-Number=2000&Caller-Caller-ID-Number=%2B31201234567\
/// #     &variable_sip_h_X-Trunk=blue");
/// let view = DialplanLookup::new(&lookup);
/// assert_eq!((&*view.context(), &*view.destination()), ("lobby", "2000"));
/// assert_eq!(view.caller_number().as_deref(), Some("+31201234567"));
/// assert_eq!(view.variable("sip_h_X-Trunk").as_deref(), Some("blue"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct DialplanLookup<'a> {
    lookup: &'a Lookup,
}

impl<'a> DialplanLookup<'a> {
    /// A look-up of section `dialplan`.
    pub fn new(lookup: &'a Lookup) -> Self {
        Self { lookup }
    }

    /// What all look-ups have in common.
    pub fn base(&self) -> &'a Lookup {
        self.lookup
    }

    /// The context that the answer must hold.
    pub fn context(&self) -> Cow<'a, str> {
        let hunted = self.caller("Hunt-Context", "Caller-Context");
        hunted.or_else(|| self.lookup.located("context")).unwrap_or_default()
    }

    /// The number dialled.
    pub fn destination(&self) -> Cow<'a, str> {
        self.caller("Hunt-Destination-Number", "Caller-Destination-Number").unwrap_or_default()
    }

    /// The number of the caller, as it claims.
    pub fn caller_number(&self) -> Option<Cow<'a, str>> {
        self.caller("Hunt-Caller-ID-Number", "Caller-Caller-ID-Number")
    }

    /// The name of the caller, as it claims.
    pub fn caller_name(&self) -> Option<Cow<'a, str>> {
        self.caller("Hunt-Caller-ID-Name", "Caller-Caller-ID-Name")
    }

    /// The address that the call comes from.
    pub fn network_address(&self) -> Option<Cow<'a, str>> {
        self.caller("Hunt-Network-Addr", "Caller-Network-Addr")
    }

    /// The directory user that the call was authenticated as.
    pub fn user(&self) -> Option<Cow<'a, str>> {
        self.variable("user_name")
    }

    /// The domain of that user.
    pub fn domain(&self) -> Option<Cow<'a, str>> {
        self.variable("domain_name")
    }

    /// A channel variable, as in `sip_h_X-Trunk`. Its text may come from the caller.
    pub fn variable(&self, name: &str) -> Option<Cow<'a, str>> {
        self.lookup.field(&format!("variable_{name}"))
    }

    fn caller(self, hunt: &str, caller: &str) -> Option<Cow<'a, str>> {
        self.lookup.field(hunt).or_else(|| self.lookup.field(caller))
    }
}
