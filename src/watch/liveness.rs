//! Whether the data that answers are made from are up to date, for everybody to see.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

/// How long the database may take to tell its revision, or to be read.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the watching thread knows, and whether it still gets answers.
#[derive(Debug, Default)]
pub struct Liveness {
    trouble: ArcSwapOption<String>,
    /// Since when the database owes an answer.
    asked: ArcSwapOption<Instant>,
}

impl Liveness {
    /// Why the data may be out of date, if they may.
    pub fn trouble(&self) -> Option<String> {
        if let Some(trouble) = self.trouble.load_full() {
            return Some(trouble.as_ref().clone());
        }
        let silent = self.asked.load().as_ref().map_or(Duration::ZERO, |asked| asked.elapsed());
        (silent > PATIENCE)
            .then(|| format!("the database has not answered for {} s", silent.as_secs()))
    }

    pub(super) fn asked(&self) {
        self.asked.store(Some(Arc::new(Instant::now())));
    }

    pub(super) fn answered(&self) {
        self.asked.store(None);
    }

    pub(crate) fn degraded(&self, why: &str) {
        self.trouble.store(Some(Arc::new(why.to_owned())));
    }

    /// Whether there was any trouble.
    pub(super) fn recovered(&self) -> bool {
        self.trouble.swap(None).is_some()
    }
}
