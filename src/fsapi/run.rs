//! Runs a handler so that a bad one hurts only itself.
//!
//! A look-up's handler runs as a task of its own next to the task that answers the socket, mostly on
//! the same thread and right after it: that costs a microsecond, where a thread of its own costs
//! twenty. A handler that hangs holds the thread it runs on; the runtime has [`SPARE_THREADS`] more
//! than it needs, and their tasks go on. Once a handler is seen to hang, or most threads are held,
//! look-ups run on threads of their own until that is over. Each handler has a bound on how many of
//! its look-ups run at once, and each look-up a deadline at which it ends, whatever the handler does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use jackfield_api::{Answer, Refusal};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How many look-ups of one handler run at once. A switch has one REGISTER under way at a time and
/// one look-up for each call that is being set up.
pub(super) const BOUND: usize = 32;
/// Serving threads beyond one for each core: how many handlers may hang before anybody waits.
pub(crate) const SPARE_THREADS: usize = 4;
/// A handler that is running and has not returned for so many microseconds hangs, as far as other
/// look-ups are concerned. A look-up takes about ten.
const HANGS_AFTER: u64 = 5_000;

/// The serving threads that handlers hold now, over all handlers.
#[derive(Debug, Default)]
pub(super) struct Threads {
    held: AtomicUsize,
}

/// The places of one handler.
#[derive(Clone)]
pub(super) struct Places {
    threads: Arc<Threads>,
    places: Arc<Semaphore>,
    progress: Arc<Progress>,
}

/// Whether the handler gets on with what it runs on the serving threads.
struct Progress {
    epoch: std::time::Instant,
    running: AtomicUsize,
    /// When it last returned, or began after it had nothing to do; microseconds from the epoch.
    last: AtomicU64,
}

impl Places {
    pub(super) fn new(threads: &Arc<Threads>) -> Self {
        Self {
            threads: Arc::clone(threads),
            places: Arc::new(Semaphore::new(BOUND)),
            progress: Arc::new(Progress {
                epoch: std::time::Instant::now(),
                running: AtomicUsize::new(0),
                last: AtomicU64::new(0),
            }),
        }
    }

    /// Runs one look-up. Whatever the handler does, this ends by the deadline.
    pub(super) async fn run(
        &self,
        deadline: Duration,
        ask: impl FnOnce() -> Answer + Send + 'static,
    ) -> Answer {
        let end = Instant::now() + deadline;
        let place = match self.places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => match timeout_at(end, self.places.clone().acquire_owned()).await {
                Ok(place) => place.expect("never closed"),
                Err(_) => {
                    return Err(Refusal::Internal("every place of the handler is taken".into()));
                }
            },
        };
        let span = tracing::Span::current();
        let ask = move || {
            let _place = place;
            span.in_scope(ask)
        };
        let running = match self.hold() {
            Some(held) => tokio::spawn(async move {
                let _held = held;
                ask()
            }),
            None => tokio::task::spawn_blocking(ask),
        };
        match timeout_at(end, running).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Refusal::Internal("the handler panicked".into())),
            Err(_) => Err(Refusal::Internal("the handler missed its deadline".into())),
        }
    }

    /// A serving thread to run on, unless the handler hangs on one or too few would be left.
    fn hold(&self) -> Option<Held> {
        let progress = &self.progress;
        let now = progress.now();
        let idle = now.saturating_sub(progress.last.load(Relaxed));
        if progress.running.load(Relaxed) > 0 && idle > HANGS_AFTER {
            return None;
        }
        if self.threads.held.fetch_add(1, Relaxed) >= SPARE_THREADS {
            self.threads.held.fetch_sub(1, Relaxed);
            return None;
        }
        if progress.running.fetch_add(1, Relaxed) == 0 {
            progress.last.store(now, Relaxed);
        }
        Some(Held { places: self.clone() })
    }
}

impl Progress {
    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

/// One serving thread, held until the handler returns, panics or is never run.
struct Held {
    places: Places,
}

impl Drop for Held {
    fn drop(&mut self) {
        let progress = &self.places.progress;
        progress.last.store(progress.now(), Relaxed);
        progress.running.fetch_sub(1, Relaxed);
        self.places.threads.held.fetch_sub(1, Relaxed);
    }
}
