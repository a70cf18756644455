//! Who changed what and when.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;

use super::DbError;
use super::schema::changes;
use super::session::Session;

/// One change of one row. It tells by which name people know the row, and none of its values.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Serialize)]
pub struct Change {
    /// Orders the changes.
    pub id: i64,
    /// The revision that it is part of.
    pub revision: i64,
    /// The table.
    pub table: String,
    /// The row's id.
    pub row: i64,
    /// The name of what the row describes; `*` for all rows of the table.
    pub key: String,
    /// `insert`, `update` or `delete`.
    pub did: String,
    /// When, in UTC.
    pub at: String,
    /// Who: what a command calls itself, or the user of the database.
    pub who: String,
}

/// The first ones after a revision, or else the last ones; the oldest first.
pub(super) fn list(
    c: &mut Session,
    since: Option<i64>,
    limit: i64,
) -> Result<Vec<Change>, DbError> {
    let at = match c {
        Session::Postgres(_) => {
            "to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
        }
        Session::Sqlite(_) => "at",
    };
    let columns = (
        changes::id,
        changes::revision,
        changes::table_name,
        changes::row_id,
        changes::key,
        changes::did,
        sql::<Text>(at),
        changes::who,
    );
    let all = changes::table.select(columns).limit(limit);
    if let Some(revision) = since {
        return Ok(all.filter(changes::revision.gt(revision)).order(changes::id).load(c)?);
    }
    let mut last: Vec<_> = all.order(changes::id.desc()).load(c)?;
    last.reverse();
    Ok(last)
}
