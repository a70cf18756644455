//! How far a database has been read, so that only what has changed since has to be read anew.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};

use super::DbError;
use super::schema::{changes, revision};
use super::session::Session;

/// A place in the history of a database.
///
/// A revision alone does not tell one database from another, as from an older copy of itself that has
/// been changed since; the last change with its time does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Mark {
    /// The revision.
    pub revision: i64,
    /// The last change, if any had been made.
    last: Option<Last>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Last {
    id: i64,
    at: String,
}

/// A change of a row, as far as it has to be known to read it anew.
#[derive(Debug, Clone, Queryable)]
pub(super) struct Noted {
    pub(super) revision: i64,
    pub(super) table: String,
    /// 0 for all rows.
    pub(super) row: i64,
    /// What the row is part of, where it is part of something.
    pub(super) owner_table: Option<String>,
    pub(super) owner: Option<i64>,
}

impl Mark {
    /// Where the database is now.
    pub(super) fn read(c: &mut Session) -> Result<Self, DbError> {
        let revision = revision::table.select(revision::value).first(c)?;
        let last = changes::table.select((changes::id, sql::<Text>(at(c))));
        let last = last.order(changes::id.desc()).first::<(i64, String)>(c).optional()?;
        Ok(Self { revision, last: last.map(|(id, at)| Last { id, at }) })
    }

    /// Whether the database is here, or has been, as far as its history goes back.
    pub(super) fn is_of(&self, c: &mut Session) -> Result<bool, DbError> {
        match &self.last {
            Some(last) => self.is_noted(c, last),
            None => Ok(Self::read(c)? == *self),
        }
    }

    fn is_noted(&self, c: &mut Session, last: &Last) -> Result<bool, DbError> {
        let found = changes::table.filter(changes::id.eq(last.id));
        let found = found.select((changes::revision, sql::<Text>(at(c))));
        let found = found.first::<(i64, String)>(c).optional()?;
        Ok(found.is_some_and(|(revision, at)| revision == self.revision && at == last.at))
    }

    /// All changes since, the oldest first; `None` where that is not known, as in another database,
    /// or where there are more than so many.
    pub(super) fn since(
        &self,
        c: &mut Session,
        most: usize,
    ) -> Result<Option<Vec<Noted>>, DbError> {
        let pruned: i64 = revision::table.select(revision::pruned).first(c)?;
        // What was deleted had not been read yet.
        if self.revision < pruned {
            return Ok(None);
        }
        let behind = match &self.last {
            None => 0,
            Some(last) if self.is_noted(c, last)? => last.id,
            Some(_) => return Ok(None),
        };
        let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        let noted: Vec<Noted> = changes::table
            .filter(changes::id.gt(behind))
            .order(changes::id)
            .limit(limit)
            .select((
                changes::revision,
                changes::table_name,
                changes::row_id,
                changes::owner_table,
                changes::owner_id,
            ))
            .load(c)?;
        // The first one follows: no other history has the same numbers.
        let follows = noted.first().is_none_or(|first| first.revision == self.revision + 1);
        Ok((noted.len() <= most && follows).then_some(noted))
    }
}

/// The time of a change, as text that is the same each time.
fn at(c: &Session) -> &'static str {
    match c {
        Session::Postgres(_) => "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')",
        Session::Sqlite(_) => "at",
    }
}
