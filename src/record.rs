//! Look-ups on disk: what a switch asked, who answered, and how.
//!
//! Of a look-up that has ended a line is made (`line`), without what may be a secret (`fields`, `value`),
//! while its fields are still at hand: to keep it until later costs more. A thread of its own writes
//! lines into a ring of files (`writer`, `ring`). Nobody waits for the disk: where there are more
//! look-ups than can be written they are counted instead, and the next line says how many. What is kept of
//! a look-up is a body again, so that it can be explained and replayed.

mod fields;
mod line;
mod read;
mod ring;
mod seal;
mod subject;
mod value;
mod writer;

use std::cell::RefCell;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;
use std::time::{Duration, UNIX_EPOCH};

use tokio::sync::{broadcast, oneshot};

pub(crate) use self::fields::plain;
pub(crate) use self::line::Entry;
use self::line::Lines;
pub(crate) use self::read::{Recorded, Wanted, find, last};
pub(crate) use self::seal::Seal;
pub(crate) use self::subject::Subject;
use self::writer::Writing;
use crate::metrics::Metrics;
use crate::settings::{InForce, RecordSettings};

/// Bytes of lines that wait to be written, at most.
const MOST: usize = 8 << 20;
/// Pieces of lines that somebody who follows may lag behind.
const BEHIND: usize = 64;
/// How long somebody waits for the disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// What look-ups are given to.
pub struct Recorder {
    waiting: Mutex<Waiting>,
    /// The second that was counted last, and how many look-ups it had.
    second: AtomicU64,
    count: AtomicU32,
    beyond: AtomicU64,
    thread: OnceLock<Thread>,
    seal: OnceLock<Seal>,
    followers: broadcast::Sender<Arc<[u8]>>,
    metrics: Arc<Metrics>,
}

/// What waits to be written.
#[derive(Default)]
struct Waiting {
    /// Lines without their beginnings.
    lines: Vec<u8>,
    /// How many look-ups there was no room for.
    full: u64,
    /// Whether the thread waits for the next look-up.
    idle: bool,
    stopping: bool,
    /// Who is to be told that everything before was written.
    flushed: Vec<oneshot::Sender<()>>,
}

thread_local! {
    /// Lines are made without the lock.
    static LINES: RefCell<Lines> = RefCell::default();
}

impl Recorder {
    /// One that records nothing until it is started.
    pub fn new(metrics: &Arc<Metrics>) -> Self {
        Self {
            waiting: Mutex::default(),
            second: AtomicU64::new(0),
            count: AtomicU32::new(0),
            beyond: AtomicU64::new(0),
            thread: OnceLock::new(),
            seal: OnceLock::new(),
            followers: broadcast::Sender::new(BEHIND),
            metrics: Arc::clone(metrics),
        }
    }

    /// Starts the thread that writes.
    pub fn start(self: &Arc<Self>, settings: &Arc<InForce>) -> io::Result<()> {
        self.seal.get_or_init(|| Seal::of(&settings.now().state_dir));
        Writing::start(self, settings)
    }

    /// Whether anything is recorded at all.
    pub(crate) fn runs(&self) -> bool {
        self.thread.get().is_some()
    }

    /// Takes a look-up in, if there is room. Nothing here waits for anything but a copy like this one.
    pub(crate) fn take_in(&self, entry: &Entry<'_>, settings: &RecordSettings) {
        let second = entry.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        if self.second.swap(second, Relaxed) != second {
            self.count.store(0, Relaxed);
        }
        if self.count.fetch_add(1, Relaxed) >= settings.per_second {
            self.beyond.fetch_add(1, Relaxed);
            return;
        }
        let wake = LINES.with_borrow_mut(|lines| {
            let line = lines.make(entry, &settings.fields, self.seal.get());
            let mut waiting = self.waiting();
            if waiting.lines.len() + line.len() > MOST {
                waiting.full += 1;
            } else {
                waiting.lines.extend_from_slice(line);
            }
            std::mem::take(&mut waiting.idle)
        });
        if wake {
            self.wake();
        }
    }

    /// Waits until everything so far is on the disk.
    pub(crate) async fn flush(&self) {
        let (tell, told) = oneshot::channel();
        self.waiting().flushed.push(tell);
        self.wake();
        // Neither a thread that has ended nor a disk that hangs holds anybody up.
        let _ = tokio::time::timeout(PATIENCE, told).await;
    }

    /// Writes what waits, and ends.
    pub(crate) async fn stop(&self) {
        if self.runs() {
            self.waiting().stopping = true;
            self.flush().await;
        }
    }

    /// Lines from now on, several at a time.
    pub(crate) fn follow(&self) -> broadcast::Receiver<Arc<[u8]>> {
        self.followers.subscribe()
    }

    fn publish(&self, lines: &[u8]) {
        if self.followers.receiver_count() > 0 {
            let _ = self.followers.send(lines.into());
        }
    }

    /// What waits, in the place of lines that have been written; and how many were beyond those of a
    /// second.
    fn take(&self, mut lines: Vec<u8>) -> (Waiting, u64) {
        lines.clear();
        let beyond = self.beyond.swap(0, Relaxed);
        let mut waiting = self.waiting();
        let idle = waiting.lines.is_empty();
        let stopping = waiting.stopping;
        let next = Waiting { lines, idle, stopping, ..Waiting::default() };
        (std::mem::replace(&mut *waiting, next), beyond)
    }

    fn count(&self, outcome: &str, count: u64) {
        if count > 0 {
            self.metrics.recorded.with_label_values(&[outcome]).inc_by(count);
        }
    }

    fn wake(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing that can panic is done under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
