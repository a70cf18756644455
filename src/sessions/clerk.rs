//! Gives sessions: has them written off the threads that serve sockets, and served before anybody is
//! told.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::time::timeout_at;

use super::pace::Pace;
use super::problem::Problem;
use crate::db::{Ask, DatabaseUrl, Given, NotGiven, give};
use crate::logging::{Line, Lines};
use crate::settings::Settings;
use crate::watch::Waker;

/// How long a page waits for its session, at the most.
const LONGEST: Duration = Duration::from_secs(3);
/// How many are written at once, each with a thread and a connection of its own; writers pass one
/// after the other anyway. A database that hangs keeps no more of them.
const WRITERS: usize = 8;

/// Whoever gives sessions.
pub struct Clerk {
    pub(super) pace: Pace,
    database: DatabaseUrl,
    places: Arc<Semaphore>,
    waker: OnceLock<Waker>,
}

impl Clerk {
    /// One that writes into the database of these settings.
    pub fn new(settings: &Settings) -> Self {
        Self {
            pace: Pace::new(settings.verto.asks_per_minute),
            database: settings.database_url.clone(),
            places: Arc::new(Semaphore::new(WRITERS)),
            waker: OnceLock::new(),
        }
    }

    /// From now on what is written is served before it is told.
    pub fn serve_with(&self, waker: Waker) {
        // A second watch of one service would read the same.
        let _ = self.waker.set(waker);
    }

    pub(super) async fn give(&self, ask: Ask) -> Result<Given, Problem> {
        let end = Instant::now() + LONGEST;
        let given = self.write(ask, end).await?;
        let waker = self.waker.get().ok_or(Problem::Unavailable)?;
        match timeout_at(end.into(), waker.reload()).await {
            Ok(Ok(_)) => Ok(given),
            // A login would be refused, so a password is no help.
            Ok(Err(why)) => Err(failed("written and not served", &why)),
            Err(_) => Err(failed("written and not served", "it took too long")),
        }
    }

    async fn write(&self, ask: Ask, end: Instant) -> Result<Given, Problem> {
        const NOT_WRITTEN: &str = "not written";
        let late = |_| failed(NOT_WRITTEN, "it took too long");
        let place = timeout_at(end.into(), Arc::clone(&self.places).acquire_owned());
        let place = place.await.map_err(late)?.expect("never closed");
        let database = self.database.clone();
        let writing = tokio::task::spawn_blocking(move || {
            let given = give(&database, &ask, end);
            drop(place);
            given
        });
        match timeout_at(end.into(), writing).await.map_err(late)? {
            Ok(Ok(given)) => Ok(given),
            Ok(Err(NotGiven::Database(error))) => Err(failed(NOT_WRITTEN, &error.to_string())),
            Ok(Err(why)) => Err((&why).into()),
            Err(_) => Err(failed(NOT_WRITTEN, "it panicked")),
        }
    }
}

fn failed(what: &str, why: &str) -> Problem {
    static LINES: Lines = Lines::new();
    if let Some(Line { left_out }) = LINES.next() {
        tracing::warn!(left_out, why, "a session was {what}");
    }
    Problem::Unavailable
}
