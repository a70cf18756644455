//! Runs a handler so that a bad one hurts only itself.
//!
//! Handlers run off the threads that serve sockets. Each has a bound on how many of its look-ups run
//! at once, and each look-up a deadline at which it ends, whatever the handler does. A handler that
//! hangs holds its own places until it returns; look-ups that wait for one end at their deadline.

use std::sync::Arc;
use std::time::Duration;

use jackfield_api::Refusal;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use super::crew::Crew;

/// How many look-ups of one handler run at once. A switch has one REGISTER under way at a time and
/// one look-up for each call that is being set up.
pub(super) const BOUND: usize = 32;
/// A job that has not been done by then waits for threads that may be stuck.
const PATIENCE: Duration = Duration::from_millis(2);

/// The places of one handler.
#[derive(Clone)]
pub(super) struct Places {
    crew: Crew,
    places: Arc<Semaphore>,
}

impl Places {
    pub(super) fn new(crew: &Crew) -> Self {
        Self { crew: crew.clone(), places: Arc::new(Semaphore::new(BOUND)) }
    }

    /// Runs the handler once. Whatever it does, this ends by the deadline.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        deadline: Duration,
        ask: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let started = Instant::now();
        let end = started + deadline;
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => match timeout_at(end, Arc::clone(&self.places).acquire_owned()).await {
                Ok(place) => place.expect("never closed"),
                Err(_) => {
                    return Err(Refusal::Internal("every place of the handler is taken".into()));
                }
            },
        };
        let (tell, mut told) = oneshot::channel();
        let span = tracing::Span::current();
        self.crew.give(move || {
            let _place = place;
            // Nobody waits any more: the look-up has ended while this job waited.
            if !tell.is_closed() {
                let _ = tell.send(span.in_scope(ask));
            }
        });
        // Other look-ups that are here already give their jobs before the crew is woken.
        tokio::task::yield_now().await;
        self.crew.wake();
        let mut answer = timeout_at(end.min(started + PATIENCE), &mut told).await;
        while answer.is_err() && Instant::now() < end {
            self.crew.wake();
            answer = timeout_at(end.min(Instant::now() + PATIENCE), &mut told).await;
        }
        match answer {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Refusal::Internal("the handler panicked".into())),
            Err(_) => Err(Refusal::Internal("the handler missed its deadline".into())),
        }
    }
}
