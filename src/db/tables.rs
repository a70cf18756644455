//! The tables, one a file: what a row holds, and how one is found, written and read.
//!
//! A row is what the database keeps of an object besides its id, as text where the snapshot has
//! lists: two that are equal say the same, so that only what differs is written.

pub(super) mod access_list;
pub(super) mod agent;
pub(super) mod channel;
pub(super) mod client;
pub(super) mod context;
pub(super) mod document;
pub(super) mod domain;
pub(super) mod extension;
pub(super) mod gateway;
pub(super) mod global;
pub(super) mod group;
pub(super) mod language;
pub(super) mod menu;
pub(super) mod phrase;
pub(super) mod profile;
pub(super) mod queue;
pub(super) mod room;
pub(super) mod tier;
pub(super) mod user;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use jackfield_api::xml::Raw;
use serde::{Deserialize, Serialize};

use super::DbError;
use super::session::Session;

/// What a table keeps of an object.
pub(super) trait Row: Sized + PartialEq {
    /// Its name in errors.
    const TABLE: &'static str;

    /// Writes a new one; its id.
    fn insert(&self, c: &mut Session) -> QueryResult<i64>;

    /// Writes over the one with this id.
    fn update(&self, c: &mut Session, id: i64) -> QueryResult<()>;

    /// Reads the one with this id.
    fn read(c: &mut Session, id: i64) -> QueryResult<Option<Self>>;

    /// Reads those behind this id, in the order of their ids.
    fn page(c: &mut Session, after: i64, limit: i64) -> QueryResult<Vec<(i64, Self)>>;

    /// Takes the one with this id away, and all that belongs to it.
    fn remove(c: &mut Session, id: i64) -> QueryResult<()>;
}

/// All rows of a table, in the order of their ids.
pub(super) fn all<R: Row>(c: &mut Session) -> QueryResult<Vec<(i64, R)>> {
    R::page(c, 0, i64::MAX)
}

/// Finds a row by its name, without regard to ASCII case, among those of its owner: `scope` says
/// them, as in `domain_id = 7`.
pub(super) fn find<R: Row>(c: &mut Session, scope: &str, name: &str) -> QueryResult<Option<i64>> {
    find_by::<R>(c, scope, "name", name)
}

/// How many rows there are of an owner: `scope` says it, as in `domain_id = 7`.
pub(super) fn count<R: Row>(c: &mut Session, scope: &str) -> QueryResult<i64> {
    let query = diesel::sql_query(format!("SELECT count(*) AS id FROM {} WHERE {scope}", R::TABLE));
    let found: Found = match c {
        Session::Postgres(c) => query.get_result(c)?,
        Session::Sqlite(c) => query.get_result(c)?,
    };
    Ok(found.id)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// Finds every row of a name, as [`find`] does: several are limited to different switches.
pub(super) fn find_all<R: Row>(c: &mut Session, scope: &str, name: &str) -> QueryResult<Vec<i64>> {
    find_all_by::<R>(c, scope, "name", name)
}

/// Finds a row by another column than its name.
pub(super) fn find_by<R: Row>(
    c: &mut Session,
    scope: &str,
    column: &'static str,
    text: &str,
) -> QueryResult<Option<i64>> {
    Ok(find_all_by::<R>(c, scope, column, text)?.first().copied())
}

fn find_all_by<R: Row>(
    c: &mut Session,
    scope: &str,
    column: &'static str,
    text: &str,
) -> QueryResult<Vec<i64>> {
    let table = R::TABLE;
    let scope = if scope.is_empty() { "true" } else { scope };
    // Each database folds case in its own index.
    let found: Vec<Found> = match c {
        Session::Postgres(c) => diesel::sql_query(format!(
            "SELECT id FROM {table} WHERE {scope} \
             AND lower({column} COLLATE \"C\") = lower($1 COLLATE \"C\") ORDER BY id"
        ))
        .bind::<Text, _>(text)
        .load(c)?,
        Session::Sqlite(c) => {
            let query =
                format!("SELECT id FROM {table} WHERE {scope} AND {column} = ? ORDER BY id");
            diesel::sql_query(query).bind::<Text, _>(text).load(c)?
        }
    };
    Ok(found.into_iter().map(|found| found.id).collect())
}

/// What became of a row that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    /// It was not there.
    Added,
    /// It said something else.
    Changed,
    /// It said the same.
    Same,
}

/// Writes a row where it belongs: over the one with this id, or as a new one.
pub(super) fn put<R: Row>(c: &mut Session, id: Option<i64>, row: &R) -> QueryResult<(i64, Put)> {
    let Some(id) = id else { return Ok((row.insert(c)?, Put::Added)) };
    if R::read(c, id)?.as_ref() == Some(row) {
        return Ok((id, Put::Same));
    }
    row.update(c, id)?;
    Ok((id, Put::Changed))
}

/// Makes columns a [`Row`].
macro_rules! row {
    ($table:ident, $row:ident $columns:tt) => {
        #[derive(PartialEq, Insertable, AsChangeset, Queryable, Selectable)]
        #[diesel(table_name = $table, treat_none_as_null = true)]
        #[diesel(treat_none_as_default_value = false)]
        pub(in crate::db) struct $row $columns

        impl $crate::db::tables::Row for $row {
            const TABLE: &'static str = stringify!($table);

            fn insert(&self, c: &mut Session) -> QueryResult<i64> {
                let insert = diesel::insert_into($table::table).values(self);
                insert.returning($table::id).get_result(c)
            }

            fn update(&self, c: &mut Session, id: i64) -> QueryResult<()> {
                let at = $table::table.filter($table::id.eq(id));
                diesel::update(at).set(self).execute(c).map(drop)
            }

            fn read(c: &mut Session, id: i64) -> QueryResult<Option<Self>> {
                let at = $table::table.filter($table::id.eq(id));
                at.select(Self::as_select()).first(c).optional()
            }

            fn page(c: &mut Session, after: i64, limit: i64) -> QueryResult<Vec<(i64, Self)>> {
                let rows = $table::table.filter($table::id.gt(after)).order($table::id);
                rows.limit(limit).select(($table::id, Self::as_select())).load(c)
            }

            fn remove(c: &mut Session, id: i64) -> QueryResult<()> {
                diesel::delete($table::table.filter($table::id.eq(id))).execute(c).map(drop)
            }
        }
    };
}
use row;

pub(in crate::db) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data")
}

/// How a column is written that holds a list.
fn form(column: &str) -> &'static str {
    match column {
        "hosts" | "realms" | "aliases" | "methods" | "event_channels" | "origins" | "granted" => {
            r#"["..."]"#
        }
        "algorithms" => r#"["MD5","SHA-256"]"#,
        "nodes" => r#"[{"allow":true,"cidr":"..."}]"#,
        "domains" => r#"[{"name":"...","alias":true,"parse":true}]"#,
        "entries" => r#"[{"action":"...","digits":"...","param":"..."}]"#,
        "conditions" => {
            r#"[{"attributes":[{"name":"field","text":"..."}],"steps":[{"action":{"application":"...","data":"..."}}]}]"#
        }
        "groups" => r#"[{"name":"...","attributes":[]}]"#,
        "replaced" => "[]",
        "secrets" => r#"[{"username":"...","realm":"...","algorithm":"MD5","ha1":"..."}]"#,
        _ => r#"[{"name":"...","text":"..."}]"#,
    }
}

/// Reads columns of one row: an error names the place, and never the value.
#[derive(Clone, Copy)]
struct Columns {
    table: &'static str,
    id: i64,
}

impl Columns {
    fn of<R: Row>(id: i64) -> Self {
        Self { table: R::TABLE, id }
    }

    fn json<'t, T: Deserialize<'t>>(
        self,
        column: &'static str,
        text: &'t str,
    ) -> Result<T, DbError> {
        // Only the kind and the place: the words of an error may repeat a stored value.
        serde_json::from_str(text).map_err(|error| {
            let (at, form) = (error.column(), form(column));
            let message =
                format!("not the list that it should be (at character {at}); write {form}");
            self.malformed(column, message)
        })
    }

    /// What of these columns another than this program has written, and it cannot be read as.
    fn parsed<T, E: ToString>(
        self,
        column: &'static str,
        read: Result<T, E>,
    ) -> Result<T, DbError> {
        read.map_err(|error| self.malformed(column, error.to_string()))
    }

    fn xml(self, text: &str) -> Result<Raw, DbError> {
        Raw::parse(text).map_err(|error| self.malformed("xml", error.to_string()))
    }

    fn others(self, text: &str) -> Result<Raw, DbError> {
        Raw::parse_any(text).map_err(|error| self.malformed("others", error.to_string()))
    }

    fn malformed(self, column: &'static str, message: String) -> DbError {
        DbError::Malformed { table: self.table, id: self.id, column, message }
    }
}

#[cfg(test)]
mod tests {
    use jackfield_api::snapshot::{
        AccessNode, Algorithm, Condition, MenuEntry, PhraseGroup, ProfileDomain, Secret, Setting,
    };
    use serde::de::DeserializeOwned;

    use super::*;

    fn fits<T: DeserializeOwned>(column: &'static str) {
        let columns = Columns { table: "any", id: 1 };
        let read: Result<Vec<T>, _> = columns.json(column, form(column));
        assert!(read.is_ok_and(|list| !list.is_empty()), "{column}");
        let broken: Result<Vec<T>, _> = columns.json(column, r#"[{"hush":"hush"}]"#);
        let told = broken.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.contains(form(column)) && !told.contains("hush"), "{column}: {told}");
    }

    #[test]
    fn a_list_that_is_none_is_told_with_the_form_that_is_one() {
        for column in ["hosts", "realms", "aliases"] {
            fits::<String>(column);
        }
        fits::<Algorithm>("algorithms");
        fits::<AccessNode>("nodes");
        fits::<ProfileDomain>("domains");
        fits::<MenuEntry>("entries");
        fits::<Condition>("conditions");
        fits::<PhraseGroup>("groups");
        fits::<Secret>("secrets");
        for column in ["params", "variables", "attributes"] {
            fits::<Setting>(column);
        }
    }
}
