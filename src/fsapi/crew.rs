//! The threads that handlers run on.
//!
//! One of them does nearly all the work: a handler takes microseconds, and a thread that is already
//! running takes the next job without being woken; jobs that come together wake it once. Another one
//! starts only when a job has waited longer than jobs do, because a handler hangs or is slow, and
//! leaves again when there is nothing to do. A job is never lost to a handler that hangs or panics.
//! That is all the difference to a pool that wakes a thread for each job, and on a busy machine it is
//! half the cost of a look-up.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::logging::{Line, Lines};

/// What a thread is given to do.
type Job = Box<dyn FnOnce() + Send>;

/// A job that has waited this long needs another thread.
const STUCK: Duration = Duration::from_millis(1);
/// How long a thread that is not the only one waits for another job.
const IDLE: Duration = Duration::from_secs(1);
/// So many jobs waiting are more than one thread should do.
const BACKLOG: usize = 64;

/// Threads that take jobs in the order in which they come.
#[derive(Clone)]
pub(super) struct Crew {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    /// More threads are never started.
    most: usize,
}

#[derive(Default)]
struct State {
    /// Each with the time at which it was given.
    jobs: VecDeque<(Instant, Job)>,
    threads: usize,
    /// Threads that wait for a job, those that have been woken or started and have not come yet
    /// among them.
    idle: usize,
    woken: usize,
}

impl Crew {
    /// A crew of at most `most` threads; the first starts with the first job.
    pub(super) fn new(most: usize) -> Self {
        let (state, wake) = (Mutex::default(), Condvar::new());
        Self { shared: Arc::new(Shared { state, wake, most: most.max(1) }) }
    }

    /// Gives a job to the crew, which begins with it at the next [`Crew::wake`] at the latest. A
    /// panic in a job ends the job and nothing else.
    pub(super) fn give(&self, job: impl FnOnce() + Send + 'static) {
        self.shared.lock().jobs.push_back((Instant::now(), Box::new(job)));
    }

    /// Sees to it that jobs that wait are taken: wakes a thread, or starts one where none gets on.
    ///
    /// To be called by whoever gave a job, whatever becomes of him, and again after a while of
    /// waiting. Jobs that several look-ups gave in the meantime cost one wake-up together.
    pub(super) fn wake(&self) {
        let mut state = self.shared.lock();
        let Some((given, _)) = state.jobs.front() else { return };
        let needs_more = given.elapsed() > STUCK || state.jobs.len() > BACKLOG;
        // One that has been woken and has not come yet is enough, unless there is much to do.
        if state.idle > state.woken && (state.woken == 0 || needs_more) {
            state.woken += 1;
            drop(state);
            self.shared.wake.notify_one();
        } else if state.threads == 0 || (needs_more && state.woken == 0) {
            self.start(state);
        }
    }

    fn start(&self, mut state: MutexGuard<'_, State>) {
        if state.threads >= self.shared.most {
            return;
        }
        state.threads += 1;
        state.idle += 1;
        state.woken += 1;
        drop(state);
        let shared = Arc::clone(&self.shared);
        let started =
            thread::Builder::new().name("handler".to_owned()).spawn(move || shared.work());
        if let Err(error) = started {
            static LINES: Lines = Lines::new();
            if let Some(Line { left_out }) = LINES.next() {
                tracing::error!(left_out, %error, "a thread for handlers could not be started");
            }
            let mut state = self.shared.lock();
            state.threads -= 1;
            state.idle -= 1;
            state.woken -= 1;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No job runs under the lock, so the state is whole even if a thread died holding it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut comes = true;
        while let Some(job) = self.next(comes) {
            comes = false;
            if let Err(panic) = catch_unwind(AssertUnwindSafe(job)) {
                // Its `Drop` is the handler's code as well, and would run outside of the catch.
                std::mem::forget(panic);
            }
        }
    }

    /// The next job; `None` when the thread is not needed any more. A thread that has just been
    /// started comes as one that has been woken does.
    fn next(&self, mut comes: bool) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if comes {
                // Whoever comes first is the one that was woken, whatever woke it.
                state.idle -= 1;
                state.woken = state.woken.saturating_sub(1);
            }
            if let Some((_, job)) = state.jobs.pop_front() {
                return Some(job);
            }
            state.idle += 1;
            comes = true;
            let (woken, waited) =
                self.wake.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if waited.timed_out() && state.jobs.is_empty() && state.threads > 1 {
                state.idle -= 1;
                state.woken = state.woken.min(state.idle);
                state.threads -= 1;
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Waits for something, looking after the crew as whoever gave a job does.
    fn until(crew: &Crew, mut done: impl FnMut() -> bool) {
        let started = Instant::now();
        while !done() {
            crew.wake();
            assert!(started.elapsed() < Duration::from_secs(10), "it never happens");
            thread::sleep(STUCK);
        }
    }

    #[test]
    fn jobs_are_done_while_others_hang_or_panic() {
        let crew = Crew::new(8);
        let (done, results) = channel();
        let (release, held) = channel::<()>();
        crew.give(move || {
            let _ = held.recv();
        });
        crew.give(|| panic!("a job that panics"));
        for n in 0..10 {
            let done = done.clone();
            crew.give(move || done.send(n).unwrap());
        }
        let mut got = Vec::new();
        until(&crew, || {
            got.extend(results.try_iter());
            got.len() == 10
        });
        got.sort_unstable();
        assert_eq!(got, (0..10).collect::<Vec<_>>());
        drop(release);
    }

    #[test]
    fn one_thread_does_it_all_while_none_hangs() {
        let crew = Crew::new(8);
        let (done, results) = channel();
        for _ in 0..BACKLOG / 2 {
            let done = done.clone();
            crew.give(move || done.send(()).unwrap());
            crew.wake();
            // The job is taken before the next one is given.
            results.recv().unwrap();
        }
        assert_eq!(crew.shared.lock().threads, 1);
    }

    #[test]
    fn there_are_never_more_threads_than_allowed_and_they_leave_when_idle() {
        let crew = Crew::new(3);
        let (release, held) = channel::<()>();
        let held = Arc::new(Mutex::new(held));
        for _ in 0..6 {
            let held = Arc::clone(&held);
            crew.give(move || {
                let _ = held.lock().unwrap().recv();
            });
            thread::sleep(STUCK * 2);
            crew.wake();
        }
        until(&crew, || crew.shared.lock().threads == 3);
        drop(release);
        until(&crew, || crew.shared.lock().threads == 1);
        assert_eq!(crew.shared.lock().idle, 1);
    }

    #[test]
    fn a_slow_job_does_not_hold_up_those_behind_it() {
        let crew = Crew::new(64);
        for _ in 0..32 {
            crew.give(|| thread::sleep(Duration::from_millis(100)));
        }
        let (done, result) = channel();
        crew.give(move || done.send(()).unwrap());
        let started = Instant::now();
        until(&crew, || result.try_recv().is_ok());
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    }
}
