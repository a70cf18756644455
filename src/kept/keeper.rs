//! The thread that keeps what is served.
//!
//! It comes behind everything else: at the lowest priority, and never for more than a small part of
//! the time. What cannot be written is told once, and tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::Thread;
use std::time::{Duration, Instant, SystemTime};

use super::Keeping;
use super::file::KeptFile;
use crate::app::App;
use crate::db::Mark;
use crate::fsapi::Picture;
use crate::watch::Follower;

/// Between two times that something is written, at the least.
const PERIOD: Duration = Duration::from_secs(30);
/// As many times what the last writing took, at the least.
const SHARE: u32 = 20;
/// How long the end of the service may wait for the last writing: below what systemd grants.
const PATIENCE: Duration = Duration::from_secs(8);

/// The thread; it goes on until it is stopped.
#[derive(Debug)]
pub struct Keeper {
    thread: Thread,
    orders: Arc<Orders>,
    ended: Receiver<()>,
}

/// What the thread is told.
#[derive(Debug)]
struct Orders {
    /// What is served, and where in the history of the database it was read.
    served: Mutex<(Weak<Picture>, Mark)>,
    stopping: AtomicBool,
}

impl Keeper {
    /// Starts to keep what a service serves, now what was read at this mark. It has to follow what is
    /// published.
    pub fn start(app: &Arc<App>, mark: &Mark) -> std::io::Result<(Self, Follower)> {
        let picture = app.router.picture();
        let orders = Arc::new(Orders {
            served: Mutex::new((Arc::downgrade(&picture), mark.clone())),
            stopping: AtomicBool::new(false),
        });
        let kept = app.keeping.started_with.get().map(|(kept, _)| kept.clone()).unwrap_or_default();
        let good = app.keeping.kept.load().as_ref().map(|stand| stand.good);
        let writing = Writing {
            file: KeptFile::of(&app.settings()),
            good: good.unwrap_or(picture.made),
            kept,
            due: Instant::now(),
            orders: Arc::clone(&orders),
            app: Arc::clone(app),
        };
        let (end, ended) = channel();
        let keeping = Arc::clone(&app.keeping);
        let run = move || {
            if catch_unwind(AssertUnwindSafe(|| writing.run())).is_ok() {
                // Nobody waits before the service ends.
                let _ = end.send(());
                return;
            }
            let why = "the thread that keeps it has panicked; restart the service";
            keeping.trouble.store(Some(Arc::new(why.to_owned())));
            tracing::error!("what is served is not kept any more: {why}");
        };
        let thread = std::thread::Builder::new().name("keep".to_owned()).spawn(run)?;
        let thread = thread.thread().clone();
        let (follows, wakes) = (Arc::clone(&orders), thread.clone());
        let follow: Follower = Box::new(move |step| {
            *follows.served() = (Arc::downgrade(&step.after), step.mark.clone());
            wakes.unpark();
        });
        Ok((Self { thread, orders, ended }, follow))
    }

    /// Has kept what is served, and ends; on a disk that hangs without it.
    pub fn stop(self) {
        self.orders.stopping.store(true, Ordering::SeqCst);
        self.thread.unpark();
        let why = match self.ended.recv_timeout(PATIENCE) {
            Ok(()) => return,
            Err(RecvTimeoutError::Timeout) => "writing it takes too long",
            Err(RecvTimeoutError::Disconnected) => "the thread that keeps it has panicked",
        };
        tracing::error!("what is served is not kept: {why}");
    }
}

impl Orders {
    fn served(&self) -> MutexGuard<'_, (Weak<Picture>, Mark)> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the thread knows.
struct Writing {
    app: Arc<App>,
    orders: Arc<Orders>,
    file: KeptFile,
    /// What is kept.
    kept: Weak<Picture>,
    /// When what is served was what the database holds.
    good: SystemTime,
    /// When something may be written again.
    due: Instant,
}

impl Writing {
    fn run(mut self) {
        // This thread alone, on Linux.
        if let Err(error) = rustix::process::nice(19) {
            tracing::debug!(%error, "keeping goes on at the priority of everything else");
        }
        if let Err(error) = self.file.tidy() {
            tracing::debug!(%error, "what an earlier service left cannot be removed");
        }
        loop {
            let last = self.orders.stopping.load(Ordering::SeqCst);
            if self.app.is_up_to_date() {
                self.good = SystemTime::now();
            }
            let (picture, mark) = self.orders.served().clone();
            let is_kept = self.kept.ptr_eq(&picture) && self.confirm(mark.revision);
            if !is_kept && (last || Instant::now() >= self.due) {
                // One that is gone is not served any more, and what follows it is told at once.
                if let Some(picture) = picture.upgrade() {
                    self.write(&picture, &mark);
                }
            }
            if last {
                return;
            }
            let pause = self.due.saturating_duration_since(Instant::now());
            std::thread::park_timeout(if is_kept || pause.is_zero() { PERIOD } else { pause });
        }
    }

    fn write(&mut self, picture: &Arc<Picture>, mark: &Mark) {
        let started = Instant::now();
        let (made, good) = (picture.made, self.good.max(picture.made));
        let done = self.file.write(&picture.snapshot, mark, made, good);
        let (took, revision) = (started.elapsed(), mark.revision);
        self.due = Instant::now() + PERIOD.max(took * SHARE);
        let Keeping { trouble, .. } = &*self.app.keeping;
        match done {
            Ok(()) => {
                self.kept = Arc::downgrade(picture);
                self.app.keeping.is_kept(revision, good);
                self.app.metrics.kept_write.set(took.as_secs_f64());
                tracing::debug!(revision, duration_ms = took.as_millis(), "kept");
                if trouble.swap(None).is_some() {
                    tracing::info!(revision, "what is served is kept again");
                }
            }
            Err(error) => {
                self.app.metrics.kept_failures.inc();
                let why = format!("{} cannot be written: {error}", self.file.path().display());
                if trouble.swap(Some(Arc::new(why.clone()))).is_none() {
                    tracing::error!("{why}; a start without database would answer from older data");
                }
            }
        }
    }

    /// Says that what is kept is what the database holds now. Not so where the file is gone.
    fn confirm(&self, revision: i64) -> bool {
        let confirmed = self.file.set_good(self.good).is_ok();
        if confirmed {
            self.app.keeping.is_kept(revision, self.good);
        }
        confirmed
    }
}
