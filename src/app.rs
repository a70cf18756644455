//! The one state handle: every long-lived part of a running service.

use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use jackfield_api::registry::BuildError;
use jackfield_api::snapshot::Snapshot;
use serde::de::DeserializeOwned;

use crate::db::{Database, DatabaseUrl};
use crate::fsapi::{Router, StartErrors};
use crate::health::{Cause, Health, Reason, Status};
use crate::kept::Keeping;
use crate::metrics::Metrics;
use crate::record::Recorder;
use crate::sessions::Clerk;
use crate::settings::{InForce, Settings};
use crate::switches::Switches;
use crate::watch::Liveness;

/// Long-lived parts, passed to routes and background services as their state.
///
/// A module may rely on its functions. Its fields are the service's own.
pub struct App {
    /// The settings it runs with.
    #[doc(hidden)]
    pub settings: Arc<InForce>,
    /// Answers the switch.
    #[doc(hidden)]
    pub router: Arc<Router>,
    /// What it counts.
    #[doc(hidden)]
    pub metrics: Arc<Metrics>,
    /// Records look-ups, once it is started.
    #[doc(hidden)]
    pub recorder: Arc<Recorder>,
    /// Why it is degraded, as far as somebody says so.
    #[doc(hidden)]
    pub health: Arc<Health>,
    /// Whether it looks for changes of its data.
    #[doc(hidden)]
    pub liveness: Arc<Liveness>,
    /// What is kept for a start without database.
    #[doc(hidden)]
    pub keeping: Arc<Keeping>,
    /// Who is told what has changed.
    #[doc(hidden)]
    pub switches: Switches,
    /// Gives pages what their verto clients log in with.
    #[doc(hidden)]
    pub clerk: Clerk,
}

impl App {
    /// Makes the parts over a snapshot.
    pub fn new(
        settings: impl Into<Arc<InForce>>,
        snapshot: Snapshot,
    ) -> Result<Arc<Self>, StartErrors> {
        Self::read_at(settings, snapshot, SystemTime::now())
    }

    /// Makes the parts over a snapshot that was read at some time.
    #[doc(hidden)]
    pub fn read_at(
        settings: impl Into<Arc<InForce>>,
        snapshot: Snapshot,
        made: SystemTime,
    ) -> Result<Arc<Self>, StartErrors> {
        let (settings, metrics) = (settings.into(), Arc::new(Metrics::new()));
        let (ours, counts) = (Arc::clone(&settings), Arc::clone(&metrics));
        let recorder = Arc::new(Recorder::new(&metrics));
        let records = Arc::clone(&recorder);
        let router = Arc::new(Router::new(ours, counts, records, snapshot, made)?);
        let (health, liveness, keeping) = (Arc::default(), Arc::default(), Arc::default());
        let switches = Switches::new(&settings.now().switches, &metrics);
        let clerk = Clerk::new(&settings.now());
        let app = Self {
            settings,
            router,
            metrics,
            recorder,
            health,
            liveness,
            keeping,
            switches,
            clerk,
        };
        Ok(Arc::new(app))
    }

    /// The settings that are in force now.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.now()
    }

    /// Every reason why it is degraded.
    pub fn reasons(&self) -> Vec<Reason> {
        let mut reasons = self.health.reasons();
        if let Some((why, since)) = self.liveness.standstill() {
            reasons.push(Reason::new(Cause::Watch, why, since));
        }
        if let Some((age, since)) = self.keeping.served(&self.router.picture())
            && reasons.iter().any(|reason| reason.cause.is_of_the_data())
        {
            let why = format!("answers are from the snapshot kept {age} ago");
            reasons.push(Reason::new(Cause::Kept, why, since));
        }
        reasons
    }

    /// Whether what is served is what the database holds, as far as is known.
    pub fn is_up_to_date(&self) -> bool {
        self.reasons().iter().all(|reason| !reason.cause.is_of_the_data())
    }

    /// The PBX as it is served now. A copy shares everything with it; what changes later is in a later one.
    pub fn snapshot(&self) -> Snapshot {
        self.router.picture().snapshot.clone()
    }

    /// The settings of a module: the table of this name, `[handlers.NAME]`, as a type of its own. An error
    /// says what is wrong and what to write. The name is that of one of its handlers, background services,
    /// routes or commands; a table of any other name keeps the program from starting.
    pub fn module_settings<T: DeserializeOwned>(&self, name: &str) -> Result<T, BuildError> {
        self.settings().module(name)
    }

    /// How it is now, a look-up's way included.
    pub async fn status(&self) -> Status {
        Status::of(self, self.router.self_check().await)
    }

    /// Whether look-ups get through, and changes of the data are looked for. What is wrong with the
    /// database is no reason to start a service anew that answers.
    pub async fn self_check(&self) -> Result<(), &'static str> {
        self.router.self_check().await?;
        self.liveness.standstill().map_or(Ok(()), |(why, _)| Err(why))
    }
}

/// Reads a snapshot from a database.
#[doc(hidden)]
pub fn read_snapshot(url: &DatabaseUrl) -> anyhow::Result<Snapshot> {
    let contents = Database::open(url)?.load().with_context(|| format!("reading {url}"))?;
    Ok(Snapshot::new(contents))
}
