//! Languages and their phrase macros.

use std::collections::BTreeMap;

use super::setting::Setting;
use crate::xml::{Raw, Value};

/// A language that the switch can speak.
///
/// ```
/// use jackfield_api::snapshot::{Language, Macro};
/// use jackfield_api::xml::Raw;
///
/// let hello = Raw::parse(r#"<macro name="hello"><input pattern="(.*)"><match>
///     <action function="play-file" data="hello.wav"/></match></input></macro>"#)?;
/// let english = Language::new("en").attribute("say-module", "en").phrase(Macro::new("hello", hello));
/// assert!(english.macro_named("HELLO").is_some());
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Language {
    /// The name, as in `en`.
    pub name: String,
    /// Attributes of the `<language>` element besides the name, as in `say-module`.
    pub attributes: Vec<Setting>,
    /// Groups of macros that have attributes of their own.
    pub groups: Vec<PhraseGroup>,
    /// Phrase macros by name in lower case.
    pub macros: BTreeMap<String, Macro>,
}

/// A group of phrases with attributes of its own: a named `<macros>`, as in `<macros name="voicemail_ivr" sound-prefix="...">`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct PhraseGroup {
    /// The name; empty for the macros that are in no group.
    pub name: String,
    /// Attributes besides the name, as in `sound-prefix`: they go before those of the language.
    #[cfg_attr(feature = "stored", serde(default))]
    pub attributes: Vec<Setting>,
}

/// What to play for a phrase.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "stored", derive(serde::Serialize, serde::Deserialize))]
pub struct Macro {
    /// The name that it is asked by: `macro`, or `macro@group`.
    pub name: String,
    /// Its `<macro>` element.
    pub xml: Raw,
}

impl Macro {
    /// A phrase that is asked for by this name, `macro` or `macro@group`, and its `<macro>` element.
    pub fn new(name: impl Into<String>, xml: Raw) -> Self {
        Self { name: name.into(), xml }
    }

    /// The group it is in; empty for none.
    pub fn group(&self) -> &str {
        self.name.split_once('@').map_or("", |(_, group)| group)
    }
}

impl Language {
    /// A language without phrases.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attribute<'a>(mut self, name: &str, value: impl Into<Value<'a>>) -> Self {
        self.attributes.push(Setting::of(name, value));
        self
    }

    /// Adds a phrase, in the place of one of its name.
    #[must_use]
    pub fn phrase(mut self, phrase: Macro) -> Self {
        self.macros.insert(phrase.name.to_ascii_lowercase(), phrase);
        self
    }

    /// A group by its name, case apart.
    pub fn group_named(&self, name: &str) -> Option<&PhraseGroup> {
        self.groups.iter().find(|group| group.name.eq_ignore_ascii_case(name))
    }

    /// A macro by its name, case apart.
    pub fn macro_named(&self, name: &str) -> Option<&Macro> {
        self.macros.get(&name.to_ascii_lowercase())
    }
}
