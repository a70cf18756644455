//! A snapshot together with the routes of every registry: what is published as a whole.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use jackfield_api::registry::{Conflict, Routes};
use jackfield_api::snapshot::Snapshot;

use super::registry::Registries;

/// What look-ups are answered from, until the next one is published.
#[derive(Debug)]
pub struct Picture {
    /// The data.
    pub snapshot: Snapshot,
    /// Routes of each registry, in the order of the registries.
    pub routes: Vec<Routes>,
    /// When the database was read for it.
    pub made: SystemTime,
    /// Tells it from every other picture of this process; a higher one was made later.
    pub generation: u64,
}

/// The generation of the next picture.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Picture {
    /// Resolves every key; all conflicts are reported at once.
    pub fn new(
        snapshot: Snapshot,
        registries: &Registries,
        made: SystemTime,
    ) -> Result<Self, Vec<Conflict>> {
        let mut routes = Vec::with_capacity(registries.len());
        let mut conflicts = Vec::new();
        for registry in registries {
            match registry.routes(&snapshot) {
                Ok(found) => routes.push(found),
                Err(found) => conflicts.extend(found),
            }
        }
        if conflicts.is_empty() {
            let generation = NEXT.fetch_add(1, Ordering::Relaxed);
            Ok(Self { snapshot, routes, made, generation })
        } else {
            Err(conflicts)
        }
    }
}
