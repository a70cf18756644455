//! Takes out of the history of changes what machines noted, once no reader needs it.
//!
//! Browsers log in all day, and each login is noted, as every change is, for those to read who follow.
//! A reader that comes later than an hour reads everything: the database says how far it was pruned
//! (`Mark::since`), whoever did it. What people change is kept.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use super::DbError;
use super::schema::changes;
use super::session::Session;

/// How many go at once: they hold up every other writer.
const AT_ONCE: usize = 1000;
/// What machines note: as the index has it, or it would not be used.
const BY_MACHINES: &str = "table_name = 'clients' AND who IN ('verto', 'page', 'switch')";

/// Those that can go, the oldest first, and no more than go at once.
pub(super) fn passed(c: &mut Session) -> Result<Vec<i64>, DbError> {
    let is_old = match c {
        Session::Postgres(_) => "at < now() - interval '1 hour'",
        Session::Sqlite(_) => "at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour')",
    };
    let mut passed: Vec<i64> = changes::table
        .filter(sql::<Bool>(BY_MACHINES))
        .filter(sql::<Bool>(is_old))
        .order((sql::<Text>("at"), changes::id))
        .limit(i64::try_from(AT_ONCE + 1).unwrap_or(i64::MAX))
        .select(changes::id)
        .load(c)?;
    // Not the last one. It may be the last change of all, by which readers know where they are; and of
    // all others something has been there to read for an hour.
    passed.pop();
    Ok(passed)
}

/// Deletes these.
pub(super) fn delete(c: &mut Session, passed: &[i64]) -> Result<usize, DbError> {
    Ok(diesel::delete(changes::table.filter(changes::id.eq_any(passed))).execute(c)?)
}
