//! Contexts: their extensions are one list, written anew where it differs.

use diesel::prelude::*;
use jackfield_api::snapshot::Context;

use super::super::DbError;
use super::super::schema::{contexts, extensions};
use super::super::store::json;
use super::Tally;
use crate::db::session::Session;

pub(super) fn context(
    c: &mut Session,
    section: &str,
    context: &Context,
    tally: &mut Tally,
) -> Result<(), DbError> {
    let found: Option<i64> = contexts::table
        .filter(contexts::section.eq(section))
        .filter(contexts::name.eq(context.name()))
        .select(contexts::id)
        .first(c)
        .optional()?;
    let id = match found {
        Some(id) => id,
        None => diesel::insert_into(contexts::table)
            .values((contexts::section.eq(section), contexts::name.eq(context.name())))
            .returning(contexts::id)
            .get_result(c)?,
    };
    let wanted: Vec<(i64, &str, bool, String)> = (1..)
        .zip(context.extensions())
        .map(|(at, found)| (at, found.name.as_str(), found.continues, json(&found.conditions)))
        .collect();
    let stored: Vec<(i64, String, bool, String)> = extensions::table
        .filter(extensions::context_id.eq(id))
        .order(extensions::position)
        .select((
            extensions::position,
            extensions::name,
            extensions::continues,
            extensions::conditions,
        ))
        .load(c)?;
    let pairs = || stored.iter().zip(&wanted);
    let same = stored.len() == wanted.len()
        && pairs().all(|(is, want)| {
            (is.0, is.1.as_str(), is.2, &is.3) == (want.0, want.1, want.2, &want.3)
        });
    if same && found.is_some() {
        tally.same += 1;
        return Ok(());
    }
    diesel::delete(extensions::table.filter(extensions::context_id.eq(id))).execute(c)?;
    for (position, name, continues, conditions) in wanted {
        diesel::insert_into(extensions::table)
            .values((
                extensions::context_id.eq(id),
                extensions::position.eq(position),
                extensions::name.eq(name),
                extensions::continues.eq(continues),
                extensions::conditions.eq(conditions),
            ))
            .execute(c)?;
    }
    let count = if found.is_some() { &mut tally.changed } else { &mut tally.added };
    *count += 1;
    Ok(())
}
