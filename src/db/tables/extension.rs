//! Extensions of a context: their names may repeat, their order decides.

use diesel::dsl::count_star;
use diesel::prelude::*;
use jackfield_api::snapshot::Extension;

use super::super::schema::extensions;
use super::super::session::Session;
use super::{Columns, json, row};
use crate::db::DbError;

row!(extensions, ExtensionRow {
    pub(in crate::db) context_id: i64,
    pub(in crate::db) position: i64,
    pub(in crate::db) name: String,
    pub(in crate::db) continues: bool,
    pub(in crate::db) conditions: String,
});

impl ExtensionRow {
    pub(in crate::db) fn of(context_id: i64, position: i64, extension: &Extension) -> Self {
        Self {
            context_id,
            position,
            name: extension.name.clone(),
            continues: extension.continues,
            conditions: json(&extension.conditions),
        }
    }

    pub(in crate::db) fn read_as(self, id: i64) -> Result<Extension, DbError> {
        let conditions = Columns::of::<Self>(id).json("conditions", &self.conditions)?;
        Ok(Extension { name: self.name, continues: self.continues, conditions })
    }
}

/// Gives an extension another position, which no other of its context may have.
pub(in crate::db) fn place(c: &mut Session, id: i64, position: i64) -> QueryResult<()> {
    let at = extensions::table.filter(extensions::id.eq(id));
    diesel::update(at).set(extensions::position.eq(position)).execute(c).map(drop)
}

/// How many extensions each context has that has any.
pub(in crate::db) fn counts(c: &mut Session) -> QueryResult<Vec<(i64, i64)>> {
    let contexts = extensions::table.group_by(extensions::context_id);
    contexts.select((extensions::context_id, count_star())).load(c)
}

/// The extensions of a context, or of all, each context's in their order.
pub(in crate::db) fn in_order(
    c: &mut Session,
    context: Option<i64>,
) -> QueryResult<Vec<(i64, ExtensionRow)>> {
    let mut rows = extensions::table.into_boxed();
    if let Some(context) = context {
        rows = rows.filter(extensions::context_id.eq(context));
    }
    rows.order((extensions::context_id, extensions::position))
        .select((extensions::id, ExtensionRow::as_select()))
        .load(c)
}

/// The ids of a context's extensions.
pub(in crate::db) fn ids_of_context(c: &mut Session, context: i64) -> QueryResult<Vec<i64>> {
    extensions::table.filter(extensions::context_id.eq(context)).select(extensions::id).load(c)
}
