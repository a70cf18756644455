//! Keeps the answers up to date: sees that the database changed, reads it, and publishes it.
//!
//! One thread of its own, which no look-up waits for. It asks for the revision four times a second;
//! [`Watcher::reload`] makes it ask at once. What cannot be served (a state that breaks a rule, a
//! row that cannot be read, a database that is gone) is logged once and told by [`Liveness`], and
//! the last good picture is served on.

mod liveness;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jackfield_api::snapshot::{Contents, Snapshot};
use tokio::sync::oneshot;

pub use self::liveness::Liveness;
use crate::app::App;
use crate::db::{Database, DbError};
use crate::fsapi::{Picture, Router};

/// How often the revision is asked for.
const PERIOD: Duration = Duration::from_millis(250);
/// How often a database that is gone is asked for, at the least.
const LONGEST_PERIOD: Duration = Duration::from_secs(2);

/// How long after something large was freed the allocator is made to give it back: it does not
/// within the first second.
const GIVE_BACK_AFTER: Duration = Duration::from_millis(1500);

/// What a reload came to: the revision that is served, or why it is not the database's.
pub type Reloaded = Result<i64, String>;

/// A way to the thread. It ends with the last of them.
#[derive(Debug, Clone)]
pub struct Watcher {
    asks: Arc<Sender<oneshot::Sender<Reloaded>>>,
}

/// A way to the thread that does not keep it running.
#[derive(Debug, Clone)]
pub struct Waker {
    asks: Weak<Sender<oneshot::Sender<Reloaded>>>,
}

impl Waker {
    /// As [`Watcher::reload`].
    pub async fn reload(&self) -> Reloaded {
        match self.asks.upgrade() {
            Some(asks) => Watcher { asks }.reload().await,
            None => Err(ended()),
        }
    }
}

fn ended() -> String {
    "the service is stopping".to_owned()
}

impl Watcher {
    /// Starts to watch the database of a service.
    pub fn start(app: Arc<App>) -> std::io::Result<Self> {
        let (asks, asked) = channel();
        let asks = Arc::new(asks);
        app.router.serve_with(Waker { asks: Arc::downgrade(&asks) });
        let watch = Watch {
            seen: app.router.picture().snapshot.revision(),
            refused: None,
            database: None,
            was_lost: false,
            replaced: Vec::new(),
            // Reading the first one took memory, too.
            freed: Some(Instant::now()),
            app,
        };
        watch.app.metrics.database_up.set(1);
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || watch.run(&asked))?;
        Ok(Self { asks })
    }

    /// Looks at once, and has what changed served before it answers.
    pub async fn reload(&self) -> Reloaded {
        let (answer, answered) = oneshot::channel();
        self.asks.send(answer).map_err(|_| ended())?;
        answered.await.map_err(|_| ended())?
    }
}

/// What the thread knows.
struct Watch {
    app: Arc<App>,
    database: Option<Database>,
    /// The revision that was read last, served or refused.
    seen: i64,
    /// Why that one is refused.
    refused: Option<String>,
    /// Whether the database was lost: another one may have taken its place.
    was_lost: bool,
    /// What was served before. Freeing a large picture takes long, so it is done here, once no
    /// look-up uses it any more.
    replaced: Vec<Arc<Picture>>,
    /// When something large was freed that the allocator may still keep.
    freed: Option<Instant>,
}

impl Watch {
    fn run(mut self, asked: &Receiver<oneshot::Sender<Reloaded>>) {
        let mut period = PERIOD;
        loop {
            let mut waiting = match asked.recv_timeout(period) {
                Ok(first) => vec![first],
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Who asked before the database is read is answered by that one reading.
            waiting.extend(asked.try_iter());
            let done = self.look();
            period = if self.database.is_some() { PERIOD } else { LONGEST_PERIOD.min(period * 2) };
            for waiting in waiting {
                // Who does not wait any more needs no answer.
                let _ = waiting.send(done.clone());
            }
            self.free();
        }
    }

    /// Frees what no look-up uses any more.
    fn free(&mut self) {
        let before = self.replaced.len();
        self.replaced.retain(|picture| Arc::strong_count(picture) > 1);
        if self.replaced.len() < before {
            self.freed = Some(Instant::now());
        }
        if self.freed.is_some_and(|freed| freed.elapsed() > GIVE_BACK_AFTER) {
            self.freed = None;
            // mimalloc gives memory back to the system only while it frees a whole page of its own,
            // and those of a picture were freed by another thread than had them. So here is one; it
            // is never touched.
            drop(std::hint::black_box(Vec::<u8>::with_capacity(64 << 20)));
        }
    }

    /// Looks once, and publishes what changed.
    fn look(&mut self) -> Reloaded {
        let done = self.refresh();
        self.app.liveness.answered();
        self.app.metrics.database_up.set(i64::from(self.database.is_some()));
        if let Err(why) = &done {
            self.app.liveness.degraded(why);
        } else if self.app.liveness.recovered() {
            tracing::info!(revision = self.seen, "the data are up to date again");
        }
        done
    }

    fn refresh(&mut self) -> Reloaded {
        match self.revision() {
            Ok(revision) if revision == self.seen && !self.was_lost => {
                self.refused.clone().map_or(Ok(revision), Err)
            }
            Ok(revision) => self.read(revision),
            Err(error) => Err(self.lost(&error)),
        }
    }

    fn revision(&mut self) -> Result<i64, DbError> {
        self.app.liveness.asked();
        let database = match &mut self.database {
            Some(database) => database,
            None => self.database.insert(Database::open(&self.app.settings.database_url)?),
        };
        database.revision()
    }

    /// Reads everything, and publishes it.
    fn read(&mut self, asked: i64) -> Reloaded {
        let started = Instant::now();
        let Some(database) = &mut self.database else { return Err("not open".to_owned()) };
        let contents = match database.load() {
            Ok(contents) => contents,
            // By the revision from before, so that a repair made meanwhile is read.
            Err(error) if error.is_of_the_contents() => {
                return Err(self.refuse(asked, &error.to_string()));
            }
            Err(error) => return Err(self.lost(&error)),
        };
        let revision = contents.revision;
        let replaced = self.app.router.picture();
        if let Err(why) = publish(&self.app.router, contents) {
            return Err(self.refuse(revision, &why));
        }
        let took = started.elapsed();
        self.app.metrics.snapshot_read.set(took.as_secs_f64());
        tracing::info!(revision, duration_ms = took.as_millis(), "serving");
        (self.seen, self.refused, self.was_lost) = (revision, None, false);
        self.replaced.push(replaced);
        Ok(revision)
    }

    fn refuse(&mut self, revision: i64, why: &str) -> String {
        self.app.metrics.snapshot_rejected.inc();
        let served = self.app.router.picture().snapshot.revision();
        let why = format!("revision {revision} is not served, revision {served} is: {why}");
        tracing::error!(revision, served, "{why}");
        (self.seen, self.refused, self.was_lost) = (revision, Some(why.clone()), false);
        why
    }

    fn lost(&mut self, error: &DbError) -> String {
        self.database = None;
        let why = format!("the database is not at hand: {error}");
        if !std::mem::replace(&mut self.was_lost, true) {
            tracing::error!("{why}; look-ups are answered from what was read last");
        }
        why
    }
}

/// Publishes what was read, or says which rule it breaks.
fn publish(router: &Router, contents: Contents) -> Result<(), String> {
    // Handlers compute keys from the data. One that panics must not end the watch.
    let published = catch_unwind(AssertUnwindSafe(|| router.publish(Snapshot::new(contents))));
    match published {
        Ok(Ok(())) => Ok(()),
        Ok(Err(conflicts)) => {
            let conflicts: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
            Err(conflicts.join("; "))
        }
        Err(_) => Err("a handler panicked over it while it computed its keys".to_owned()),
    }
}
