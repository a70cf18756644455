//! Phrase macros of a language.

use diesel::prelude::*;
use jackfield_api::snapshot::Macro;

use super::super::schema::phrases;
use super::super::session::Session;
use super::{Columns, row};
use crate::db::DbError;

row!(phrases, PhraseRow {
    pub(in crate::db) language_id: i64,
    pub(in crate::db) name: String,
    pub(in crate::db) xml: String,
});

/// The phrases of a language behind this id, in the order of their ids.
pub(in crate::db) fn of_language(
    c: &mut Session,
    language: i64,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<(i64, PhraseRow)>> {
    let rows =
        phrases::table.filter(phrases::language_id.eq(language)).filter(phrases::id.gt(after));
    rows.order(phrases::id).limit(limit).select((phrases::id, PhraseRow::as_select())).load(c)
}

impl PhraseRow {
    pub(in crate::db) fn of(language_id: i64, phrase: &Macro) -> Self {
        Self { language_id, name: phrase.name.clone(), xml: phrase.xml.to_xml() }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Macro, DbError> {
        let xml = Columns::of::<Self>(id).xml(&self.xml)?;
        Ok(Macro { name: self.name, xml })
    }
}
