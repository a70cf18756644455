//! The threads that handlers run on.
//!
//! One of them does nearly all the work: a handler takes microseconds, and a thread that is already
//! running takes the next job without being woken; jobs that come together wake it once. A second one starts only when jobs wait while
//! nothing gets done, because a handler hangs, or when there are more jobs than one thread can do.
//! A job is never lost to a handler that hangs or panics; that is all the difference to a pool that
//! wakes a thread for each job, and on a busy machine it is half the cost of a look-up.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What a thread is given to do.
type Job = Box<dyn FnOnce() + Send>;

/// After this long without a job taken, the threads are stuck.
const STUCK: Duration = Duration::from_millis(1);
/// How long a thread that is not needed any more waits for another job.
const IDLE: Duration = Duration::from_secs(10);
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
    /// Threads that are useful at once where none hangs.
    cores: usize,
    /// More threads are never started.
    most: usize,
}

struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Threads that wait for a job, and how many of them have been woken and have not come yet.
    idle: usize,
    woken: usize,
    /// When a job was last taken.
    taken: Instant,
}

impl Crew {
    /// A crew of at most `most` threads; the first starts with the first job.
    pub(super) fn new(most: usize) -> Self {
        let state =
            State { jobs: VecDeque::new(), threads: 0, idle: 0, woken: 0, taken: Instant::now() };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shared =
            Shared { state: Mutex::new(state), wake: Condvar::new(), cores, most: most.max(1) };
        Self { shared: Arc::new(shared) }
    }

    /// Gives a job to the crew, which begins with it at the next [`Crew::wake`] at the latest. A
    /// panic in a job ends the job and nothing else.
    pub(super) fn give(&self, job: impl FnOnce() + Send + 'static) {
        self.shared.lock().jobs.push_back(Box::new(job));
    }

    /// Sees to it that jobs that wait are taken: wakes a thread, or starts one where none gets on.
    ///
    /// To be called by whoever gave a job, once it has nothing better to do, and again after a while
    /// of waiting. Jobs that several look-ups gave in the meantime cost one wake-up together.
    pub(super) fn wake(&self) {
        let mut state = self.shared.lock();
        let waiting = state.jobs.len();
        if waiting == 0 {
            return;
        }
        if state.idle > state.woken {
            // One that has been woken and has not come yet is enough, unless there is much to do.
            if state.woken == 0 || waiting > BACKLOG {
                state.woken += 1;
                drop(state);
                self.shared.wake.notify_one();
            }
        } else if state.threads == 0
            || state.taken.elapsed() > STUCK
            || (waiting > BACKLOG && state.threads < self.shared.cores)
        {
            self.start(state);
        }
    }

    fn start(&self, mut state: MutexGuard<'_, State>) {
        if state.threads >= self.shared.most {
            return;
        }
        state.threads += 1;
        // The new thread counts as progress: one stuck job starts one thread, not one a moment.
        state.taken = Instant::now();
        drop(state);
        let shared = Arc::clone(&self.shared);
        let started =
            thread::Builder::new().name("handler".to_owned()).spawn(move || shared.work());
        if let Err(error) = started {
            tracing::error!(%error, "a thread for handlers could not be started");
            self.shared.lock().threads -= 1;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No job runs under the lock, so the state is whole even if a thread died holding it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }

    /// The next job; `None` when the thread is not needed any more.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.taken = Instant::now();
                return Some(job);
            }
            state.idle += 1;
            let (woken, waited) =
                self.wake.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            // Whoever comes first is the one that was woken, whatever woke it.
            state.woken = state.woken.saturating_sub(1);
            if waited.timed_out() && state.jobs.is_empty() && state.threads > 1 {
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

    #[test]
    fn jobs_are_done_while_others_hang_or_panic() {
        let crew = Crew::new(8);
        let (done, results) = channel();
        let (release, held) = channel::<()>();
        crew.give(move || {
            let _ = held.recv();
        });
        crew.wake();
        crew.give(|| panic!("a job that panics"));
        for n in 0..10 {
            let done = done.clone();
            crew.give(move || done.send(n).unwrap());
        }
        let mut got = Vec::new();
        while got.len() < 10 {
            match results.recv_timeout(Duration::from_millis(2)) {
                Ok(n) => got.push(n),
                Err(_) => crew.wake(),
            }
        }
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
            crew.give(move || done.send(thread::current().id()).unwrap());
            crew.wake();
            // The job is taken before the next one is given.
            results.recv().unwrap();
        }
        assert_eq!(crew.shared.lock().threads, 1);
    }

    #[test]
    fn there_are_never_more_threads_than_allowed() {
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
        assert_eq!(crew.shared.lock().threads, 3);
        drop(release);
    }
}
