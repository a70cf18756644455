//! Whether the watching thread lives, for everybody to see.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

/// How long the thread may be busy with anything but waiting for the database.
const BUSY: Duration = Duration::from_mins(1);

/// What is seen of the thread from outside.
#[derive(Debug, Default)]
pub struct Liveness {
    /// When the thread came by last; not yet where it has not been started.
    beat: ArcSwapOption<Instant>,
    ended: OnceLock<Instant>,
}

impl Liveness {
    /// That the thread is gone or hangs, if so, and since when.
    pub fn standstill(&self) -> Option<(&'static str, Instant)> {
        if let Some(ended) = self.ended.get() {
            let why = "the thread that looks for changes of the data is gone; restart the service";
            return Some((why, *ended));
        }
        let beat = **self.beat.load().as_ref()?;
        let why = "the thread that looks for changes of the data hangs; restart the service";
        (beat.elapsed() > BUSY).then_some((why, beat))
    }

    pub(super) fn beat(&self) {
        self.beat.store(Some(Arc::new(Instant::now())));
    }

    pub(super) fn ended(&self) {
        // It ends once.
        let _ = self.ended.set(Instant::now());
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
        let stands = |why: &str, for_: Duration| {
            let (told, since) = liveness.standstill().expect("it stands still");
            assert!(told.contains(why) && since.elapsed() >= for_, "{told}");
        };
        stands("hangs", BUSY * 2);
        liveness.beat();
        assert_eq!(liveness.standstill(), None);
        liveness.ended();
        stands("gone", Duration::ZERO);
    }
}
