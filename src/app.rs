//! The one state handle: every long-lived part of a running service.

use std::sync::Arc;

use anyhow::Context;
use jackfield_api::snapshot::Snapshot;
use serde::Serialize;

use crate::db::{Database, DatabaseUrl, Mark};
use crate::fsapi::{Router, StartErrors};
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
}

impl App {
    /// Makes the parts over a snapshot.
    pub fn new(settings: Settings, snapshot: Snapshot) -> Result<Arc<Self>, StartErrors> {
        let settings = Arc::new(settings);
        let metrics = Arc::new(Metrics::new());
        let router = Arc::new(Router::new(Arc::clone(&settings), Arc::clone(&metrics), snapshot)?);
        Ok(Arc::new(Self { settings, router, metrics, liveness: Arc::default() }))
    }

    /// How it is now.
    pub fn status(&self) -> Status {
        let why = self.liveness.trouble();
        let picture = self.router.picture();
        Status {
            word: if why.is_none() { "ready" } else { "degraded" },
            why,
            version: env!("CARGO_PKG_VERSION"),
            revision: picture.snapshot.revision(),
            domains: picture.snapshot.contents().domains.len(),
            users: picture.snapshot.user_count(),
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
