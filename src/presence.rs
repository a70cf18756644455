//! Puts right who is recorded as connected, by what the switches say.
//!
//! Hook scripts tell of each login and each end, and what they tell may be lost with the switch, the
//! service or the database. A client whose connection its switch does not have is not connected; one
//! that came while the switch was asked is left alone, and so is everybody of a switch that does not
//! answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jackfield_api::ClientLeave;
use jackfield_api::snapshot::SessionId;

use crate::app::App;
use crate::clock;
use crate::db::Writer;
use crate::fsapi::Router;
use crate::switches::{Comparing, Out, Present, leavers, of_nobody};

/// How long it may take to write what is put right; else it is tried again the next time.
const PATIENCE: Duration = Duration::from_secs(10);
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

    /// Whose session is there and has to go: it was replaced, its channel has been disabled, or its
    /// client's time is over.
    fn leavers(&self, present: &Present) -> BTreeMap<SessionId, Out> {
        let (picture, now) = (self.router.picture(), clock::seconds());
        let contents = picture.snapshot.contents();
        let there = present.clients.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>();
        let clients = there.into_iter().filter_map(|name| contents.clients.get(name));
        let leavers = clients.flat_map(|client| {
            let is_here = |switch: &str| present.is_of(switch);
            if client.is_expired(now) {
                of_nobody(contents, client, is_here)
            } else {
                leavers(contents, client, is_here)
            }
        });
        leavers.collect()
    }

    /// Whoever is recorded as connected to this switch since before it was asked, and is not there.
    fn gone(&self, present: &Present) -> Vec<ClientLeave> {
        let picture = self.router.picture();
        let clients = picture.snapshot.contents().clients.with_rows();
        clients
            .flat_map(|(_, client)| client.connections().map(move |(_, it)| (client.name, it)))
            .filter(|(name, connection)| {
                let is_of_it = connection.at < present.asked && present.is_of(&connection.switch);
                let is_there = || present.clients.contains(&(*name, connection.address.clone()));
                // Scripts that tell no address tell nothing that could be compared.
                is_of_it && !connection.address.is_empty() && !is_there()
            })
            .map(|(name, connection)| ClientLeave {
                name,
                address: connection.address.clone(),
                switch: connection.switch.clone(),
            })
            .collect()
    }
}

impl Comparing for Presence {
    fn is_of_use(&self) -> bool {
        let picture = self.router.picture();
        picture
            .snapshot
            .contents()
            .clients
            .with_rows()
            .any(|(_, it)| it.connections().next().is_some())
    }

    fn compare(&self, present: Present) -> BTreeMap<SessionId, Out> {
        let leavers = self.leavers(&present);
        self.forget(present);
        leavers
    }
}

impl Presence {
    fn forget(&self, present: Present) {
        let gone = self.gone(&present);
        if gone.is_empty() || self.busy.swap(true, Ordering::SeqCst) {
            return;
        }
        let (writer, busy) = (self.writer.clone(), Arc::clone(&self.busy));
        tokio::task::spawn_blocking(move || {
            // Some at a time: those that log in again meanwhile are written in between.
            let forget =
                |some| writer.within(Instant::now() + PATIENCE).forget(some, present.asked);
            let clients: usize = gone.chunks(AT_ONCE).filter_map(|some| forget(some).ok()).sum();
            busy.store(false, Ordering::SeqCst);
            let switch = present.switch.first();
            if clients > 0 {
                tracing::info!(switch, clients, "forgot connections that the switch does not have");
            }
        });
    }
}
