//! The Store port: what look-ups and channel events have written.
//!
//! A PIN is changed rarely, so that has a connection of its own: one that was opened before may have
//! died since. Logins of clients have a thread (`lane`).

mod client;
mod lane;
mod pin;

use std::sync::Arc;
use std::time::{Duration, Instant};

use jackfield_api::{
    ClientLeave, ClientLogin, LoginDecision, LoginRefusal, NotWritten, Store, Storing, Write,
};

use self::lane::{Ask, Lane, Told};
use super::session::Session;
use super::{Database, DatabaseUrl, DbError};
use crate::logging::{Line, Lines};

/// Who changes tells of a PIN.
const PHONE: &str = "phone";
/// Who changes tells of connections that a switch does not have.
const SWITCH: &str = "switch";
/// What is left, once the database has given up, to take back what was begun.
const RESERVE: Duration = Duration::from_millis(50);

/// The way to write.
#[derive(Debug, Clone)]
pub struct Writer {
    url: DatabaseUrl,
    lane: Arc<Lane>,
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
        Self { url, lane: Arc::default() }
    }

    /// For somebody who waits until then. What is not written by then is not written later.
    pub fn within(&self, end: Instant) -> Within<'_> {
        Within { writer: self, end: end.checked_sub(RESERVE).unwrap_or(end) }
    }
}

impl Store for Within<'_> {
    fn write(&self, write: &Write) -> Result<(), NotWritten> {
        self.carry_out(write.what(), PHONE, |session| {
            let rows = match write {
                Write::Pin(change) => pin::change(session, change)?,
                _ => 0,
            };
            if rows == 1 { Ok(()) } else { Err(DbError::Changed) }
        })
    }

    fn login(&self, login: ClientLogin) -> Storing<'_, LoginDecision> {
        Box::pin(async move {
            match self.ask(Ask::Login(login.clone())).await? {
                Told::Login(decision) => {
                    if let LoginDecision::Refused(refusal) = decision {
                        tell_refused(&login, refusal);
                    }
                    Ok(decision)
                }
                Told::Left(_) => Err(NotWritten::Failed),
            }
        })
    }

    fn leave(&self, leave: ClientLeave) -> Storing<'_, bool> {
        Box::pin(async move {
            match self.ask(Ask::Leave(leave)).await? {
                Told::Left(was_it) => Ok(was_it),
                Told::Login(_) => Err(NotWritten::Failed),
            }
        })
    }
}

/// Whoever keeps order in a channel wants to know of it.
fn tell_refused(login: &ClientLogin, refusal: LoginRefusal) {
    static LINES: Lines = Lines::new();
    if let Some(Line { left_out }) = LINES.next() {
        let (client, why) = (login.name.to_string(), refusal.word());
        let (address, switch) = (login.address.escape_debug(), login.switch.escape_debug());
        tracing::info!(left_out, client, why, %address, %switch, "a client's login has to go");
    }
}

impl Within<'_> {
    /// Forgets connections that were made before this time and are not there any more; how many.
    pub fn forget(&self, gone: &[ClientLeave], before: i64) -> Result<usize, NotWritten> {
        self.carry_out("forget", SWITCH, |session| {
            let mut forgotten = 0;
            for gone in gone {
                forgotten += usize::from(client::forget(session, gone, before)?);
            }
            Ok(forgotten)
        })
    }

    async fn ask(&self, ask: Ask) -> Result<Told, NotWritten> {
        self.writer.lane.ask(&self.writer.url, ask, self.end).await
    }

    fn carry_out<T>(
        &self,
        what: &'static str,
        who: &str,
        work: impl FnOnce(&mut Session) -> Result<T, DbError>,
    ) -> Result<T, NotWritten> {
        static LINES: Lines = Lines::new();
        self.transact(who, work).map_err(|error| {
            let why = match error {
                DbError::Changed => NotWritten::Changed,
                _ if self.left().is_zero() => NotWritten::Late,
                _ => NotWritten::Failed,
            };
            if let Some(Line { left_out }) = LINES.next() {
                tracing::warn!(left_out, what, outcome = why.outcome(), %error, "not written");
            }
            why
        })
    }

    fn transact<T>(
        &self,
        who: &str,
        work: impl FnOnce(&mut Session) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let mut database = Database::open(&self.writer.url)?;
        // One millisecond: none would mean for ever.
        database.session.give_up_after(self.left().max(Duration::from_millis(1)))?;
        database.session.write(who, |session| {
            let done = work(session)?;
            if self.left().is_zero() { Err(DbError::Late) } else { Ok(done) }
        })
    }

    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}
