//! Languages. Their phrases are nouns of their own.

use jackfield_api::snapshot::Language;

use super::attributes::check_attributes;
use super::{Named, NounError};
use crate::db::tables::count;
use crate::db::tables::language::LanguageRow;
use crate::db::tables::phrase::PhraseRow;
use crate::db::{DbError, Session};
use crate::names;

impl Named for Language {
    const WORD: &'static str = "language";
    type Row = LanguageRow;

    fn name(&self) -> &str {
        &self.name
    }

    fn row(&self) -> LanguageRow {
        LanguageRow::of(self)
    }

    fn of(id: i64, row: LanguageRow) -> Result<Self, DbError> {
        row.read_as(id)
    }

    fn owned(c: &mut Session, id: i64) -> Result<Vec<(i64, &'static str)>, NounError> {
        Ok(vec![(count::<PhraseRow>(c, &format!("language_id = {id}"))?, "phrases")])
    }

    fn check_rest(&self) -> Result<(), String> {
        if self.name.contains('/') {
            return Err("with a slash in it its phrases could not be named".to_owned());
        }
        check_attributes(&self.attributes)?;
        for group in &self.groups {
            let of_it = |why| format!("group «{}»: {why}", group.name.escape_debug());
            if !group.name.is_empty() {
                names::check(&group.name).map_err(of_it)?;
            }
            check_attributes(&group.attributes).map_err(of_it)?;
        }
        Ok(())
    }
}
