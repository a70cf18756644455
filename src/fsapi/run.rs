//! Runs a handler so that a bad one hurts only itself.
//!
//! Handlers run off the threads that serve sockets. Each has a bound on how many of its look-ups run
//! at once ([`Places`]), and each look-up a deadline at which it ends, whatever the handler does.

use std::sync::Arc;
use std::time::Duration;

use jackfield_api::Refusal;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::crew::Crew;
use super::places::Places;

/// How many look-ups of one handler run at once. A switch has one REGISTER under way at a time and
/// one look-up for each call that is being set up.
pub(super) const BOUND: usize = 32;
/// Whoever has waited this long looks whether the crew needs help.
const PATIENCE: Duration = Duration::from_millis(2);

/// One handler's share of the crew.
#[derive(Clone)]
pub(super) struct Share {
    crew: Crew,
    places: Arc<Places>,
}

/// Wakes the crew when it goes, also when the look-up is dropped because its peer has gone.
struct Waking<'a>(&'a Crew);

impl Drop for Waking<'_> {
    fn drop(&mut self) {
        self.0.wake();
    }
}

impl Share {
    pub(super) fn new(crew: &Crew) -> Self {
        Self { crew: crew.clone(), places: Arc::new(Places::new(BOUND)) }
    }

    /// Runs the handler once. Whatever it does, this ends by the deadline.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        deadline: Duration,
        ask: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let end = Instant::now() + deadline;
        let (tell, told) = oneshot::channel();
        let (span, crew) = (tracing::Span::current(), self.crew.clone());
        let entered = self.places.enter(end, move |place| {
            crew.give(move || {
                // Nobody waits any more: the look-up has ended while this job waited.
                let answer = (!tell.is_closed()).then(|| span.in_scope(ask));
                // The place is free before the look-up goes on, so that the next one finds it.
                drop(place);
                if let Some(answer) = answer {
                    let _ = tell.send(answer);
                }
            });
        })?;
        let waking = Waking(&self.crew);
        // Other look-ups that are here already give their jobs before the crew is woken.
        tokio::task::yield_now().await;
        drop(waking);
        match self.patiently(end, told).await {
            Some(Ok(answer)) => answer,
            Some(Err(_)) => Err(Refusal::Internal("the handler panicked".into())),
            None => Err(entered.is_late()),
        }
    }

    /// How many look-ups have ended while the handler has not returned.
    pub(super) fn overdue(&self) -> usize {
        self.places.overdue()
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

    fn share() -> Share {
        Share::new(&Crew::new(BOUND * 2))
    }

    const SOON: Duration = Duration::from_millis(50);
    const LONG: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn look_ups_that_are_dropped_hold_nothing_up() {
        let share = share();
        for _ in 0..BOUND * 2 {
            // Polled once, which gives the job, and dropped before it can wake the crew.
            let run = share.run(LONG, || Ok(()));
            let _ = futures_util::future::poll_immediate(run).await;
        }
        let started = Instant::now();
        assert!(share.run(LONG, || Ok(())).await.is_ok());
        assert!(started.elapsed() < LONG / 10, "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn once_every_place_hangs_the_next_look_up_ends_at_once() {
        let share = share();
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
        let hanging = (0..BOUND).map(|_| share.run(SOON * 20, hang()));
        assert!(futures_util::future::join_all(hanging).await.iter().all(Result::is_err));
        let started = Instant::now();
        assert!(share.run(LONG, || Ok(())).await.is_err());
        assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
        // Once the handler returns, its places are free again.
        drop(release);
        while share.overdue() > 0 {
            tokio::time::sleep(PATIENCE).await;
        }
        assert!(share.run(LONG, || Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_ends_one_look_up() {
        let share = share();
        let panics = || -> Result<(), Refusal> { panic!("a handler that panics") };
        assert!(matches!(share.run(LONG, panics).await, Err(Refusal::Internal(_))));
        assert!(share.run(LONG, || Ok(())).await.is_ok());
    }
}
