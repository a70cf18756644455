//! Keeps the answers up to date: sees that the database changed, reads what did, and publishes it.
//!
//! One thread of its own, which no look-up waits for. The database says that it has changed:
//! PostgreSQL by a notification, SQLite by a counter in its file; and whatever it says, it is asked for
//! its revision four times a second. [`Watcher::reload`] makes that happen at once. What cannot be
//! served (a state that breaks a rule, a row that cannot be read, a database that is gone) is logged
//! once and told by [`Health`](crate::health::Health), and the last good picture is served on.

mod liveness;
mod step;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use jackfield_api::snapshot::Snapshot;
use tokio::sync::oneshot;

pub use self::liveness::Liveness;
pub use self::step::{Changes, Follower, Step};
use crate::app::App;
use crate::db::{Database, DbError, Distant, Mark, News};
use crate::fsapi::{Picture, Router};
use crate::health::Cause;

/// How often it is looked whether the database says that it has changed.
const TICK: Duration = Duration::from_millis(20);
/// How often the revision is asked for, whatever the database says.
const PERIOD: Duration = Duration::from_millis(250);
/// How often a database that is gone is asked for, at the least.
const LONGEST_PERIOD: Duration = Duration::from_secs(2);

/// How long after something large was freed the allocator is made to give it back: it does not
/// within the first second.
const GIVE_BACK_AFTER: Duration = Duration::from_millis(1500);

/// What a reload came to: the revision that is served, or why it is not the database's.
pub type Reloaded = Result<i64, String>;

/// What somebody wants of the thread.
#[derive(Debug)]
struct Ask {
    /// Where a database is that may be another one.
    mark: Option<Mark>,
    /// What the reload came to, and whether the mark is of the database that is served.
    answer: oneshot::Sender<(Reloaded, bool)>,
}

/// A way to the thread. It ends with the last of them.
#[derive(Debug, Clone)]
pub struct Watcher {
    asks: Arc<Sender<Ask>>,
}

/// A way to the thread that does not keep it running.
#[derive(Debug, Clone)]
pub struct Waker {
    asks: Weak<Sender<Ask>>,
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
    /// Starts to watch the database of a service, whose picture was read at this mark. Without one
    /// everything is read anew first.
    pub fn start(
        app: Arc<App>,
        mark: Option<Mark>,
        followers: Vec<Follower>,
    ) -> std::io::Result<Self> {
        let (asks, asked) = channel();
        let asks = Arc::new(asks);
        let waker = Waker { asks: Arc::downgrade(&asks) };
        app.router.serve_with(waker.clone());
        app.clerk.serve_with(waker);
        let watch = Watch {
            served: mark,
            refused: None,
            database: Distant::new(app.settings().database_url.clone()),
            is_lost: false,
            followers,
            replaced: Vec::new(),
            // Reading the first one took memory, too.
            freed: Some(Instant::now()),
            app,
        };
        watch.app.metrics.database_up.set(i64::from(watch.app.is_up_to_date()));
        std::thread::Builder::new().name("watch".to_owned()).spawn(move || watch.run(&asked))?;
        Ok(Self { asks })
    }

    /// Looks at once, and has what changed served before it answers.
    pub async fn reload(&self) -> Reloaded {
        self.reload_at(None).await.0
    }

    /// As [`Self::reload`], for whoever knows where a database is. Whether that is the one which is
    /// served, as far as is known: of one that is not at hand nothing is.
    pub async fn reload_at(&self, mark: Option<Mark>) -> (Reloaded, bool) {
        let (answer, answered) = oneshot::channel();
        if self.asks.send(Ask { mark, answer }).is_err() {
            return (Err(ended()), true);
        }
        answered.await.unwrap_or_else(|_| (Err(ended()), true))
    }
}

/// What the thread knows.
struct Watch {
    app: Arc<App>,
    database: Distant,
    /// Where what is served was read.
    served: Option<Mark>,
    /// What was read last and is not served, and why.
    refused: Option<(Mark, String)>,
    /// Whether the database was lost, which has been told.
    is_lost: bool,
    followers: Vec<Follower>,
    /// What was served before. Freeing a large picture takes long, so it is done here, once no
    /// look-up uses it any more.
    replaced: Vec<Arc<Picture>>,
    /// When something large was freed that the allocator may still keep.
    freed: Option<Instant>,
}

impl Watch {
    fn run(mut self, asked: &Receiver<Ask>) {
        let _end = Ending(Arc::clone(&self.app));
        let (mut period, mut looked) = (PERIOD, Instant::now());
        loop {
            self.app.liveness.beat();
            let mut waiting = match asked.recv_timeout(TICK) {
                Ok(first) => vec![first],
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            // Who asked before the database is read is answered by that one reading.
            waiting.extend(asked.try_iter());
            self.free();
            if waiting.is_empty() && looked.elapsed() < period && !self.stirs() {
                continue;
            }
            let done = self.look();
            looked = Instant::now();
            period = if self.database.is_open() { PERIOD } else { LONGEST_PERIOD.min(period * 2) };
            for Ask { mark, answer } in waiting {
                let is_ours = mark.is_none_or(|mark| self.is_ours(mark));
                // Who does not wait any more needs no answer.
                let _ = answer.send((done.clone(), is_ours));
            }
        }
    }

    /// Whether a mark is of the database that is served.
    fn is_ours(&mut self, mark: Mark) -> bool {
        if self.served.as_ref() == Some(&mark) || !self.database.is_open() {
            return true;
        }
        self.ask(move |database| database.has_been_at(&mark)).unwrap_or(true)
    }

    fn stirs(&mut self) -> bool {
        self.database.stirs(|| self.app.liveness.beat())
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
        self.app.metrics.database_up.set(i64::from(self.database.is_open()));
        let gone: &[Cause] = match &done {
            Ok(_) => &[Cause::Database, Cause::Data],
            Err(_) if self.is_lost => &[],
            Err(_) => &[Cause::Database],
        };
        let recovered = gone.iter().filter(|cause| self.app.health.recovered(**cause)).count() > 0;
        if let (Ok(revision), true) = (&done, recovered) {
            tracing::info!(revision, "the data are up to date again");
        }
        done
    }

    fn refresh(&mut self) -> Reloaded {
        let now = match self.now() {
            Ok(now) => now,
            // Not its revision, so that a repair is seen whatever it does.
            Err(error) if error.is_of_the_contents() => {
                let why = self.served_instead(None, &error.to_string());
                self.database.close();
                self.is_lost = false;
                return Err(why);
            }
            Err(error) => return Err(self.lost(&error)),
        };
        self.is_lost = false;
        if self.served.as_ref() == Some(&now) {
            self.refused = None;
            return Ok(now.revision);
        }
        if let Some((mark, why)) = &self.refused
            && *mark == now
        {
            return Err(why.clone());
        }
        self.read(now)
    }

    fn now(&mut self) -> Result<Mark, DbError> {
        let was_open = self.database.is_open();
        match self.ask(Database::mark) {
            Err(error @ (DbError::Silent { .. } | DbError::Deaf { .. })) => Err(error),
            // A connection that was cut says nothing of the database: another one may do at once.
            Err(error) if was_open && !error.is_of_the_contents() => {
                self.database.close();
                self.ask(Database::mark)
            }
            told => told,
        }
    }

    /// Asks the database. To wait for it is no standstill.
    fn ask<T: Send + 'static>(
        &mut self,
        question: impl FnOnce(&mut Database) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.database.ask(question, || self.app.liveness.beat())
    }

    /// Reads what is new, and publishes it.
    fn read(&mut self, asked: Mark) -> Reloaded {
        let started = Instant::now();
        let before = self.app.router.picture();
        let (picture, served) = (Arc::clone(&before), self.served.clone());
        let news = self.ask(move |database| read(database, &picture.snapshot, served.as_ref()));
        let (snapshot, mark, changes) = match news {
            Ok(None) => return Ok(asked.revision),
            Ok(Some(news)) => news,
            // Which may pass, as a lack of threads does: this state is read again.
            Err(error @ DbError::Panicked) => {
                return Err(self.served_instead(None, &error.to_string()));
            }
            // By the mark from before, so that a repair made meanwhile is read.
            Err(error) if error.is_of_the_contents() => {
                return Err(self.refuse(asked, &error.to_string()));
            }
            Err(error) => return Err(self.lost(&error)),
        };
        let whole = matches!(changes, Changes::Everything);
        if let Err(why) = publish(&self.app.router, snapshot) {
            return Err(self.refuse(mark, &why));
        }
        let (took, revision) = (started.elapsed(), mark.revision);
        self.app.metrics.snapshot_read.set(took.as_secs_f64());
        tracing::info!(revision, whole, duration_us = took.as_micros(), "serving");
        (self.served, self.refused) = (Some(mark.clone()), None);
        let after = self.app.router.picture();
        let step = Arc::new(Step { before: Arc::clone(&before), after, mark, changes });
        for follower in &mut self.followers {
            // One that panics follows no further; its panic has been logged.
            drop(catch_unwind(AssertUnwindSafe(|| follower(&step))));
        }
        self.replaced.push(before);
        Ok(revision)
    }

    fn refuse(&mut self, mark: Mark, why: &str) -> String {
        let why = self.served_instead(Some(mark.revision), why);
        self.refused = Some((mark, why.clone()));
        why
    }

    /// Tells, the first time, that this state of the database is not served.
    fn served_instead(&mut self, revision: Option<i64>, why: &str) -> String {
        let served = self.app.router.picture().snapshot.revision();
        let state =
            revision.map_or("the database".into(), |revision| format!("revision {revision}"));
        let why = format!("{state} is not served, revision {served} is: {why}");
        if self.app.health.degraded(Cause::Data, &why) {
            self.app.metrics.snapshot_rejected.inc();
            tracing::error!(served, "{why}");
        }
        why
    }

    fn lost(&mut self, error: &DbError) -> String {
        self.database.close();
        let why = format!("the database is not at hand: {error}");
        self.app.health.degraded(Cause::Database, &why);
        if !std::mem::replace(&mut self.is_lost, true) {
            tracing::error!("{why}; look-ups are answered from what was read last");
        }
        why
    }
}

/// Tells when the thread ends, by a panic as well.
struct Ending(Arc<App>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.liveness.ended();
    }
}

/// What is new, as a snapshot to be published; nothing, if nothing is.
fn read(
    database: &mut Database,
    before: &Snapshot,
    served: Option<&Mark>,
) -> Result<Option<(Snapshot, Mark, Changes)>, DbError> {
    let news = match served {
        Some(mark) => database.news(before, mark)?,
        None => database.load_marked().map(|(all, mark)| News::Everything(all.into(), mark))?,
    };
    Ok(match news {
        News::None => None,
        News::Changes(snapshot, mark, rows) => Some((*snapshot, mark, Changes::Rows(rows))),
        News::Everything(contents, mark) => {
            Some((Snapshot::new(*contents), mark, Changes::Everything))
        }
    })
}

/// Publishes what was read, or says which rule it breaks.
pub(crate) fn publish(router: &Router, snapshot: Snapshot) -> Result<(), String> {
    // Handlers compute keys from the data. One that panics must not end the watch.
    let published = catch_unwind(AssertUnwindSafe(|| router.publish(snapshot)));
    match published {
        Ok(Ok(())) => Ok(()),
        Ok(Err(conflicts)) => {
            let conflicts: Vec<_> = conflicts.iter().map(ToString::to_string).collect();
            Err(conflicts.join("; "))
        }
        Err(_) => Err("a handler panicked over it while it computed its keys".to_owned()),
    }
}
