//! Answers in section `languages`.

use super::Document;
use crate::answer::Answer;
use crate::lookup::{LanguagesLookup, Section};
use crate::snapshot::{Language, Macro};
use crate::xml::{Element, Place, Value};

/// Answers in section `languages`.
///
/// ```
/// use jackfield_api::document::Languages;
/// use jackfield_api::snapshot::{Language, Macro};
/// use jackfield_api::xml::Raw;
/// # use jackfield_api::{lookup::LanguagesLookup, testing::lookup};
/// # let lookup = lookup("hostname=vm&section=languages&tag_name=&key_name=&key_value=&macro_name=hi&lang=en");
/// # let lookup = LanguagesLookup::new(&lookup);
///
/// let hi = Raw::parse(r#"<macro name="hi"><input pattern="(.*)"><match>
///     <action function="play-file" data="hi.wav"/></match></input></macro>"#)?;
/// let english = Language::new("en").attribute("say-module", "en");
/// Languages::language(&lookup, &english, [&Macro::new("hi", hi)])?;
/// # Ok::<(), jackfield_api::Refusal>(())
/// ```
#[derive(Debug)]
pub struct Languages;

impl Languages {
    /// A language with these of its macros, under the name that the switch asked for.
    ///
    /// A list of macros is there even where it is empty: `say` needs the language alone. Section
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
        let section = lookup.base().section_name();
        let element = if section.eq_ignore_ascii_case("phrases") {
            let macros =
                macros.into_iter().flat_map(|phrase| phrase.xml.elements().iter().cloned());
            Element::new("macros").holding([element.holding(macros)])
        } else {
            let groups: Vec<Element<'_>> = groups(language, macros);
            element.holding([Element::new("phrases").holding(groups)])
        };
        let mut document = Document::write(Section::Languages, &section, vec![element])?;
        document.names = vec![lookup.language().into_owned()];
        Ok(document)
    }
}

fn elements(phrase: &Macro) -> impl Iterator<Item = Element<'_>> {
    phrase.xml.elements().iter().cloned()
}

/// One `<macros>` for each group, that of the macros in no group first.
fn groups<'a>(
    language: &'a Language,
    macros: impl IntoIterator<Item = &'a Macro>,
) -> Vec<Element<'a>> {
    let mut groups: Vec<(&str, Element<'_>)> = Vec::new();
    for phrase in macros {
        let name = phrase.group();
        let place = groups.iter().position(|(group, _)| group.eq_ignore_ascii_case(name));
        let place = place.unwrap_or_else(|| {
            groups.push((name, group(language, name)));
            groups.len() - 1
        });
        elements(phrase).for_each(|element| groups[place].1.push(element));
    }
    if groups.is_empty() {
        groups.push(("", group(language, "")));
    }
    // The switch takes macros that are asked for by no group from the first list.
    groups.sort_by_key(|(name, _)| !name.is_empty());
    groups.into_iter().map(|(_, element)| element).collect()
}

pub(crate) fn group<'a>(language: &'a Language, name: &'a str) -> Element<'a> {
    let mut element = Element::new("macros");
    if !name.is_empty() {
        element = element.with("name", name);
    }
    for attribute in language.group_named(name).into_iter().flat_map(|group| &group.attributes) {
        element.set(attribute.name.as_str(), attribute.value(), Place::Plain);
    }
    element
}
