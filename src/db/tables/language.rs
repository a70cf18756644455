//! Languages.

use diesel::prelude::*;
use jackfield_api::snapshot::Language;

use super::super::schema::languages;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(languages, LanguageRow {
    pub(in crate::db) name: String,
    pub(in crate::db) attributes: String,
    pub(in crate::db) groups: String,
});

impl LanguageRow {
    pub(in crate::db) fn of(language: &Language) -> Self {
        let (attributes, groups) = (json(&language.attributes), json(&language.groups));
        Self { name: language.name.clone(), attributes, groups }
    }

    /// The language without its macros.
    pub(in crate::db) fn read_as(self, id: i64) -> Result<Language, DbError> {
        let columns = Columns::of::<Self>(id);
        Ok(Language {
            attributes: columns.json("attributes", &self.attributes)?,
            groups: columns.json("groups", &self.groups)?,
            name: self.name,
            ..Language::default()
        })
    }
}
