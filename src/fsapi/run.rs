//! Runs a handler so that a bad one hurts only itself.
//!
//! Handlers run off the threads that serve sockets. Each has a bound on how many of its look-ups run
//! at once, and each look-up a deadline at which it ends, whatever the handler does. A handler that
//! hangs holds its own places until it returns; look-ups that wait for one end at their deadline, and
//! once all its places are held past theirs, they end at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use jackfield_api::Refusal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use super::crew::Crew;

/// How many look-ups of one handler run at once. A switch has one REGISTER under way at a time and
/// one look-up for each call that is being set up.
pub(super) const BOUND: usize = 32;
/// Whoever has waited this long looks whether the crew needs help.
const PATIENCE: Duration = Duration::from_millis(2);

/// The places of one handler.
#[derive(Clone)]
pub(super) struct Places {
    crew: Crew,
    free: Arc<Semaphore>,
    /// Places whose look-up has ended at its deadline while the handler has not returned.
    overdue: Arc<AtomicUsize>,
}

/// One place, held until the handler returns.
struct Place {
    _held: OwnedSemaphorePermit,
    look_up: Arc<LookUp>,
}

/// What a look-up and the job that it gave know of each other.
struct LookUp {
    /// Set by whoever ends first: the job, or the look-up at its deadline.
    ended: AtomicBool,
    overdue: Arc<AtomicUsize>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.look_up.ended.swap(true, SeqCst) {
            self.look_up.overdue.fetch_sub(1, SeqCst);
        }
    }
}

impl LookUp {
    /// The deadline has come; the place is overdue if the job still runs.
    fn is_late(&self) {
        self.overdue.fetch_add(1, SeqCst);
        if self.ended.swap(true, SeqCst) {
            self.overdue.fetch_sub(1, SeqCst);
        }
    }
}

/// Wakes the crew when it goes, also when the look-up is dropped because its peer has gone.
struct Waking<'a>(&'a Crew);

impl Drop for Waking<'_> {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl Places {
    pub(super) fn new(crew: &Crew) -> Self {
        let (crew, free) = (crew.clone(), Arc::new(Semaphore::new(BOUND)));
        Self { crew, free, overdue: Arc::default() }
    }

    /// Runs the handler once. Whatever it does, this ends by the deadline.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        deadline: Duration,
        ask: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let end = Instant::now() + deadline;
        let held = self.place(end).await?;
        let look_up =
            Arc::new(LookUp { ended: AtomicBool::new(false), overdue: Arc::clone(&self.overdue) });
        let place = Place { _held: held, look_up: Arc::clone(&look_up) };
        let (tell, told) = oneshot::channel();
        let span = tracing::Span::current();
        self.crew.give(move || {
            // Nobody waits any more: the look-up has ended while this job waited.
            let answer = (!tell.is_closed()).then(|| span.in_scope(ask));
            // The place is free before the look-up goes on, so that the next one finds it.
            drop(place);
            if let Some(answer) = answer {
                let _ = tell.send(answer);
            }
        });
        let waking = Waking(&self.crew);
        // Other look-ups that are here already give their jobs before the crew is woken.
        tokio::task::yield_now().await;
        drop(waking);
        match self.patiently(end, told).await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) => Err(Refusal::Internal("the handler panicked".into())),
            None => {
                look_up.is_late();
                Err(Refusal::Internal("the handler missed its deadline".into()))
            }
        }
    }

    /// A place, as soon as one is free.
    async fn place(&self, end: Instant) -> Result<OwnedSemaphorePermit, Refusal> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        if self.overdue.load(SeqCst) < BOUND {
            let place = self.patiently(end, Arc::clone(&self.free).acquire_owned()).await;
            if let Some(Ok(place)) = place {
                return Ok(place);
            }
        }
        Err(Refusal::Internal("every place of the handler is taken".into()))
    }

    /// Waits, and helps the crew along; `None` at the end.
    async fn patiently<T>(&self, end: Instant, awaited: impl Future<Output = T>) -> Option<T> {
        let mut awaited = std::pin::pin!(awaited);
        loop {
            let now = Instant::now();
            match timeout_at(end.min(now + PATIENCE), &mut awaited).await {
                Ok(done) => return Some(done),
                Err(_) if now >= end => return None,
                Err(_) => self.crew.wake(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        Places::new(&Crew::new(BOUND * 2))
    }

    const SOON: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn look_ups_that_are_dropped_hold_nothing_up() {
        let places = places();
        for _ in 0..BOUND * 2 {
            // Polled once, which gives the job, and dropped before it can wake the crew.
            let run = places.run(LONG, || Ok(()));
            let _ = futures_util::future::poll_immediate(run).await;
        }
        let started = Instant::now();
        assert!(places.run(LONG, || Ok(())).await.is_ok());
        assert!(started.elapsed() < LONG / 10, "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn once_every_place_hangs_the_next_look_up_ends_at_once() {
        let places = places();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let hang = || {
            let held = Arc::clone(&held);
            move || {
                let _ = held.lock().map(|held| held.recv());
                Ok(())
            }
        };
        // Long enough for a thread to start for each of them.
        let hanging = (0..BOUND).map(|_| places.run(SOON * 20, hang()));
        assert!(futures_util::future::join_all(hanging).await.iter().all(Result::is_err));
        let started = Instant::now();
        assert!(places.run(LONG, || Ok(())).await.is_err());
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        // Once the handler returns, its places are free again.
        drop(release);
        while places.overdue.load(SeqCst) > 0 {
            tokio::time::sleep(PATIENCE).await;
        }
        assert!(places.run(LONG, || Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_ends_one_look_up() {
        let places = places();
        let panics = || -> Result<(), Refusal> { panic!("a handler that panics") };
        assert!(matches!(places.run(LONG, panics).await, Err(Refusal::Internal(_))));
        assert!(places.run(LONG, || Ok(())).await.is_ok());
    }
}
