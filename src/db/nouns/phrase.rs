//! Phrase macros of a language.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use jackfield_api::document::MAX_BYTES;
use jackfield_api::snapshot::{Language, Macro};

use super::{Name, Noun, NounError, Page};
use crate::db::Session;
use crate::db::tables::language::LanguageRow;
use crate::db::tables::phrase::{self, PhraseRow};
use crate::db::tables::{Row, all, find, put};
use crate::names;

/// A phrase macro, and the language that it is in.
#[derive(Debug, Clone)]
pub(crate) struct LanguagePhrase {
    pub(crate) language: String,
    pub(crate) phrase: Macro,
}

/// `en/voicemail_hello`, or `en/hello@group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InLanguage {
    pub(crate) language: String,
    pub(crate) name: String,
}

impl FromStr for InLanguage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (language, name) =
            text.split_once('/').ok_or("write LANGUAGE/NAME, as in en/voicemail_hello")?;
        names::check(language)?;
        names::check(name)?;
        Ok(Self { language: language.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for InLanguage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.language, self.name)
    }
}

/// The room that is left for the language around it.
const LONGEST: usize = MAX_BYTES - 64 * 1024;

impl Noun for LanguagePhrase {
    const NOUN: &'static str = "phrase";
    type Key = InLanguage;

    fn key(&self) -> InLanguage {
        InLanguage { language: self.language.clone(), name: self.phrase.name.clone() }
    }

    fn check(&self) -> Result<(), String> {
        let Macro { name, xml } = &self.phrase;
        names::check(name)?;
        let (plain, group) = name.split_once('@').unwrap_or((name, "-"));
        if plain.is_empty() || group.is_empty() {
            return Err("a name is missing before or behind the @".to_owned());
        }
        let named =
            xml.root_attribute("name").is_some_and(|found| found.eq_ignore_ascii_case(plain));
        if xml.root() != Some("macro") || xml.len() != 1 || !named {
            return Err(format!(
                "its XML has to be one <macro name=\"{plain}\"> and nothing beside it"
            ));
        }
        if xml.to_xml().len() > LONGEST {
            return Err("it is longer than the switch takes (1 MiB with its language)".to_owned());
        }
        Ok(())
    }

    fn find(c: &mut Session, key: &InLanguage) -> Result<Vec<i64>, NounError> {
        let language = language_named(c, &key.language)?;
        let scope = format!("language_id = {language}");
        Ok(find::<PhraseRow>(c, &scope, &key.name)?.into_iter().collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = PhraseRow::read(c, id)? else { return Ok(None) };
        let language = LanguageRow::read(c, row.language_id)?.map(|row| row.name);
        Ok(Some(Self { language: language.unwrap_or_default(), phrase: row.read_as(id)? }))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let rows = match page.of {
            Some(language) => {
                let language = language_named(c, language)?;
                phrase::of_language(c, language, page.after, page.limit)?
            }
            None => PhraseRow::page(c, page.after, page.limit)?,
        };
        let languages: HashMap<i64, String> =
            all::<LanguageRow>(c)?.into_iter().map(|(id, row)| (id, row.name)).collect();
        rows.into_iter()
            .map(|(id, row)| {
                let language = languages.get(&row.language_id).cloned().unwrap_or_default();
                Ok((id, Self { language, phrase: row.read_as(id)? }))
            })
            .collect()
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        let language = language_named(c, &self.language)?;
        Ok(put(c, id, &PhraseRow::of(language, &self.phrase))?.0)
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(PhraseRow::remove(c, id)?)
    }
}

fn language_named(c: &mut Session, name: &str) -> Result<i64, NounError> {
    let found = Language::find(c, &Name(name.to_owned()))?;
    let absent = || NounError::Absent { noun: Language::NOUN, key: name.to_owned() };
    found.first().copied().ok_or_else(absent)
}
