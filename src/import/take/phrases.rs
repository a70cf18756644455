//! Languages and their phrases.

use std::collections::BTreeSet;

use jackfield_api::snapshot::{Language, Macro, PhraseGroup};

use super::super::tree::Element;
use super::{Standing, Taker};

impl Taker<'_> {
    /// `language/phrases/macros/macro`.
    pub(super) fn languages(&mut self, section: &Element) {
        for element in &section.children {
            if element.name != "language" {
                self.stray(element, "section languages");
                continue;
            }
            let Some(mut language) = self.language(element) else { continue };
            let phrases = element.child("phrases");
            for inner in &element.children {
                if phrases.is_none_or(|phrases| !std::ptr::eq(phrases, inner)) {
                    self.stray(inner, "a language");
                }
            }
            let mut groups = BTreeSet::new();
            for (at, macros) in phrases.iter().flat_map(|found| &found.children).enumerate() {
                let name = macros.attribute("name").unwrap_or_default();
                // The first list is that of the macros that are asked for by no group.
                let group = if at == 0 { "" } else { name };
                if macros.name != "macros" || !groups.insert(group.to_ascii_lowercase()) {
                    self.stray(macros, "phrases");
                    continue;
                }
                self.macros(macros, group, &mut language);
                if at == 0 && !name.is_empty() {
                    self.macros(macros, name, &mut language);
                }
            }
            self.keep(element, language);
        }
    }

    /// Section `phrases`, which is older: `macros/language/macro`.
    pub(super) fn old_phrases(&mut self, section: &Element) {
        for element in &section.children {
            if element.name != "macros" {
                self.stray(element, "section phrases");
                continue;
            }
            for inner in &element.children {
                if inner.name != "language" {
                    self.stray(inner, "the macros of section phrases");
                    continue;
                }
                let Some(mut language) = self.language(inner) else { continue };
                self.macros(inner, "", &mut language);
                self.keep(inner, language);
            }
        }
    }

    fn language(&mut self, element: &Element) -> Option<Language> {
        let name = self.name_of(element)?;
        let attributes = element.attributes.iter().filter(|(key, _)| key != "name");
        let attributes =
            attributes.map(|(key, _)| self.attribute(element, key, Standing::Plain)).collect();
        Some(Language { name, attributes, ..Language::default() })
    }

    /// Of two languages with one name the switch finds the first.
    fn keep(&mut self, element: &Element, language: Language) {
        let name = &language.name;
        if self.contents.languages.iter().any(|known| known.name.eq_ignore_ascii_case(name)) {
            let text = format!("a second language «{name}»: the switch finds the first alone");
            self.report.left_out(&element.place, text);
        } else {
            self.contents.languages.push(language);
        }
    }

    fn macros(&mut self, element: &Element, group: &str, language: &mut Language) {
        let Some(group) = (match group {
            "" => Some(String::new()),
            name => self.key("the group of macros", name, &element.place),
        }) else {
            return;
        };
        if element.name == "macros" {
            let attributes = element.attributes.iter().filter(|(key, _)| key != "name");
            let attributes: Vec<_> =
                attributes.map(|(key, _)| self.attribute(element, key, Standing::Plain)).collect();
            if !attributes.is_empty() {
                language.groups.push(PhraseGroup { name: group.clone(), attributes });
            }
        }
        for inner in &element.children {
            if inner.name != "macro" {
                self.stray(inner, "macros");
                continue;
            }
            let Some(mut name) = self.name_of(inner) else { continue };
            if name.contains('@') {
                let text = format!("macro «{name}»: behind the @ the switch looks for a group");
                self.report.left_out(&inner.place, text);
                continue;
            }
            if !group.is_empty() {
                name = format!("{name}@{group}");
            }
            let key = name.to_ascii_lowercase();
            if language.macros.contains_key(&key) {
                let text = format!("a second macro «{name}»: the switch finds the first alone");
                self.report.left_out(&inner.place, text);
                continue;
            }
            let xml = self.raw([inner]);
            language.macros.insert(key, Macro { name, xml });
        }
    }
}
