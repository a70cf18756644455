//! A database that may stop answering: it is asked on a thread that is left behind then.
//!
//! A driver waits for as long as the other end's kernel acknowledges what it sends, and nothing calls it back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use diesel::connection::{Connection, InstrumentationEvent};

use super::{Database, DatabaseUrl, DbError};

/// How long nothing may come from an open one. A question can be many queries, and each answer counts.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to open it: the driver tries one server after the other, each for as long as
/// the URL says.
const OPENING: Duration = Duration::from_mins(1);
/// How often who waits is told so.
const WAITING: Duration = Duration::from_secs(1);
/// How many threads may wait for what will not come, each with a connection.
const MOST_LEFT: usize = 4;

/// A database, open or not.
pub struct Distant {
    url: DatabaseUrl,
    patience: Duration,
    open: Option<Database>,
    thread: Option<Thread>,
    /// One for each thread, those that were left behind too.
    threads: Arc<()>,
}

/// Where questions are asked.
struct Thread {
    jobs: Sender<Job>,
    heard: Heard,
}

type Job = Box<dyn FnOnce() + Send>;

/// How often something has come from the database since it was opened: nothing while that is done.
type Heard = Arc<AtomicU64>;

impl Distant {
    /// One that has not been opened.
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, patience: PATIENCE, open: None, thread: None, threads: Arc::default() }
    }

    /// Whether it is open, as far as is known.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Closes it. The next question opens it.
    pub fn close(&mut self) {
        self.open = None;
    }

    /// Whether it says that it has changed, without being asked. One that fails to say is to be asked.
    pub fn stirs(&mut self) -> bool {
        self.open.as_mut().is_some_and(|database| database.stirs().unwrap_or(true))
    }

    /// Has a question answered, of which `waits` is told each second. A database that gives no
    /// answer is closed.
    pub fn ask<T: Send + 'static>(
        &mut self,
        question: impl FnOnce(&mut Database) -> Result<T, DbError> + Send + 'static,
        waits: impl FnMut(),
    ) -> Result<T, DbError> {
        let (open, url) = (self.open.take(), self.url.clone());
        let answered = self.aside(waits, move |heard| -> Result<_, DbError> {
            let mut database = match open {
                Some(database) => database,
                None => open_anew(&url, heard)?,
            };
            let answer = question(&mut database);
            Ok((database, answer))
        });
        let (database, answer) = answered??;
        self.open = Some(database);
        answer
    }

    /// Does something on the thread.
    fn aside<T: Send + 'static>(
        &mut self,
        mut waits: impl FnMut(),
        work: impl FnOnce(Heard) -> T + Send + 'static,
    ) -> Result<T, DbError> {
        let thread = match self.thread.take() {
            Some(thread) => thread,
            None => self.start()?,
        };
        let (tell, told) = channel();
        let heard = Arc::clone(&thread.heard);
        let job = move || drop(tell.send(work(heard)));
        thread.jobs.send(Box::new(job)).map_err(|_| DbError::Panicked)?;
        let (mut last, mut since) = (0, Instant::now());
        loop {
            match told.recv_timeout(WAITING.min(self.patience)) {
                Ok(done) => {
                    self.thread = Some(thread);
                    return Ok(done);
                }
                Err(RecvTimeoutError::Disconnected) => return Err(DbError::Panicked),
                Err(RecvTimeoutError::Timeout) => waits(),
            }
            let heard = thread.heard.load(Relaxed);
            if heard != last {
                (last, since) = (heard, Instant::now());
            }
            let within = if heard == 0 { OPENING } else { self.patience };
            if since.elapsed() >= within {
                return Err(self.silent());
            }
        }
    }

    fn start(&self) -> Result<Thread, DbError> {
        if Arc::strong_count(&self.threads) > MOST_LEFT {
            return Err(self.silent());
        }
        let token = Arc::clone(&self.threads);
        let (jobs, asked) = channel::<Job>();
        let work = move || {
            for job in asked {
                job();
            }
            drop(token);
        };
        let thread = std::thread::Builder::new().name("database".to_owned());
        thread.spawn(work).map_err(DbError::Thread)?;
        Ok(Thread { jobs, heard: Heard::default() })
    }

    fn silent(&self) -> DbError {
        DbError::Silent { url: self.url.clone(), within: self.patience }
    }
}

fn open_anew(url: &DatabaseUrl, heard: Heard) -> Result<Database, DbError> {
    heard.store(0, Relaxed);
    let mut database = Database::watch(url)?;
    heard.store(1, Relaxed);
    database.session.set_instrumentation(move |_: InstrumentationEvent<'_>| {
        heard.fetch_add(1, Relaxed);
    });
    Ok(database)
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;

    fn at_hand(folder: &tempfile::TempDir) -> Distant {
        let url = DatabaseUrl::sqlite(folder.path().join("jackfield.db"));
        Database::make(&url).and_then(|mut database| database.migrate()).expect("made");
        Distant { patience: Duration::from_millis(50), ..Distant::new(url) }
    }

    fn hangs(held: Weak<()>) -> impl FnOnce(&mut Database) -> Result<(), DbError> {
        move |_| {
            while held.strong_count() > 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        }
    }

    #[test]
    fn one_that_gives_no_answer_is_left_and_opened_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut distant = at_hand(&folder);
        let revision = distant.ask(Database::revision, || ()).expect("an answer");
        let hold = Arc::new(());
        for _ in 0..MOST_LEFT {
            let mut waits = 0;
            let told = distant.ask(hangs(Arc::downgrade(&hold)), || waits += 1);
            assert!(matches!(told, Err(DbError::Silent { .. })), "{told:?}");
            assert!(waits > 0 && !distant.is_open());
        }
        // Too many hang: no more are asked.
        let told = distant.ask(|_| Ok(()), || ());
        assert!(matches!(told, Err(DbError::Silent { .. })), "{told:?}");
        drop(hold);
        while Arc::strong_count(&distant.threads) > 1 {
            std::thread::yield_now();
        }
        assert_eq!(distant.ask(Database::revision, || ()).expect("an answer"), revision);
    }

    #[test]
    fn one_that_answers_query_by_query_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut distant = at_hand(&folder);
        let slowly = |database: &mut Database| {
            (0..20).try_fold(0, |_, _| {
                std::thread::sleep(Duration::from_millis(10));
                database.revision()
            })
        };
        distant.ask(slowly, || ()).expect("it answers all the time");
    }

    #[test]
    fn a_panic_is_told_and_ends_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut distant = at_hand(&folder);
        let told = distant.ask(|_| -> Result<(), _> { panic!("of a test") }, || ());
        assert!(matches!(told, Err(DbError::Panicked)), "{told:?}");
        distant.ask(Database::revision, || ()).expect("an answer");
    }
}
