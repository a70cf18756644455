//! Look-ups of section `chatplan`: where a message goes.

use std::borrow::Cow;

use super::Lookup;

/// A message is routed (`switch_core_chat_send`, `mod_sms`).
///
/// Who writes to whom is what the sender claims: for comparing, not for trusting.
///
/// ```
/// # use jackfield_api::{lookup::ChatplanLookup, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=chatplan&tag_name=&key_name=&key_value=\
/// #     &from=1000%40pbx.example.test&to=1001%40pbx.example.test&context=public");
/// let view = ChatplanLookup::new(&lookup);
/// assert_eq!(view.context(), "public");
/// assert_eq!(view.to().as_deref(), Some("1001@pbx.example.test"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ChatplanLookup<'a> {
    lookup: &'a Lookup,
}

impl<'a> ChatplanLookup<'a> {
    /// A look-up of section `chatplan`.
    pub fn new(lookup: &'a Lookup) -> Self {
        Self { lookup }
    }

    /// What all look-ups have in common.
    pub fn base(&self) -> &'a Lookup {
        self.lookup
    }

    /// The context: of the profile that the message came in by, not of the user.
    pub fn context(&self) -> Cow<'a, str> {
        let located = || self.lookup.located("context");
        self.lookup.field("context").or_else(located).unwrap_or_default()
    }

    /// Who sent the message, as in `1000@pbx.example.test`.
    pub fn from(&self) -> Option<Cow<'a, str>> {
        self.lookup.field("from")
    }

    /// Who it is for, as in `1001@pbx.example.test`.
    pub fn to(&self) -> Option<Cow<'a, str>> {
        self.lookup.field("to")
    }
}
