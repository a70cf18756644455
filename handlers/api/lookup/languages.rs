//! Look-ups of section `languages`: what to play for a phrase.

use std::borrow::Cow;

use super::Lookup;

/// A phrase is spoken (`switch_ivr_phrase_macro_event`, `switch_ivr_say`).
///
/// ```
/// # use jackfield_api::{lookup::LanguagesLookup, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=languages&tag_name=&key_name=&key_value=\
/// #     &macro_name=voicemail_hello&lang=en");
/// let view = LanguagesLookup::new(&lookup);
/// assert_eq!((&*view.language(), view.macro_name().as_deref()), ("en", Some("voicemail_hello")));
/// assert!(!view.is_say());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LanguagesLookup<'a> {
    lookup: &'a Lookup,
}

impl<'a> LanguagesLookup<'a> {
    /// A look-up of section `languages` or `phrases`.
    pub fn new(lookup: &'a Lookup) -> Self {
        Self { lookup }
    }

    /// What all look-ups have in common.
    pub fn base(&self) -> &'a Lookup {
        self.lookup
    }

    /// The language asked for, as in `en` or `en-US`.
    pub fn language(&self) -> Cow<'a, str> {
        let located = || self.lookup.located("language");
        self.lookup.field("lang").or_else(located).unwrap_or_default()
    }

    /// Whether something is said rather than a phrase spoken (`switch_ivr_say`,
    /// `switch_ivr_say_string`): the language is needed, and no macro of it.
    ///
    /// The switch then sends a macro's name all the same, always `say_app`.
    pub fn is_say(&self) -> bool {
        let asked_by = self.lookup.calling_function();
        self.macro_name().as_deref() == Some("say_app")
            && asked_by.as_deref() != Some("switch_ivr_phrase_macro_event")
    }

    /// The phrase macro; none where the language as a whole is located.
    pub fn macro_name(&self) -> Option<Cow<'a, str>> {
        self.lookup.field("macro_name")
    }
}
