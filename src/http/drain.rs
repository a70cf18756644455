//! How serving ends: what is under way is answered, and who is idle or slow holds up nobody.
//!
//! A switch connects and asks at once, but its look-up may still be on its way when the service is
//! told to stop. So connections that are open stay open for a moment, and each answer closes its own;
//! then those that do not ask are closed, then those that have not asked entirely.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

/// How long a connection that is open may wait before it asks.
const LINGER: Duration = Duration::from_millis(500);
/// How long a request may take to arrive.
const HURRY: Duration = Duration::from_secs(1);
/// How long an answer may take.
const LONGEST: Duration = Duration::from_secs(5);

/// How far the end of serving is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Serving,
    /// Nobody new is accepted, and each answer closes its connection.
    Stopping,
    /// Who does not ask is closed.
    Idle,
    /// Who has not asked entirely is closed.
    Slow,
}

/// Ends serving. If it is dropped, everything ends at once.
#[derive(Debug)]
pub struct Drain(watch::Sender<Stage>);

/// Held by everything that has to end first, and told how far the end is: it is waited for until the last
/// copy is gone, but not for long.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<Stage>);

impl Drain {
    /// A way to end what holds a copy of the other.
    pub fn new() -> (Self, Stop) {
        let (stage, stop) = watch::channel(Stage::Serving);
        (Self(stage), Stop(stop))
    }

    /// Ends serving. Whether everything under way came to its end, rather than to that of time.
    pub async fn run(self) -> bool {
        let started = Instant::now();
        for (stage, until) in
            [(Stage::Stopping, LINGER), (Stage::Idle, HURRY), (Stage::Slow, LONGEST)]
        {
            self.0.send_replace(stage);
            if timeout_at(started + until, self.0.closed()).await.is_ok() {
                return true;
            }
        }
        false
    }
}

impl Stop {
    /// The next stage; `None` where there is no more.
    pub(super) async fn next(&mut self) -> Option<Stage> {
        self.0.changed().await.ok()?;
        Some(*self.0.borrow_and_update())
    }

    /// Whether the end has begun.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow() != Stage::Serving
    }

    /// Waits until the end begins.
    pub async fn begins(&mut self) {
        let _ = self.0.wait_for(|stage| *stage != Stage::Serving).await;
    }
}
