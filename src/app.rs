//! The one state handle: every long-lived part of a running service.

use std::sync::Arc;

use anyhow::Context;
use jackfield_api::snapshot::Snapshot;

use crate::db::{Database, DatabaseUrl};
use crate::fsapi::{Router, StartErrors};
use crate::metrics::Metrics;
use crate::settings::Settings;

/// Long-lived parts, passed to routes as their state.
pub struct App {
    /// The settings it runs with.
    pub settings: Arc<Settings>,
    /// Answers the switch.
    pub router: Arc<Router>,
    /// What it counts.
    pub metrics: Arc<Metrics>,
}

impl App {
    /// Makes the parts over a snapshot.
    pub fn new(settings: Settings, snapshot: Snapshot) -> Result<Arc<Self>, StartErrors> {
        let settings = Arc::new(settings);
        let metrics = Arc::new(Metrics::new());
        let router = Arc::new(Router::new(Arc::clone(&settings), Arc::clone(&metrics), snapshot)?);
        Ok(Arc::new(Self { settings, router, metrics }))
    }
}

/// Reads a snapshot from a database.
pub fn read_snapshot(url: &DatabaseUrl) -> anyhow::Result<Snapshot> {
    let contents = Database::open(url)?.load().with_context(|| format!("reading {url}"))?;
    Ok(Snapshot::new(contents))
}
