//! Languages and their phrase macros.

use std::collections::BTreeMap;

use super::setting::Setting;
use crate::xml::Raw;

/// A language that the switch can speak.
#[derive(Debug, Clone, Default)]
pub struct Language {
    /// The name, as in `en`.
    pub name: String,
    /// Attributes of the `<language>` element besides the name, as in `say-module`.
    pub attributes: Vec<Setting>,
    /// Phrase macros by name in lower case.
    pub macros: BTreeMap<String, Macro>,
}

/// What to play for a phrase.
#[derive(Debug, Clone)]
pub struct Macro {
    /// The name.
    pub name: String,
    /// Its `<macro>` element.
    pub xml: Raw,
}

impl Language {
    /// A macro by its name, case apart.
    pub fn macro_named(&self, name: &str) -> Option<&Macro> {
        self.macros.get(&name.to_ascii_lowercase())
    }
}
