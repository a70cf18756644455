//! A database that may stop answering: it is asked on a thread that is left behind then.
//!
//! A driver waits for as long as the other end's kernel acknowledges what it sends, and a file for as
//! long as its disk does not answer. Nothing calls them back.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use diesel::connection::{Connection, InstrumentationEvent};

use super::url::Driver;
use super::{Database, DatabaseUrl, DbError};

/// How long an open one may take to answer a query. A question can be many queries.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to connect to a server: the driver tries one host after the other, each for as
/// long as the URL says.
const CONNECTING: Duration = Duration::from_mins(1);
/// How often who waits is told so.
const WAITING: Duration = Duration::from_secs(1);
/// So many threads that were left behind, each with a connection, are no reason to wait with another.
const FEW_LEFT: usize = 4;
/// How long another one waits behind these.
const PAUSE: Duration = Duration::from_mins(1);
/// More are not left: a server has room for about a hundred connections.
const MOST_LEFT: usize = 64;

/// A database, open or not.
pub struct Distant {
    url: DatabaseUrl,
    patience: Duration,
    pause: Duration,
    open: Option<Database>,
    thread: Option<Thread>,
    started: Instant,
    /// One for each thread, those that were left behind too.
    threads: Arc<()>,
}

/// Where questions are asked.
struct Thread {
    jobs: Sender<Job>,
    word: Arc<Word>,
}

type Job = Box<dyn FnOnce() + Send>;

/// What a thread and those who wait for it know of each other.
#[derive(Default)]
struct Word {
    /// How many queries have been answered since it connected, and one more; nothing while it does.
    answers: AtomicU64,
    /// Whether nobody waits for it any more.
    is_left: AtomicBool,
}

impl Distant {
    /// One that has not been opened.
    pub fn new(url: DatabaseUrl) -> Self {
        let (open, thread, threads) = (None, None, Arc::default());
        let (patience, pause, started) = (PATIENCE, PAUSE, Instant::now());
        Self { url, patience, pause, open, thread, started, threads }
    }

    /// Whether it is open, as far as is known.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Closes it, for which nobody waits. The next question opens it.
    pub fn close(&mut self) {
        if let (Some(database), Some(thread)) = (self.open.take(), &self.thread) {
            // It is dropped here where the thread is gone.
            let _ = thread.jobs.send(Box::new(move || drop(database)));
        }
    }

    /// Whether it says that it may have changed. One that fails to say is to be asked.
    pub fn stirs(&mut self, waits: impl FnMut()) -> bool {
        match (&mut self.open, self.url.driver()) {
            (None, _) => false,
            // What has come over the network is at hand.
            (Some(database), Driver::Postgres(_)) => database.stirs().unwrap_or(true),
            (Some(_), Driver::Sqlite(_)) => self.ask(Database::stirs, waits).unwrap_or(true),
        }
    }

    /// Has a question answered, of which `waits` is told each second. A database that gives no
    /// answer is closed.
    pub fn ask<T: Send + 'static>(
        &mut self,
        question: impl FnOnce(&mut Database) -> Result<T, DbError> + Send + 'static,
        mut waits: impl FnMut(),
    ) -> Result<T, DbError> {
        let thread = match self.thread.take() {
            Some(thread) => thread,
            None => self.start()?,
        };
        let (tell, told) = channel();
        let (open, url, word) = (self.open.take(), self.url.clone(), Arc::clone(&thread.word));
        let answered = move || {
            let mut database = match open {
                Some(database) => database,
                None => connect(&url, &word)?,
            };
            let answer = question(&mut database);
            Ok((database, answer))
        };
        let job = move || drop(tell.send(answered()));
        thread.jobs.send(Box::new(job)).map_err(|_| DbError::Panicked)?;
        let (mut last, mut since) = (0, Instant::now());
        let answered: Result<_, DbError> = loop {
            match told.recv_timeout(WAITING.min(self.patience)) {
                Ok(answered) => break answered,
                Err(RecvTimeoutError::Disconnected) => return Err(DbError::Panicked),
                Err(RecvTimeoutError::Timeout) => waits(),
            }
            let answers = thread.word.answers.load(Relaxed);
            if answers != last {
                (last, since) = (answers, Instant::now());
            }
            let connects = answers == 0 && matches!(self.url.driver(), Driver::Postgres(_));
            let within = if connects { CONNECTING } else { self.patience };
            if since.elapsed() >= within {
                thread.word.is_left.store(true, Relaxed);
                return Err(DbError::Silent { url: self.url.clone(), within });
            }
        };
        self.thread = Some(thread);
        let (database, answer) = answered?;
        self.open = Some(database);
        answer
    }

    fn start(&mut self) -> Result<Thread, DbError> {
        let left = Arc::strong_count(&self.threads) - 1;
        let waits = left >= FEW_LEFT && self.started.elapsed() < self.pause;
        if waits || left >= MOST_LEFT {
            return Err(DbError::Deaf { url: self.url.clone(), left, is_last: !waits });
        }
        self.started = Instant::now();
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
        Ok(Thread { jobs, word: Arc::default() })
    }
}

fn connect(url: &DatabaseUrl, word: &Arc<Word>) -> Result<Database, DbError> {
    word.answers.store(0, Relaxed);
    let mut database = Database::connect(url)?;
    word.answers.store(1, Relaxed);
    let word = Arc::clone(word);
    database.session.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if word.is_left.load(Relaxed) {
            // What is asked is many queries, and nobody waits for what they come to: the thread ends
            // here, with its transaction and all that it has read.
            resume_unwind(Box::new("left"));
        }
        if matches!(event, InstrumentationEvent::FinishQuery { .. }) {
            word.answers.fetch_add(1, Relaxed);
        }
    });
    database.session.prepare()?;
    database.listen()?;
    Ok(database)
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;

    /// What gives no answer while this is held.
    fn hangs(held: Weak<()>) -> impl FnOnce(&mut Database) -> Result<(), DbError> {
        move |_| {
            while held.strong_count() > 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        }
    }

    fn at_hand(folder: &tempfile::TempDir) -> Distant {
        let url = DatabaseUrl::sqlite(folder.path().join("jackfield.db"));
        Database::make(&url).and_then(|mut database| database.migrate()).expect("made");
        Distant::new(url)
    }

    /// Leaves so many threads behind that another one has to wait. Each has connected by then.
    fn leave(distant: &mut Distant, held: &Arc<()>) {
        distant.patience = Duration::from_millis(300);
        for _ in 0..FEW_LEFT {
            let mut waits = 0;
            let told = distant.ask(hangs(Arc::downgrade(held)), || waits += 1);
            assert!(matches!(told, Err(DbError::Silent { .. })), "{told:?}");
            assert!(waits > 0 && !distant.is_open());
        }
        distant.patience = PATIENCE;
    }

    #[test]
    fn one_that_gives_no_answer_is_left_and_opened_anew() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut distant = at_hand(&folder);
        let held = Arc::new(());
        leave(&mut distant, &held);
        let told = distant.ask(Database::revision, || ());
        assert!(
            matches!(told, Err(DbError::Deaf { left: FEW_LEFT, is_last: false, .. })),
            "{told:?}"
        );
        drop(held);
        while Arc::strong_count(&distant.threads) > 1 {
            std::thread::yield_now();
        }
        distant.ask(Database::revision, || ()).expect("an answer");
    }

    #[test]
    fn one_whose_first_connections_hang_for_ever_is_asked_again_after_a_pause() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut distant = at_hand(&folder);
        let held = Arc::new(());
        leave(&mut distant, &held);
        distant.pause = Duration::ZERO;
        distant.ask(Database::revision, || ()).expect("an answer");
        assert_eq!(Arc::strong_count(&distant.threads), FEW_LEFT + 2, "those still hang");
    }

    #[test]
    fn what_was_left_behind_asks_no_more() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut distant = at_hand(&folder);
        let (held, asked) = (Arc::new(()), Arc::new(AtomicU64::new(0)));
        let (hang, counts) = (hangs(Arc::downgrade(&held)), Arc::clone(&asked));
        distant.patience = Duration::from_millis(300);
        let told = distant.ask(
            move |database| {
                hang(database)?;
                for _ in 0..100 {
                    database.revision()?;
                    counts.fetch_add(1, Relaxed);
                }
                Ok(())
            },
            || (),
        );
        assert!(matches!(told, Err(DbError::Silent { .. })), "{told:?}");
        drop(held);
        while Arc::strong_count(&distant.threads) > 1 {
            std::thread::yield_now();
        }
        assert_eq!(asked.load(Relaxed), 0);
    }

    #[test]
    fn one_that_answers_query_by_query_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut distant = at_hand(&folder);
        distant.patience = Duration::from_millis(500);
        let slowly = |database: &mut Database| {
            (0..12).try_fold(0, |_, _| {
                std::thread::sleep(Duration::from_millis(50));
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
