//! One connection to either database, and what differs between them.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::error::one_line;
use super::schema::revision;
use super::url::Driver;
use super::{DatabaseUrl, DbError};

/// How long a writer waits for another one.
const PATIENCE_MS: u32 = 5000;

/// What PostgreSQL tells a change on.
const CHANNEL: &str = "jackfield";

/// A connection to either database.
// SQLite would take any text for a file, so the URL's scheme picks, never the first that opens.
#[derive(diesel::MultiConnection)]
pub(crate) enum Session {
    /// The one of several instances.
    Postgres(PgConnection),
    /// The embedded one.
    Sqlite(SqliteConnection),
}

/// Connects to a database; a SQLite file has to be there already.
pub(super) fn connect(url: &DatabaseUrl) -> Result<Session, DbError> {
    let failed = |error: ConnectionError| {
        let message = one_line(&url.redact(&error.to_string()));
        DbError::Open { url: url.clone(), message }
    };
    match url.driver() {
        Driver::Sqlite(file) => {
            let name = file.to_str().ok_or_else(|| DbError::Open {
                url: url.clone(),
                message: "its name is not UTF-8".to_owned(),
            })?;
            SqliteConnection::establish(name).map(Session::Sqlite).map_err(failed)
        }
        Driver::Postgres(server) => {
            PgConnection::establish(server).map(Session::Postgres).map_err(failed)
        }
    }
}

impl Session {
    /// Sets what every connection has.
    pub(super) fn prepare(&mut self) -> QueryResult<()> {
        match self {
            // The update triggers write to their own table. The service reads everything once and
            // keeps the connection, so a cache would only take memory.
            Self::Sqlite(connection) => connection.batch_execute(&format!(
                "PRAGMA busy_timeout = {PATIENCE_MS}; PRAGMA journal_mode = WAL; \
                 PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; \
                 PRAGMA recursive_triggers = OFF; PRAGMA cache_size = -256;"
            )),
            Self::Postgres(connection) => {
                connection.batch_execute(&format!("SET lock_timeout = {PATIENCE_MS}"))
            }
        }
    }

    /// From now on [`Session::sign`] is told of changes.
    pub(super) fn listen(&mut self) -> QueryResult<()> {
        match self {
            Self::Postgres(connection) => connection.batch_execute(&format!("LISTEN {CHANNEL}")),
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// A number that is another one once another connection has changed something. It was this one.
    pub(super) fn sign(&mut self, before: i64) -> QueryResult<i64> {
        match self {
            Self::Postgres(connection) => {
                let told = connection.notifications_iter().map(|told| told.map(|_| 1));
                Ok(before + told.sum::<QueryResult<i64>>()?)
            }
            Self::Sqlite(connection) => {
                let version = diesel::sql_query("PRAGMA data_version");
                version.get_result(connection).map(|version: Version| version.data_version)
            }
        }
    }

    /// From now on no statement waits longer than this for another writer.
    pub(super) fn give_up_after(&mut self, patience: Duration) -> QueryResult<()> {
        let ms = patience.as_millis();
        match self {
            Self::Postgres(connection) => connection.batch_execute(&format!(
                "SET lock_timeout = {ms}; SET statement_timeout = {ms}; \
                 SET idle_in_transaction_session_timeout = {ms}"
            )),
            Self::Sqlite(connection) => {
                connection.batch_execute(&format!("PRAGMA busy_timeout = {ms}"))
            }
        }
    }

    /// Reads in one transaction that sees one revision, however many queries it is made of.
    pub(super) fn read<T, E: From<DbError>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = self.transaction(|connection| {
            if let Self::Postgres(connection) = connection {
                connection
                    .batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
            }
            read(connection).map_err(Failed::Caller)
        });
        done.map_err(Failed::into_callers)
    }

    /// Writes in one transaction, which is one revision, and names who does. An error takes all of
    /// it back.
    pub(super) fn write<T, E: From<DbError>>(
        &mut self,
        who: &str,
        write: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let done = self.transaction(|connection| {
            begin(connection, who)?;
            let done = write(connection).map_err(Failed::Caller)?;
            end(connection)?;
            Ok(done)
        });
        done.map_err(Failed::into_callers)
    }
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

/// Whose error it is.
enum Failed<E> {
    Caller(E),
    Database(diesel::result::Error),
}

impl<E: From<DbError>> Failed<E> {
    fn into_callers(self) -> E {
        match self {
            Self::Caller(error) => error,
            Self::Database(error) => DbError::from(error).into(),
        }
    }
}

impl<E> From<diesel::result::Error> for Failed<E> {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error)
    }
}

fn begin(connection: &mut Session, who: &str) -> QueryResult<()> {
    match connection {
        Session::Postgres(connection) => {
            let name = diesel::sql_query("SELECT set_config('jackfield.who', $1, true)");
            name.bind::<Text, _>(who).execute(connection)?;
            // Writers pass one after the other, from here on: what one has read and checked is so
            // until it has written.
            revision::table.select(revision::value).for_update().first::<i64>(connection).map(drop)
        }
        // The first statement writes, so that another writer is waited for here and not later,
        // where what has been read could be out of date.
        Session::Sqlite(connection) => diesel::update(revision::table)
            .set((revision::value.eq(revision::value + 1), revision::writer.eq(who)))
            .execute(connection)
            .map(drop),
    }
}

/// A transaction without a change is no revision.
fn end(connection: &mut Session) -> QueryResult<()> {
    match connection {
        Session::Postgres(_) => Ok(()),
        Session::Sqlite(connection) => connection.batch_execute(
            "UPDATE revision SET writer = NULL, value = value - \
             (NOT EXISTS (SELECT 1 FROM changes WHERE changes.revision = revision.value))",
        ),
    }
}

/// Which file a path leads to. A file that took another's place is another one.
pub(super) fn identity(file: &Path) -> Option<(u64, u64)> {
    let file = std::fs::metadata(file).ok()?;
    Some((file.dev(), file.ino()))
}
