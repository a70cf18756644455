//! Storage: the one place that knows a database.
//!
//! No look-up ever comes here. A [`Database`] is opened, brought up to date and read into a
//! [`Contents`]; the service answers from that. SQLite and PostgreSQL are both built in; the URL
//! says which. Each change, one by plain SQL too, raises the revision and is kept, by triggers.

mod changes;
mod distant;
mod error;
mod expected;
mod load;
mod mark;
mod merge;
mod migrations;
mod news;
pub(crate) mod nouns;
mod prune;
mod schema;
mod session;
mod tables;
mod url;
mod writer;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

use diesel::prelude::*;
use jackfield_api::snapshot::{Contents, Snapshot};

pub use self::changes::Change;
pub use self::distant::Distant;
pub use self::error::DbError;
pub(crate) use self::expected::{Ask, Given, NotGiven, give};
pub use self::mark::Mark;
pub use self::merge::{Met, Tally};
pub use self::news::{ChangedRow, News};
pub(crate) use self::session::Session;
pub use self::url::DatabaseUrl;
use self::url::Driver;
pub(crate) use self::url::shown_start;
pub use self::writer::Writer;

/// An open database.
pub struct Database {
    url: DatabaseUrl,
    /// Of a SQLite file: which one it is.
    file: Option<(u64, u64)>,
    /// Whether its version has been looked at.
    is_checked: bool,
    /// What it said when it was asked last whether it stirs.
    sign: i64,
    session: Session,
}

impl Database {
    /// Opens it; a SQLite file that is not there is made, for its owner alone: a hash is as good as
    /// the password. SQLite gives the files beside it the same mode.
    pub fn make(url: &DatabaseUrl) -> Result<Self, DbError> {
        if let Driver::Sqlite(file) = url.driver() {
            OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(file)
                .map_err(|source| DbError::Make { url: url.clone(), source })?;
        }
        Self::open(url)
    }

    /// Opens one that is there.
    pub fn open(url: &DatabaseUrl) -> Result<Self, DbError> {
        let mut database = Self::connect(url)?;
        database.session.prepare()?;
        Ok(database)
    }

    fn connect(url: &DatabaseUrl) -> Result<Self, DbError> {
        let file = match url.driver() {
            Driver::Sqlite(file) => match session::identity(file) {
                None => return Err(DbError::Absent { url: url.clone() }),
                identity => identity,
            },
            Driver::Postgres(_) => None,
        };
        Ok(Self::over(url.clone(), file, session::connect(url)?))
    }

    fn over(url: DatabaseUrl, file: Option<(u64, u64)>, session: Session) -> Self {
        Self { url, file, is_checked: false, sign: 0, session }
    }

    /// Runs the migrations that it lacks and names them.
    pub fn migrate(&mut self) -> Result<Vec<String>, DbError> {
        migrations::run(&mut self.session).map_err(|error| self.not_migrated(&*error))
    }

    /// Takes all migrations back: every table is gone.
    pub fn revert(&mut self) -> Result<(), DbError> {
        migrations::revert(&mut self.session).map_err(|error| self.not_migrated(&*error))
    }

    /// Reads everything, in one transaction. A database that lacks migrations is refused.
    pub fn load(&mut self) -> Result<Contents, DbError> {
        self.load_marked().map(|(contents, _)| contents)
    }

    /// Reads everything as [`Database::load`] does, and says where in its history that was.
    pub fn load_marked(&mut self) -> Result<(Contents, Mark), DbError> {
        self.check_version()?;
        self.session.read(news::everything)
    }

    /// From now on it tells when it [stirs](Self::stirs).
    pub fn listen(&mut self) -> Result<(), DbError> {
        Ok(self.session.listen()?)
    }

    /// The revision that it is at.
    pub fn revision(&mut self) -> Result<i64, DbError> {
        self.check_identity()?;
        let revision = schema::revision::table.select(schema::revision::value);
        Ok(revision.first(&mut self.session)?)
    }

    /// Where it is now: a service that serves another mark has to read what is new. A database that
    /// lacks migrations is refused.
    pub fn mark(&mut self) -> Result<Mark, DbError> {
        self.check_identity()?;
        if !self.is_checked {
            self.check_version()?;
            self.is_checked = true;
        }
        self.session.read(Mark::read)
    }

    /// Whether it is at this mark, or has been: then it is the database that the mark was read in.
    pub fn has_been_at(&mut self, mark: &Mark) -> Result<bool, DbError> {
        self.check_identity()?;
        self.session.read(|c| mark.is_of(c))
    }

    /// Whether it says that it may have changed since it was asked this last. It may not say so, and
    /// not be there any more.
    pub fn stirs(&mut self) -> Result<bool, DbError> {
        self.check_identity()?;
        let sign = self.session.sign(self.sign)?;
        Ok(std::mem::replace(&mut self.sign, sign) != sign)
    }

    /// What is new to a snapshot that was read at this mark, in one transaction.
    pub fn news(&mut self, served: &Snapshot, mark: &Mark) -> Result<News, DbError> {
        self.session.read(|session| news::news(session, served, mark))
    }

    /// Reads in one transaction, which sees one revision.
    pub(crate) fn read<T, E: From<DbError>>(
        &mut self,
        read: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.check_version()?;
        self.session.read(read)
    }

    /// Writes in one transaction, which is one revision; `who` is told by [`Database::changes`]. An
    /// error takes all of it back.
    pub(crate) fn write<T, E: From<DbError>>(
        &mut self,
        who: &str,
        write: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.check_version()?;
        self.session.write(who, write)
    }

    /// The first changes after a revision, or else the last ones; the oldest first.
    pub fn changes(&mut self, since: Option<i64>, limit: u32) -> Result<Vec<Change>, DbError> {
        self.check_version()?;
        changes::list(&mut self.session, since, limit.into())
    }

    /// Takes some of what machines noted out of the history of changes, if no reader needs it any more;
    /// how many. There may be more.
    pub fn prune(&mut self) -> Result<usize, DbError> {
        self.check_version()?;
        let passed = self.session.read(prune::passed)?;
        if passed.is_empty() {
            return Ok(0);
        }
        self.session.write("prune", |session| prune::delete(session, &passed))
    }

    fn check_identity(&self) -> Result<(), DbError> {
        match self.url.driver() {
            Driver::Sqlite(file) if session::identity(file) != self.file => {
                Err(DbError::Absent { url: self.url.clone() })
            }
            _ => Ok(()),
        }
    }

    fn check_version(&mut self) -> Result<(), DbError> {
        let pending = migrations::pending(&mut self.session);
        match pending.map_err(|error| self.not_migrated(&*error))? {
            0 => Ok(()),
            pending => Err(DbError::Outdated { url: self.url.clone(), pending }),
        }
    }

    fn not_migrated(&self, error: &(dyn std::error::Error + Send + Sync)) -> DbError {
        let message = self.url.redact(&error.to_string());
        DbError::Migrate { url: self.url.clone(), message }
    }
}
