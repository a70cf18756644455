//! The kept snapshot: what is served, in a file of the state folder, so that a start while the
//! database is away still answers.
//!
//! [`KeptFile`] is the file, in blocks that are checked (`blocks`). A [`Keeper`] writes it, on a thread
//! of its own, behind what is published; [`start()`] serves it where the database cannot be. [`Keeping`]
//! tells everybody how it stands.

mod blocks;
mod disk;
mod file;
mod keeper;
mod start;

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwapOption;
use serde::Serialize;

pub use self::file::{Head, Kept, KeptError, KeptFile};
pub use self::keeper::Keeper;
pub use self::start::start;
use crate::fsapi::Picture;
use crate::metrics::Metrics;

/// How the kept snapshot stands.
#[derive(Debug, Default)]
pub struct Keeping {
    kept: ArcSwapOption<Stand>,
    trouble: ArcSwapOption<String>,
    /// What the service started with, where that is not the database's, and when.
    started_with: OnceLock<(Weak<Picture>, Instant)>,
}

/// What is kept.
#[derive(Debug, Clone, Copy)]
struct Stand {
    revision: i64,
    /// Until when it was what the database holds, as far as is known.
    good: SystemTime,
}

/// What `/health` tells of it.
#[derive(Debug, Serialize)]
pub struct Told {
    /// The revision that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<i64>,
    /// For how long it may have been out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    age_seconds: Option<u64>,
    /// Why it is not being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Keeping {
    /// What `/health` tells; nothing where nothing is kept.
    pub fn told(&self) -> Option<Told> {
        let (stand, why) = (self.kept.load_full(), self.trouble.load_full());
        (stand.is_some() || why.is_some()).then(|| Told {
            revision: stand.as_deref().map(|stand| stand.revision),
            age_seconds: stand.as_deref().map(|stand| Age::since(stand.good).0.as_secs()),
            why: why.as_deref().cloned(),
        })
    }

    /// How old what is answered from is, and since when it is, where that is what was kept and not
    /// read since.
    pub fn served(&self, picture: &Arc<Picture>) -> Option<(Age, Instant)> {
        let (kept, since) = self.started_with.get()?;
        let is_it = std::ptr::eq(kept.as_ptr(), Arc::as_ptr(picture));
        self.kept.load().as_ref().filter(|_| is_it).map(|stand| (Age::since(stand.good), *since))
    }

    /// Sets the metrics that change by themselves.
    pub fn observe(&self, metrics: &Metrics) {
        let stand = self.kept.load();
        let age =
            stand.as_ref().map_or(f64::INFINITY, |stand| Age::since(stand.good).0.as_secs_f64());
        metrics.kept_age.set(age);
        metrics.kept_revision.set(stand.as_ref().map_or(-1, |stand| stand.revision));
    }

    fn is_kept(&self, revision: i64, good: SystemTime) {
        self.kept.store(Some(Arc::new(Stand { revision, good })));
    }
}

/// How old something is, as people say it.
#[derive(Debug, Clone, Copy)]
pub struct Age(Duration);

impl Age {
    /// Of something that is from then.
    pub(crate) fn since(time: SystemTime) -> Self {
        Self(SystemTime::now().duration_since(time).unwrap_or_default())
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ 0..=119 => write!(f, "{seconds} s"),
            seconds @ 120..=7199 => write!(f, "{} min", seconds / 60),
            seconds @ 7200..=172_799 => write!(f, "{} h", seconds / 3600),
            seconds => write!(f, "{} days", seconds / 86_400),
        }
    }
}
