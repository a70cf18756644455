//! Contexts of dialplan and chatplan. Their extensions are nouns of their own.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use super::{Noun, NounError, Page};
use crate::db::tables::context::{ContextRow, Section};
use crate::db::tables::extension::{self, ExtensionRow};
use crate::db::tables::{Row, count, find, put};
use crate::db::{DbError, Session};
use crate::names;

/// A context, and how many extensions it has.
#[derive(Debug, Clone)]
pub(crate) struct StoredContext {
    pub(crate) key: ContextKey,
    pub(crate) extensions: usize,
}

/// `default` is a context of the dialplan, `chatplan/default` one of the chatplan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContextKey {
    pub(crate) section: Section,
    pub(crate) name: String,
}

impl ContextKey {
    /// The section that a key begins with, and the rest of it.
    pub(super) fn sectioned(text: &str) -> (Section, &str) {
        let rest = |section: Section| {
            let rest = text.strip_prefix(&*section.to_string())?.strip_prefix('/')?;
            Some((section, rest))
        };
        let named = rest(Section::Chatplan).or_else(|| rest(Section::Dialplan));
        named.unwrap_or((Section::Dialplan, text))
    }
}

impl FromStr for ContextKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (section, name) = Self::sectioned(text);
        names::check(name)?;
        Ok(Self { section, name: name.to_owned() })
    }
}

impl fmt::Display for ContextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.name.split('/').next().unwrap_or_default();
        // One that is called like a section would be taken for it.
        if self.section == Section::Dialplan && first.parse::<Section>().is_err() {
            f.write_str(&self.name)
        } else {
            write!(f, "{}/{}", self.section, self.name)
        }
    }
}

impl Noun for StoredContext {
    const NOUN: &'static str = "context";
    type Key = ContextKey;

    fn key(&self) -> ContextKey {
        self.key.clone()
    }

    fn check(&self) -> Result<(), String> {
        if self.key.name.contains('/') {
            return Err("with a slash in it its extensions could not be named".to_owned());
        }
        names::check(&self.key.name)
    }

    fn find(c: &mut Session, key: &ContextKey) -> Result<Vec<i64>, NounError> {
        let scope = format!("section = '{}'", key.section);
        Ok(find::<ContextRow>(c, &scope, &key.name)?.into_iter().collect())
    }

    fn read(c: &mut Session, id: i64) -> Result<Option<Self>, NounError> {
        let Some(row) = ContextRow::read(c, id)? else { return Ok(None) };
        let extensions = extension::in_order(c, Some(id))?.len();
        Ok(Some(Self { key: key_of(id, row)?, extensions }))
    }

    fn page(c: &mut Session, page: &Page<'_>) -> Result<Vec<(i64, Self)>, NounError> {
        let counts: HashMap<i64, i64> = extension::counts(c)?.into_iter().collect();
        let rows = ContextRow::page(c, page.after, page.limit)?;
        rows.into_iter()
            .map(|(id, row)| {
                let count = counts.get(&id).copied().unwrap_or_default();
                let extensions = usize::try_from(count).unwrap_or_default();
                Ok((id, Self { key: key_of(id, row)?, extensions }))
            })
            .collect()
    }

    fn write(&self, c: &mut Session, id: Option<i64>) -> Result<i64, NounError> {
        Ok(put(c, id, &ContextRow::of(self.key.section, &self.key.name))?.0)
    }

    fn belongings(c: &mut Session, id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        Ok(vec![(count::<ExtensionRow>(c, &format!("context_id = {id}"))?, "extensions")])
    }

    fn remove(c: &mut Session, id: i64) -> Result<(), NounError> {
        Ok(ContextRow::remove(c, id)?)
    }
}

/// What a row is found by.
pub(super) fn key_of(id: i64, row: ContextRow) -> Result<ContextKey, DbError> {
    Ok(ContextKey { section: row.section(id)?, name: row.name })
}

/// The id of a context that has to be there.
pub(super) fn context_named(c: &mut Session, key: &ContextKey) -> Result<i64, NounError> {
    let absent = || NounError::Absent { noun: StoredContext::NOUN, key: key.to_string() };
    StoredContext::find(c, key)?.first().copied().ok_or_else(absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_section_where_it_is_not_the_dialplan() {
        for (text, section, name) in [
            ("default", Section::Dialplan, "default"),
            ("chatplan/default", Section::Chatplan, "default"),
            ("chatplan", Section::Dialplan, "chatplan"),
            ("dialplan/chatplan", Section::Dialplan, "chatplan"),
        ] {
            let key: ContextKey = text.parse().expect("a key");
            assert_eq!((key.section, key.name.as_str()), (section, name));
            assert_eq!(key.to_string().parse(), Ok(key), "{text}");
        }
    }
}
