//! Whether the watching thread lives and gets answers, for everybody to see.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

/// How long the database may take to tell its revision, or to be read.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the thread may be busy with anything else.
const BUSY: Duration = Duration::from_mins(1);

/// What is seen of the thread from outside.
#[derive(Debug, Default)]
pub struct Liveness {
    /// Since when the database owes an answer.
    asked: ArcSwapOption<Instant>,
    /// When the thread came by last; not yet where it has not been started.
    beat: ArcSwapOption<Instant>,
    ended: AtomicBool,
}

impl Liveness {
    /// That the database does not answer, if so.
    pub fn silence(&self) -> Option<String> {
        let silent = self.asked.load().as_ref().map_or(Duration::ZERO, |asked| asked.elapsed());
        (silent > PATIENCE)
            .then(|| format!("the database has not answered for {} s", silent.as_secs()))
    }

    /// That the thread is gone or hangs, if so. Waiting for the database is neither.
    pub fn standstill(&self) -> Option<&'static str> {
        if self.ended.load(Relaxed) {
            return Some(
                "the thread that looks for changes of the data is gone; restart the service",
            );
        }
        let waits = self.asked.load().is_some();
        let busy = self.beat.load().as_ref().map_or(Duration::ZERO, |beat| beat.elapsed());
        (!waits && busy > BUSY)
            .then_some("the thread that looks for changes of the data hangs; restart the service")
    }

    pub(super) fn beat(&self) {
        self.beat.store(Some(Arc::new(Instant::now())));
    }

    pub(super) fn asked(&self) {
        self.asked.store(Some(Arc::new(Instant::now())));
    }

    pub(super) fn answered(&self) {
        self.asked.store(None);
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
    fn a_database_that_owes_an_answer_is_told_and_is_no_standstill() {
        let liveness = Liveness::default();
        assert_eq!((liveness.silence(), liveness.standstill()), (None, None), "not started");
        liveness.beat.store(ago(BUSY * 2));
        liveness.asked.store(ago(BUSY));
        assert!(liveness.silence().is_some_and(|why| why.contains("60 s")));
        assert_eq!(liveness.standstill(), None);
        liveness.answered();
        assert_eq!(liveness.silence(), None);
        assert!(liveness.standstill().is_some_and(|why| why.contains("hangs")));
        liveness.beat();
        assert_eq!(liveness.standstill(), None);
        liveness.ended();
        assert!(liveness.standstill().is_some_and(|why| why.contains("gone")));
    }
}
