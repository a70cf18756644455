//! Puts right who is recorded as connected, by what the switches say.
//!
//! Hook scripts tell of each login and each end, and what they tell may be lost with the switch, the
//! service or the database. A client whose connection its switch does not have is not connected; one
//! that came while the switch was asked is left alone, and so is everybody of a switch that does not
//! answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jackfield_api::ClientLeave;
use jackfield_api::snapshot::Connection;

use crate::app::App;
use crate::clock;
use crate::db::Writer;
use crate::fsapi::Router;
use crate::switches::{Comparing, Outs, Present, is_one, leavers};

/// How long it may take to write what is put right; else it is tried again the next time.
const PATIENCE: Duration = Duration::from_secs(10);
/// By how many seconds the clocks of two instances may differ.
const LEEWAY: i64 = 5;
/// How many connections are forgotten in one transaction.
const AT_ONCE: usize = 256;

/// Listens to the switches of a service.
pub(crate) struct Presence {
    router: Arc<Router>,
    writer: Writer,
    /// Whether something is being written: a database that hangs holds up one thread, not more.
    busy: Arc<AtomicBool>,
}

impl Presence {
    pub(crate) fn new(app: &App) -> Self {
        let writer = Writer::new(app.settings().database_url.clone());
        Self { router: Arc::clone(&app.router), writer, busy: Arc::default() }
    }

    /// Whoever is recorded as connected to this switch since before it was asked, and is not there; and
    /// whether somebody was left alone who may be gone.
    fn gone(&self, present: &Present) -> (Vec<ClientLeave>, bool) {
        let picture = self.router.picture();
        let clients = picture.snapshot.contents().clients.with_rows();
        let connections = clients
            .flat_map(|(_, client)| client.connections().map(move |(_, it)| (client.name, it)));
        let missing = connections.filter(|(name, it)| {
            // Scripts that tell no address tell nothing that could be compared.
            let is_told = present.is_of(&it.switch) && !it.address.is_empty();
            is_told && !present.clients.contains(&(*name, it.address.clone()))
        });
        // It was recorded by another clock, maybe, than it was asked by.
        let before = present.asked - LEEWAY;
        let (gone, young): (Vec<_>, Vec<_>) = missing.partition(|(_, it)| it.at < before);
        let leave = |(name, it): (_, &Connection)| ClientLeave {
            name,
            address: it.address.clone(),
            switch: it.switch.clone(),
        };
        (gone.into_iter().map(leave).collect(), !young.is_empty())
    }

    /// On a thread that may wait; nobody but one at a time.
    fn forget(&self, gone: &[ClientLeave], present: &Present) {
        if gone.is_empty() || self.busy.swap(true, Ordering::SeqCst) {
            return;
        }
        // Some at a time: those that log in again meanwhile are written in between.
        let before = present.asked - LEEWAY;
        let forget = |some| self.writer.within(Instant::now() + PATIENCE).forget(some, before);
        let clients: usize = gone.chunks(AT_ONCE).filter_map(|some| forget(some).ok()).sum();
        self.busy.store(false, Ordering::SeqCst);
        let switch = present.switch.first();
        if clients > 0 {
            tracing::info!(switch, clients, "forgot connections that the switch does not have");
        }
    }
}

impl Comparing for Presence {
    fn is_of_use(&self) -> bool {
        let picture = self.router.picture();
        let mut clients = picture.snapshot.contents().clients.with_rows();
        clients.any(|(_, it)| it.connections().next().is_some())
    }

    fn compare(&self, present: &Present) -> bool {
        let (gone, is_young) = self.gone(present);
        self.forget(&gone, present);
        is_young
    }

    fn leavers(&self, switch: &[String]) -> Outs {
        let picture = self.router.picture();
        let (contents, now) = (picture.snapshot.contents(), clock::seconds());
        let is_here = |name: &str| is_one(switch, name);
        let clients = contents.clients.with_rows();
        clients.flat_map(|(_, client)| leavers(contents, client, is_here, Some(now))).collect()
    }
}
