//! Storage: the one place that knows a database.
//!
//! No look-up ever comes here. A [`Database`] is opened, brought up to date and read into a
//! [`Contents`]; the service answers from that.

mod load;
mod merge;
mod schema;
mod store;

use std::fmt;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use jackfield_api::snapshot::Contents;

pub use self::merge::Tally;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Where the data is: `sqlite:FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    file: String,
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self { file: file.to_owned() }),
            Some(("postgres" | "postgresql", _)) => {
                Err("PostgreSQL is not built into this version; write `sqlite:FILE`".to_owned())
            }
            _ => {
                Err("write `sqlite:FILE`, as in `sqlite:/var/lib/jackfield/jackfield.db`"
                    .to_owned())
            }
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.file)
    }
}

/// What went wrong with the database. No message holds a stored value.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It could not be opened.
    #[error("cannot open {url}: {source}")]
    Open {
        /// Which one.
        url: DatabaseUrl,
        /// The driver's words.
        source: diesel::ConnectionError,
    },
    /// It could not be made.
    #[error("cannot make {url}: {source}")]
    Make {
        /// Which one.
        url: DatabaseUrl,
        /// The system's words.
        source: std::io::Error,
    },
    /// There is none.
    #[error("there is no database {url}; `jackfield migrate` makes it")]
    Absent {
        /// Which one.
        url: DatabaseUrl,
    },
    /// A migration failed.
    #[error("cannot bring {url} up to date: {message}")]
    Migrate {
        /// Which one.
        url: DatabaseUrl,
        /// The driver's words.
        message: String,
    },
    /// It is older than this program.
    #[error("{url} lacks {pending} of this version's migrations; run `jackfield migrate`")]
    Outdated {
        /// Which one.
        url: DatabaseUrl,
        /// How many it lacks.
        pending: usize,
    },
    /// A statement failed.
    #[error("the database refused: {0}")]
    Query(#[from] diesel::result::Error),
    /// A row holds what this program cannot read.
    #[error("table {table}, row {id}, column {column}: {message}")]
    Malformed {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: i64,
        /// The column.
        column: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// An open database.
pub struct Database {
    url: DatabaseUrl,
    connection: SqliteConnection,
}

impl Database {
    /// Opens it; a SQLite file that is not there is made, for its owner alone: a hash is as good as
    /// the password. SQLite gives the files beside it the same mode.
    pub fn make(url: &DatabaseUrl) -> Result<Self, DbError> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&url.file)
            .map_err(|source| DbError::Make { url: url.clone(), source })?;
        Self::open(url)
    }

    /// Opens one that is there.
    pub fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        if !Path::new(&url.file).exists() {
            return Err(DbError::Absent { url: url.clone() });
        }
        let open = |source| DbError::Open { url: url.clone(), source };
        let mut connection = SqliteConnection::establish(&url.file).map_err(open)?;
        connection.batch_execute(
            "PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; \
             PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;",
        )?;
        Ok(Self { url: url.clone(), connection })
    }

    /// Runs the migrations that it lacks and names them.
    pub fn migrate(&mut self) -> Result<Vec<String>, DbError> {
        let run = self.connection.run_pending_migrations(MIGRATIONS);
        let run = run.map_err(|error| migration_error(&self.url, error.as_ref()))?;
        Ok(run.iter().map(ToString::to_string).collect())
    }

    /// Reads everything, in one transaction. A database that lacks migrations is refused.
    pub fn load(&mut self) -> Result<Contents, DbError> {
        let pending = self.connection.pending_migrations(MIGRATIONS);
        let pending = pending.map_err(|error| migration_error(&self.url, error.as_ref()))?.len();
        if pending > 0 {
            return Err(DbError::Outdated { url: self.url.clone(), pending });
        }
        self.connection.transaction(load::contents)
    }

    /// Writes a whole PBX into an empty database, in one transaction.
    pub fn store(&mut self, contents: &Contents) -> Result<(), DbError> {
        self.connection.transaction(|connection| store::contents(connection, contents))
    }
}

fn migration_error(url: &DatabaseUrl, error: &dyn std::error::Error) -> DbError {
    DbError::Migrate { url: url.clone(), message: error.to_string() }
}
