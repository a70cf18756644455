//! The Store port: what look-ups and channel events have written.
//!
//! Rare, so each write has a connection of its own: one that was opened before may have died since.

use std::time::{Duration, Instant};

use diesel::prelude::*;
use jackfield_api::{NotWritten, PinChange, Store, Write};

use super::schema::{domains, users};
use super::session::Session;
use super::{Database, DatabaseUrl, DbError};
use crate::secret::voicemail_hash;

/// Who changes tells of it.
const WHO: &str = "phone";
/// What is left, once the database has given up, to take back what was begun.
const RESERVE: Duration = Duration::from_millis(50);

/// The way to write.
#[derive(Debug, Clone)]
pub struct Writer {
    url: DatabaseUrl,
}

/// The way to write for a look-up that ends at some time.
#[derive(Debug)]
pub struct Within<'a> {
    writer: &'a Writer,
    end: Instant,
}

impl Writer {
    /// Into this database, which need not be there yet.
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url }
    }

    /// For somebody who waits until then. What is not written by then is not written later.
    pub fn within(&self, end: Instant) -> Within<'_> {
        Within { writer: self, end: end.checked_sub(RESERVE).unwrap_or(end) }
    }
}

impl Store for Within<'_> {
    fn write(&self, write: &Write) -> Result<(), NotWritten> {
        let done = self.carry_out(write);
        done.map_err(|error| {
            let why = match error {
                DbError::Changed => NotWritten::Changed,
                _ if self.left().is_zero() => NotWritten::Late,
                _ => NotWritten::Failed,
            };
            let (what, outcome) = (write.what(), why.outcome());
            tracing::warn!(what, outcome, %error, "not written");
            why
        })
    }
}

impl Within<'_> {
    fn carry_out(&self, write: &Write) -> Result<(), DbError> {
        let mut database = Database::open(&self.writer.url)?;
        // One millisecond: none would mean for ever.
        database.session.give_up_after(self.left().max(Duration::from_millis(1)))?;
        let written = database.session.write(WHO, |session| {
            let rows = match write {
                Write::Pin(change) => pin(session, change)?,
                _ => 0,
            };
            match rows {
                1 if self.left().is_zero() => Err(DbError::Late),
                1 => Ok(()),
                _ => Err(DbError::Changed),
            }
        });
        written.map(drop)
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

fn pin(c: &mut Session, change: &PinChange) -> QueryResult<usize> {
    let hash = voicemail_hash(&change.user, &change.domain, change.pin.digits());
    let domain = domains::table.filter(domains::name.eq(&change.domain)).select(domains::id);
    let user = diesel::update(users::table)
        .filter(users::domain_id.eq_any(domain))
        .filter(users::name.eq(&change.user))
        .filter(users::enabled.eq(true));
    let to = users::voicemail_hash.eq(hash);
    match &change.was {
        Some(was) => user.filter(users::voicemail_hash.eq(was)).set(to).execute(c),
        None => user.filter(users::voicemail_hash.is_null()).set(to).execute(c),
    }
}
