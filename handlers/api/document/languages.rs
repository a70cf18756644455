//! Answers in section `languages`.

use super::Document;
use crate::answer::Answer;
use crate::lookup::{LanguagesLookup, Section};
use crate::snapshot::{Language, Macro};
use crate::xml::{Element, Place, Value};

/// Answers in section `languages`.
#[derive(Debug)]
pub struct Languages;

impl Languages {
    /// A language with these of its macros, under the name that the switch asked for.
    ///
    /// The list of macros is there even where it is empty: `say` needs the language alone. Section
    /// `phrases` is older than `languages` and has it the other way round: the languages stand in
    /// the list of macros, the macros in the language.
    pub fn language<'a>(
        lookup: &LanguagesLookup<'_>,
        language: &'a Language,
        macros: impl IntoIterator<Item = &'a Macro>,
    ) -> Answer {
        let mut element = Element::new("language").with("name", Value::from(lookup.language()));
        for attribute in &language.attributes {
            element.set(attribute.name.as_str(), attribute.value(), Place::Plain);
        }
        let macros = macros.into_iter().flat_map(|phrase| phrase.xml.elements().iter().cloned());
        let section = lookup.base().section_name();
        let element = if section.eq_ignore_ascii_case("phrases") {
            Element::new("macros").holding([element.holding(macros)])
        } else {
            let macros = Element::new("macros").holding(macros);
            element.holding([Element::new("phrases").holding([macros])])
        };
        let mut document = Document::write(Section::Languages, &section, vec![element])?;
        document.names = vec![lookup.language().into_owned()];
        Ok(document)
    }
}
