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

use crate::app::App;
use crate::db::Writer;
use crate::fsapi::Router;
use crate::switches::{Comparing, Present};

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

    /// Whoever is recorded as connected to this switch since before it was asked, and is not there.
    fn gone(&self, present: &Present) -> Vec<ClientLeave> {
        let picture = self.router.picture();
        let clients = picture.snapshot.contents().clients.with_rows();
        clients
            .filter_map(|(_, client)| {
                let connection = client.connected.as_ref()?;
                let is_of_it = connection.at < present.asked && present.is_of(&connection.switch);
                let is_there =
                    || present.clients.contains(&(client.name, connection.address.clone()));
                // Scripts that tell no address tell nothing that could be compared.
                let is_gone = is_of_it && !connection.address.is_empty() && !is_there();
                is_gone.then(|| ClientLeave {
                    name: client.name,
                    address: connection.address.clone(),
                    switch: connection.switch.clone(),
                })
            })
            .collect()
    }
}

impl Comparing for Presence {
    fn is_of_use(&self) -> bool {
        let picture = self.router.picture();
        picture.snapshot.contents().clients.with_rows().any(|(_, it)| it.connected.is_some())
    }

    fn compare(&self, present: Present) {
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
