//! Whether the watching thread lives, for everybody to see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

/// How long the thread may be busy with anything but waiting for the database.
const BUSY: Duration = Duration::from_mins(1);

/// What is seen of the thread from outside.
#[derive(Debug, Default)]
pub struct Liveness {
    /// When the thread came by last; not yet where it has not been started.
    beat: ArcSwapOption<Instant>,
    ended: AtomicBool,
}

impl Liveness {
    /// That the thread is gone or hangs, if so.
    pub fn standstill(&self) -> Option<&'static str> {
        if self.ended.load(Relaxed) {
            return Some(
                "the thread that looks for changes of the data is gone; restart the service",
            );
        }
        let busy = self.beat.load().as_ref().map_or(Duration::ZERO, |beat| beat.elapsed());
        (busy > BUSY)
            .then_some("the thread that looks for changes of the data hangs; restart the service")
    }

    pub(super) fn beat(&self) {
        self.beat.store(Some(Arc::new(Instant::now())));
    }

    pub(super) fn ended(&self) {
        self.ended.store(true, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ago(time: Duration) -> Option<Arc<Instant>> {
        Instant::now().checked_sub(time).map(Arc::new)
    }

    #[test]
    fn a_thread_that_does_not_come_by_or_is_gone_stands_still() {
        let liveness = Liveness::default();
        assert_eq!(liveness.standstill(), None, "not started");
        liveness.beat.store(ago(BUSY * 2));
        assert!(liveness.standstill().is_some_and(|why| why.contains("hangs")));
        liveness.beat();
        assert_eq!(liveness.standstill(), None);
        liveness.ended();
        assert!(liveness.standstill().is_some_and(|why| why.contains("gone")));
    }
}
