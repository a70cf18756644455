//! The migrations: embedded, the same names for both databases.

use diesel::connection::SimpleConnection;
use diesel::migration::{MigrationVersion, Result};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::session::Session;

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Keeps other instances from running the same migrations at the same time.
const LOCK: &str = "SELECT pg_advisory_lock(hashtext('jackfield migrate'))";
const UNLOCK: &str = "SELECT pg_advisory_unlock(hashtext('jackfield migrate'))";

/// Runs those that a database lacks, and names them.
pub(super) fn run(connection: &mut Session) -> Result<Vec<String>> {
    let names = |run: Vec<MigrationVersion<'_>>| run.iter().map(ToString::to_string).collect();
    match connection {
        Session::Postgres(connection) => {
            connection.batch_execute("SET lock_timeout = 0; SET client_min_messages = warning")?;
            connection.batch_execute(LOCK)?;
            let run = connection.run_pending_migrations(POSTGRES).map(names);
            connection.batch_execute(UNLOCK)?;
            run
        }
        Session::Sqlite(connection) => connection.run_pending_migrations(SQLITE).map(names),
    }
}

/// How many a database lacks.
pub(super) fn pending(connection: &mut Session) -> Result<usize> {
    match connection {
        Session::Postgres(connection) => connection.pending_migrations(POSTGRES).map(|p| p.len()),
        Session::Sqlite(connection) => connection.pending_migrations(SQLITE).map(|p| p.len()),
    }
}

/// Takes all of them back, the last first.
pub(super) fn revert(connection: &mut Session) -> Result<()> {
    match connection {
        Session::Postgres(connection) => connection.revert_all_migrations(POSTGRES).map(drop),
        Session::Sqlite(connection) => connection.revert_all_migrations(SQLITE).map(drop),
    }
}
