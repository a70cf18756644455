//! How a service is, and every reason why it is not all that it should be.
//!
//! *Ready*: it answers from what it should. *Degraded*: it answers look-ups, but from data or with
//! settings that are not the last ones, or without what a module does in the background; whoever finds a reason says so by its [`Cause`], and says when
//! it is gone. *Down*: look-ups do not get through, or it is stopping.

mod status;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;

pub use self::status::Status;

/// What a reason is about. A closed set, so that it can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The database is not at hand.
    Database,
    /// What the database holds is not served, because it breaks a rule or cannot be read.
    Data,
    /// Changes of the data are not looked for any more.
    Watch,
    /// What is served was kept by an earlier service, and not read since.
    Kept,
    /// The settings file was read again and is not followed, because it is wrong.
    Settings,
    /// A background service of a module fails.
    Service,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Database, Self::Data, Self::Watch, Self::Kept, Self::Settings, Self::Service];

    /// Whether what is served may not be what the database holds.
    pub fn is_of_the_data(self) -> bool {
        !matches!(self, Self::Settings | Self::Service)
    }

    /// Its name in metrics and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Data => "data",
            Self::Watch => "watch",
            Self::Kept => "kept",
            Self::Settings => "settings",
            Self::Service => "service",
        }
    }
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What it is about.
    pub cause: Cause,
    /// What is wrong, and what to do.
    pub why: String,
    /// For how many seconds it has been so.
    pub for_s: u64,
}

impl Reason {
    /// One that there is since then.
    pub fn new(cause: Cause, why: impl Into<String>, since: Instant) -> Self {
        Self { cause, why: why.into(), for_s: since.elapsed().as_secs() }
    }
}

/// The reasons that there are now.
#[derive(Debug, Default)]
pub struct Health {
    reasons: Mutex<BTreeMap<Cause, (String, Instant)>>,
    stopping: AtomicBool,
}

impl Health {
    /// From now on the service is degraded for this cause. Whether that is news; another word for the
    /// same cause keeps its time.
    pub fn degraded(&self, cause: Cause, why: impl Into<String>) -> bool {
        let why = why.into();
        let mut reasons = self.lock();
        let before = reasons.get(&cause);
        let is_news = before.is_none_or(|(told, _)| *told != why);
        let since = before.map_or_else(Instant::now, |(_, since)| *since);
        reasons.insert(cause, (why, since));
        is_news
    }

    /// The cause is gone. Whether there was one.
    pub fn recovered(&self, cause: Cause) -> bool {
        self.lock().remove(&cause).is_some()
    }

    /// Every reason, in the order of the causes.
    pub fn reasons(&self) -> Vec<Reason> {
        let reasons = self.lock();
        reasons.iter().map(|(cause, (why, since))| Reason::new(*cause, why, *since)).collect()
    }

    /// From now on the service is down: nobody new is to come.
    pub fn stopping(&self) {
        self.stopping.store(true, Relaxed);
    }

    /// Whether the service is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Cause, (String, Instant)>> {
        // Nothing that can panic is done under the lock.
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_told_until_it_is_gone() {
        let health = Health::default();
        assert_eq!(health.reasons(), []);
        assert!(health.degraded(Cause::Settings, "a") && !health.degraded(Cause::Settings, "a"));
        assert!(health.degraded(Cause::Database, "b"));
        assert!(health.degraded(Cause::Settings, "c"));
        let told: Vec<_> =
            health.reasons().into_iter().map(|reason| (reason.cause, reason.why)).collect();
        let expected = [(Cause::Database, "b".to_owned()), (Cause::Settings, "c".to_owned())];
        assert_eq!(told, expected);
        assert!(health.recovered(Cause::Database) && !health.recovered(Cause::Database));
        assert_eq!(health.reasons().len(), 1);
    }

    #[test]
    fn a_cause_has_one_name() {
        for cause in Cause::ALL {
            assert_eq!(serde_json::to_value(cause).expect("plain"), cause.as_str());
        }
    }
}
