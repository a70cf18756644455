//! The one state handle: every long-lived part of a running service.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use jackfield_api::snapshot::Snapshot;
use serde::Serialize;

use crate::db::{Database, DatabaseUrl, Mark};
use crate::fsapi::{Router, StartErrors};
use crate::kept::{self, Keeping};
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::watch::Liveness;

/// Long-lived parts, passed to routes as their state.
pub struct App {
    /// The settings it runs with.
    pub settings: Arc<Settings>,
    /// Answers the switch.
    pub router: Arc<Router>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
    /// Whether its data are up to date.
    pub liveness: Arc<Liveness>,
    /// What is kept for a start without database.
    pub keeping: Arc<Keeping>,
}

/// How a service is: what `/health` and the control socket answer.
#[derive(Debug, Serialize)]
pub struct Status {
    /// `ready`; `degraded` while it answers from data that may be out of date.
    #[serde(rename = "status")]
    word: &'static str,
    /// Why it is degraded.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    version: &'static str,
    revision: i64,
    domains: usize,
    users: usize,
    /// The snapshot that is kept for a start without database.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept: Option<kept::Told>,
}

impl App {
    /// Makes the parts over a snapshot.
    pub fn new(settings: Settings, snapshot: Snapshot) -> Result<Arc<Self>, StartErrors> {
        Self::read_at(settings, snapshot, SystemTime::now())
    }

    /// Makes the parts over a snapshot that was read at some time.
    pub fn read_at(
        settings: Settings,
        snapshot: Snapshot,
        made: SystemTime,
    ) -> Result<Arc<Self>, StartErrors> {
        let settings = Arc::new(settings);
        let metrics = Arc::new(Metrics::new());
        let (ours, counts) = (Arc::clone(&settings), Arc::clone(&metrics));
        let router = Arc::new(Router::new(ours, counts, snapshot, made)?);
        let (liveness, keeping) = (Arc::default(), Arc::default());
        Ok(Arc::new(Self { settings, router, metrics, liveness, keeping }))
    }

    /// How it is now.
    pub fn status(&self) -> Status {
        let picture = self.router.picture();
        let kept = self.keeping.served(&picture);
        let why = self.liveness.trouble().map(|why| match kept {
            Some(age) => format!("{why}; answers are from the snapshot kept {age} ago"),
            None => why,
        });
        Status {
            word: if why.is_none() { "ready" } else { "degraded" },
            why,
            version: env!("CARGO_PKG_VERSION"),
            revision: picture.snapshot.revision(),
            domains: picture.snapshot.contents().domains.len(),
            users: picture.snapshot.user_count(),
            kept: self.keeping.told(),
        }
    }
}

/// Reads a snapshot from a database.
pub fn read_snapshot(url: &DatabaseUrl) -> anyhow::Result<Snapshot> {
    read_marked(url).map(|(snapshot, _)| snapshot)
}

/// Reads a snapshot from a database, and where that was in its history.
pub fn read_marked(url: &DatabaseUrl) -> anyhow::Result<(Snapshot, Mark)> {
    let read = Database::open(url)?.load_marked();
    let (contents, mark) = read.with_context(|| format!("reading {url}"))?;
    Ok((Snapshot::new(contents), mark))
}
