//! A snapshot together with the routes of every registry: what is published as a whole.

use std::time::SystemTime;

use jackfield_api::registry::{Conflict, Routes};
use jackfield_api::snapshot::Snapshot;

use super::registry::Registry;

/// What look-ups are answered from, until the next one is published.
#[derive(Debug)]
pub struct Picture {
    /// The data.
    pub snapshot: Snapshot,
    /// Routes of each registry, in the order of the registries.
    pub routes: Vec<Routes>,
    /// When the database was read for it.
    pub made: SystemTime,
}

impl Picture {
    /// Resolves every key; all conflicts are reported at once.
    pub fn new(
        snapshot: Snapshot,
        registries: &[Box<dyn Registry>],
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
        if conflicts.is_empty() { Ok(Self { snapshot, routes, made }) } else { Err(conflicts) }
    }
}
