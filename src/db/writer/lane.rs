//! Logins and their ends are written by a thread of their own, as many in one transaction as have come
//! in the meantime: after a switch was started anew all its clients come at once, and a transaction for
//! each would take longer than their hooks wait.
//!
//! A transaction ends once half of the time is used that whoever waits shortest had left, and what has
//! come besides is for the next one: on a slow database as many are written as there is time for.
//!
//! The connection stays open while there is something to write, and a moment longer. What is not written
//! by the time that somebody waits for it is not written; a thread whose database says nothing is left
//! behind, as in `distant`. Whoever has gone leaves what was asked in the queue, so that is bounded: a
//! database that hangs takes no memory.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jackfield_api::{ClientLeave, ClientLogin, LoginDecision, NotWritten};

use tokio::sync::oneshot;
use tracing::Span;

use super::super::session::Session;
use super::super::{Database, DatabaseUrl, DbError};
use super::client;
use crate::clock;
use crate::logging::{Line, Lines};

/// Who changes tells of it.
const WHO: &str = "verto";
/// How long a connection stays open that nobody uses: it may die meanwhile.
const IDLE: Duration = Duration::from_secs(2);
/// How many are written at once, at most: they hold up every other writer.
const MOST: usize = 256;
/// How many wait for that, at most: more than come while a transaction takes as long as anybody waits.
const WAITING: usize = 4096;
/// How long one transaction may take before its thread is given up.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many threads may be left behind.
const LEFT_BEHIND: usize = 4;
/// Who has less than this part of its time left is not tried any more where others wait.
const LEAST: u32 = 10;

/// The way to the thread, which is started when it is needed.
#[derive(Debug, Default)]
pub(super) struct Lane {
    running: Mutex<Option<Running>>,
    /// Each thread that has not ended has one, too.
    threads: Arc<()>,
}

#[derive(Debug)]
struct Running {
    jobs: SyncSender<Job>,
    /// Since when it has been at one transaction.
    busy: Arc<Mutex<Option<Instant>>>,
}

/// What is to be written.
#[derive(Debug)]
pub(super) enum Ask {
    Login(ClientLogin),
    Leave(ClientLeave),
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Told {
    Login(LoginDecision),
    Left(bool),
}

#[derive(Debug)]
struct Job {
    ask: Ask,
    begin: Instant,
    end: Instant,
    tell: oneshot::Sender<Result<Told, NotWritten>>,
    /// Of whoever asked: what is logged of it stands in that.
    span: Span,
}

impl Job {
    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    fn is_late(&self) -> bool {
        self.left().is_zero()
    }

    /// Whether so little is left that there is hardly any hope. If such a one were tried, the others
    /// behind it would become late meanwhile, each in its turn.
    fn is_nearly_late(&self) -> bool {
        self.left() < self.end.saturating_duration_since(self.begin) / LEAST
    }

    /// Whoever has gone needs no answer.
    fn tell(self, told: Result<Told, NotWritten>) {
        let _ = self.tell.send(told);
    }

    fn carry_out(&self, session: &mut Session, now: i64) -> Result<Told, DbError> {
        match &self.ask {
            Ask::Login(login) => client::login(session, login, now).map(Told::Login),
            Ask::Leave(leave) => client::leave(session, leave).map(Told::Left),
        }
    }
}

impl Lane {
    /// Has something written by then, or not at all.
    pub(super) async fn ask(
        &self,
        url: &DatabaseUrl,
        ask: Ask,
        end: Instant,
    ) -> Result<Told, NotWritten> {
        let (tell, told) = oneshot::channel();
        self.give(url, Job { ask, begin: Instant::now(), end, tell, span: Span::current() })?;
        told.await.unwrap_or(Err(NotWritten::Failed))
    }

    fn give(&self, url: &DatabaseUrl, job: Job) -> Result<(), NotWritten> {
        let mut running = locked(&self.running);
        let is_stuck = |running: &Running| {
            let busy = locked(&running.busy).is_some_and(|since| since.elapsed() > PATIENCE);
            busy && self.threads() <= LEFT_BEHIND
        };
        if running.as_ref().is_none_or(is_stuck) {
            let started = Running::start(url.clone(), Arc::clone(&self.threads));
            *running = Some(started.map_err(|error| {
                tracing::error!(%error, "no thread can be started that writes logins");
                NotWritten::Failed
            })?);
        }
        let Some(Running { jobs, .. }) = running.as_ref() else { return Err(NotWritten::Failed) };
        match jobs.try_send(job) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                tell_late();
                Err(NotWritten::Late)
            }
            // It has panicked; the next one is another.
            Err(TrySendError::Disconnected(_)) => {
                *running = None;
                Err(NotWritten::Failed)
            }
        }
    }

    /// How many there are, with those that were left behind.
    fn threads(&self) -> usize {
        Arc::strong_count(&self.threads) - 1
    }
}

fn tell_late() {
    static LINES: Lines = Lines::new();
    if let Some(Line { left_out }) = LINES.next() {
        tracing::warn!(left_out, outcome = "late", "not written: a login, or its end");
    }
}

/// Whom nothing can be done for.
fn dismiss(jobs: &mut Vec<Job>) {
    let is_crowded = jobs.len() > 1;
    let hopeless = |job: &mut Job| job.is_late() || (is_crowded && job.is_nearly_late());
    for job in jobs.extract_if(.., hopeless) {
        job.span.in_scope(tell_late);
        job.tell(Err(NotWritten::Late));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Running {
    fn start(url: DatabaseUrl, token: Arc<()>) -> std::io::Result<Self> {
        let (jobs, given) = sync_channel(WAITING);
        let busy = Arc::default();
        let mut lane = Writing { url, database: None, busy: Arc::clone(&busy) };
        let run = move || {
            lane.run(&given);
            drop(token);
        };
        std::thread::Builder::new().name("logins".to_owned()).spawn(run)?;
        Ok(Self { jobs, busy })
    }
}

/// What the thread knows.
struct Writing {
    url: DatabaseUrl,
    database: Option<Database>,
    busy: Arc<Mutex<Option<Instant>>>,
}

impl Writing {
    fn run(&mut self, given: &Receiver<Job>) {
        let mut jobs = Vec::new();
        loop {
            if jobs.is_empty() {
                let first = match &self.database {
                    None => given.recv().map_err(|_| RecvTimeoutError::Disconnected),
                    Some(_) => given.recv_timeout(IDLE),
                };
                match first {
                    Ok(first) => jobs.push(first),
                    Err(RecvTimeoutError::Timeout) => {
                        self.database = None;
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            jobs.extend(given.try_iter().take(MOST - jobs.len()));
            *locked(&self.busy) = Some(Instant::now());
            self.write(&mut jobs);
            *locked(&self.busy) = None;
        }
    }

    /// Deals with the first ones, at least. Those that are left there are for the next time.
    fn write(&mut self, jobs: &mut Vec<Job>) {
        static FAILED: Lines = Lines::new();
        loop {
            dismiss(jobs);
            if jobs.is_empty() {
                return;
            }
            let was_open = self.database.is_some();
            let mut began = false;
            let error = match self.transact(jobs, &mut began) {
                Ok(told) => {
                    let written = jobs.drain(..told.len());
                    written.zip(told).for_each(|(job, told)| job.tell(Ok(told)));
                    return;
                }
                Err(error) => error,
            };
            // That one was taken back, and nothing is wrong with its connection.
            if !matches!(error, DbError::Late) {
                self.database = None;
            }
            // One that was open may have died since; and whoever has become late goes without the rest.
            let is_late = jobs.iter().any(Job::is_late);
            if is_late || (was_open && !began) {
                continue;
            }
            if let Some(Line { left_out }) = FAILED.next() {
                // A line about several is nobody's own.
                let span =
                    if let [only] = jobs.as_slice() { only.span.clone() } else { Span::none() };
                let (_inside, outcome) = (span.enter(), "failed");
                tracing::warn!(left_out, %error, outcome, "not written: logins, or their ends");
            }
            for job in jobs.drain(..) {
                job.tell(Err(NotWritten::Failed));
            }
            return;
        }
    }

    /// As many of the first ones as there is time for, or none.
    fn transact(&mut self, jobs: &mut Vec<Job>, began: &mut bool) -> Result<Vec<Told>, DbError> {
        let database = match &mut self.database {
            Some(database) if database.check_identity().is_ok() => database,
            database => database.insert(Database::open(&self.url)?),
        };
        // One millisecond: none would mean for ever.
        database.session.give_up_after(shortest(jobs).max(Duration::from_millis(1)))?;
        database.session.write(WHO, |session| {
            *began = true;
            // Somebody else may have been waited for.
            dismiss(jobs);
            let enough = Instant::now() + shortest(jobs) / 2;
            let now = clock::seconds();
            let mut told = Vec::new();
            for job in jobs.iter() {
                told.push(job.carry_out(session, now)?);
                if Instant::now() >= enough {
                    break;
                }
            }
            let is_late = jobs.iter().take(told.len()).any(Job::is_late);
            if is_late { Err(DbError::Late) } else { Ok(told) }
        })
    }
}

/// What whoever waits shortest has left.
fn shortest(jobs: &[Job]) -> Duration {
    jobs.iter().map(Job::left).min().unwrap_or_default()
}

#[cfg(test)]
mod tests;
