//! Runs a handler so that a bad one hurts only itself.
//!
//! Handlers run off the threads that serve sockets. Each has a bound on how many of its look-ups
//! run at once, and each look-up a deadline that starts when the look-up came in. A handler that
//! hangs holds its own places until it returns; the look-ups that wait for it end at the deadline.

use std::sync::Arc;
use std::time::Duration;

use jackfield_api::{Answer, Refusal};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

/// How many look-ups of one handler run at once. A switch has one REGISTER under way at a time and
/// one look-up for each call that is being set up.
pub(super) const BOUND: usize = 32;

/// The places of one handler.
#[derive(Clone)]
pub(super) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(BOUND)))
    }
}

impl Places {
    /// Runs one look-up. Whatever the handler does, this ends by the deadline.
    pub(super) async fn run(
        &self,
        deadline: Duration,
        ask: impl FnOnce() -> Answer + Send + 'static,
    ) -> Answer {
        let end = Instant::now() + deadline;
        let place = match self.0.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => match timeout_at(end, self.0.clone().acquire_owned()).await {
                Ok(place) => place.expect("never closed"),
                Err(_) => {
                    return Err(Refusal::Internal("every place of the handler is taken".into()));
                }
            },
        };
        let span = tracing::Span::current();
        let running = tokio::task::spawn_blocking(move || {
            let _place = place;
            span.in_scope(ask)
        });
        match timeout_at(end, running).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Refusal::Internal("the handler panicked".into())),
            Err(_) => Err(Refusal::Internal("the handler missed its deadline".into())),
        }
    }
}
