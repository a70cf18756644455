//! A database of a test's own, and somebody who works on it with plain SQL.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use jackfield::db::{Database, DatabaseUrl};
use jackfield_api::testing::pbx;

/// Where a PostgreSQL server is that may be used: a superuser's URL without parameters.
const SERVER: &str = "JACKFIELD_TEST_POSTGRES";

/// A database with the tables and the PBX of the tests in it. It is gone with this value.
pub(crate) struct Base {
    pub(crate) url: String,
    pub(crate) folder: tempfile::TempDir,
    /// The server that it is a schema of.
    server: Option<(String, String)>,
}

/// Runs a test on every database there is.
pub(crate) fn on_each(test: impl Fn(&Base)) {
    test(&Base::sqlite());
    on_postgres(test);
}

/// Runs a test on PostgreSQL, if there is a server, and says so loudly if there is none.
pub(crate) fn on_postgres(test: impl Fn(&Base)) {
    static TOLD: Once = Once::new();
    match std::env::var(SERVER) {
        Ok(server) => test(&Base::postgres(&server)),
        // Not by a macro, whose words the test harness would keep to itself.
        Err(_) => TOLD.call_once(|| {
            let told = format!("\nSKIPPED on PostgreSQL: {SERVER} names no server\n");
            let _ = std::io::stderr().write_all(told.as_bytes());
        }),
    }
}

/// Runs a test on every database there is, with a way to make empty ones.
pub(crate) fn on_each_empty(test: impl Fn(&dyn Fn() -> Base)) {
    test(&Base::empty_sqlite);
    if let Ok(server) = std::env::var(SERVER) {
        test(&|| Base::empty_postgres(&server));
    } else {
        on_postgres(|_| {});
    }
}

impl Base {
    pub(crate) fn sqlite() -> Self {
        Self::empty_sqlite().filled()
    }

    fn postgres(server: &str) -> Self {
        Self::empty_postgres(server).filled()
    }

    pub(crate) fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("data").join("pbx.db").display());
        std::fs::create_dir(folder.path().join("data")).expect("a folder");
        Self { url, folder, server: None }.migrated()
    }

    fn empty_postgres(server: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("jackfield_test_{}_{count}", std::process::id());
        postgres(server, &format!("CREATE SCHEMA {schema}"));
        let url = format!("{server}?options=-csearch_path%3D{schema}");
        let folder = tempfile::tempdir().expect("a folder");
        Self { url, folder, server: Some((server.to_owned(), schema)) }.migrated()
    }

    fn migrated(self) -> Self {
        let mut database = Database::make(&self.url()).expect("it can be opened");
        database.migrate().expect("it can be brought up to date");
        self
    }

    fn filled(self) -> Self {
        let mut database = self.open();
        database.merge("test", pbx().contents(), &|| {}).expect("the PBX can be stored");
        self
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        self.url.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn open(&self) -> Database {
        Database::open(&self.url()).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.server.is_some()
    }

    /// The folder that holds a SQLite database and nothing else.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The control socket's folder of a service over this database.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Has a command that runs the program serve it.
    pub(crate) fn given_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.arg("serve").env("JACKFIELD_DATABASE_URL", &self.url);
        command.env("JACKFIELD_STATE_DIR", self.state())
    }

    /// Runs statements in a session of its own, as another program does.
    pub(crate) fn sql(&self, statements: &str) {
        self.try_sql(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
    }

    pub(crate) fn try_sql(&self, statements: &str) -> QueryResult<()> {
        match self.file() {
            Some(file) => sqlite(file).batch_execute(statements),
            None => {
                PgConnection::establish(&self.url).expect("it answers").batch_execute(statements)
            }
        }
    }

    /// Runs statements in a session that stays open as long as the value, with what it holds locked.
    pub(crate) fn hold(&self, statements: &str) -> Held {
        let mut held = match self.file() {
            Some(file) => Held::Sqlite(sqlite(file)),
            None => Held::Postgres(PgConnection::establish(&self.url).expect("it answers")),
        };
        held.sql(statements);
        held
    }

    /// The first column, named `it`, of what a query finds; a text.
    pub(crate) fn select(&self, query: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            it: String,
        }
        let query = diesel::sql_query(query);
        let rows: QueryResult<Vec<Row>> = match self.file() {
            Some(file) => query.load(&mut sqlite(file)),
            None => query.load(&mut PgConnection::establish(&self.url).expect("it answers")),
        };
        rows.expect("a right query").into_iter().map(|row| row.it).collect()
    }

    /// Everything that is stored, a line a row, but for ids and times.
    pub(crate) fn dump(&self) -> String {
        const NOT_OURS: [&str; 3] = ["changes", "revision", "__diesel_schema_migrations"];
        let postgres = self.is_postgres();
        let tables = if postgres {
            "SELECT table_name::text AS it FROM information_schema.tables \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        } else {
            "SELECT name AS it FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        };
        let mut tables = self.select(tables);
        tables.retain(|table| !NOT_OURS.contains(&table.as_str()));
        tables.sort();
        assert!(tables.len() > 15, "{tables:?}");
        let mut dump = String::new();
        for table in tables {
            let columns = if postgres {
                format!(
                    "SELECT column_name::text AS it FROM information_schema.columns \
                     WHERE table_schema = current_schema() AND table_name = '{table}'"
                )
            } else {
                format!("SELECT name AS it FROM pragma_table_info('{table}')")
            };
            let mut columns = self.select(&columns);
            columns.retain(|column| column != "id" && !column.ends_with("_at"));
            columns.sort();
            let values: Vec<String> = columns
                .iter()
                .map(|column| match column.strip_suffix("_id") {
                    // A row that belongs to another by its id belongs to it by its name here.
                    Some(of) => format!("(SELECT name FROM {of}s WHERE {of}s.id = {column})"),
                    None => format!("\"{column}\""),
                })
                .collect();
            let array = if postgres { "json_build_array" } else { "json_array" };
            let cast = if postgres { "::text" } else { "" };
            let query =
                format!("SELECT {array}({}){cast} AS it FROM \"{table}\"", values.join(", "));
            let mut rows = self.select(&query);
            rows.sort();
            for row in rows {
                let _ = writeln!(dump, "{table} {row}");
            }
        }
        dump
    }

    fn file(&self) -> Option<&str> {
        self.url.strip_prefix("sqlite:")
    }
}

/// An open session.
pub(crate) enum Held {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Held {
    /// Runs statements in it.
    pub(crate) fn sql(&mut self, statements: &str) {
        let done = match self {
            Self::Sqlite(session) => session.batch_execute(statements),
            Self::Postgres(session) => session.batch_execute(statements),
        };
        done.unwrap_or_else(|error| panic!("{statements}: {error}"));
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        if let Some((server, schema)) = &self.server {
            postgres(server, &format!("DROP SCHEMA {schema} CASCADE"));
        }
    }
}

fn sqlite(file: &str) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(file).expect("it can be opened");
    let pragmas = "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON";
    connection.batch_execute(pragmas).expect("right pragmas");
    connection
}

fn postgres(server: &str, statements: &str) {
    let statements = format!("SET client_min_messages = warning; {statements}");
    let mut connection = PgConnection::establish(server).expect("the server answers");
    connection.batch_execute(&statements).expect("the server allows it");
}
