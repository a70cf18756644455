//! Begins background services, begins those anew that fail, and ends them all.
//!
//! Each has a thread to itself, as an asynchronous handler's question has
//! ([`Outside`]), in a runtime that serves nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::time::sleep;

use super::Service;
use crate::app::App;
use crate::fsapi::Outside;
use crate::health::Cause;
use crate::http::{Drain, Stop};

/// How long one that failed waits before it begins anew, the first time and at most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

/// The background services of a program that serves.
pub(crate) struct Services {
    drain: Drain,
    state: Arc<State>,
    /// Held: its threads end with it.
    _outside: Arc<Outside>,
}

/// What is known of all of them.
struct State {
    app: Arc<App>,
    running: Mutex<BTreeSet<&'static str>>,
    /// Why those fail that do.
    failing: Mutex<BTreeMap<&'static str, String>>,
}

impl Services {
    /// Begins every one of these that is not disabled.
    pub(crate) fn start(
        app: &Arc<App>,
        services: impl IntoIterator<Item = &'static Service>,
    ) -> io::Result<Self> {
        let settings = app.settings();
        let is_disabled = |name: &str| settings.disabled_handlers.iter().any(|it| it == name);
        let services: Vec<_> =
            services.into_iter().filter(|service| !is_disabled(service.name)).collect();
        let (drain, stop) = Drain::new();
        let outside = Arc::new(Outside::new("services", services.len()));
        let running = services.iter().map(|service| service.name).collect();
        let state =
            State { app: Arc::clone(app), running: Mutex::new(running), failing: Mutex::default() };
        let state = Arc::new(state);
        for service in services {
            let (state, stop, runtime) =
                (Arc::clone(&state), stop.clone(), outside.handle()?.clone());
            std::thread::Builder::new().name(service.name.to_owned()).spawn(move || {
                let name = service.name;
                runtime.block_on(state.supervise(service, stop));
                lock(&state.running).remove(name);
            })?;
        }
        Ok(Self { drain, state, _outside: outside })
    }

    /// Tells them to end, and waits for those that do in time.
    pub(crate) async fn end(self) {
        if !self.drain.run().await {
            let running = lock(&self.state.running).iter().copied().collect::<Vec<_>>().join(", ");
            tracing::warn!("background services had not ended: {running}");
        }
    }
}

impl State {
    async fn supervise(self: &Arc<Self>, service: &'static Service, mut stop: Stop) {
        let (name, mut waited) = (service.name, None);
        tracing::info!(service = name, "background service begins");
        loop {
            let began = Instant::now();
            // On another thread, because this one may be blocked.
            let (state, after) = (Arc::clone(self), waited.unwrap_or_default());
            let well = tokio::spawn(async move {
                sleep(after).await;
                state.recovered(name);
            });
            let (app, told) = (Arc::clone(&self.app), stop.clone());
            let run = async { (service.run)(app, told).await };
            let ended = AssertUnwindSafe(run).catch_unwind().await;
            well.abort();
            // What it tells must not come behind what is told below.
            let _ = well.await;
            let why = match ended {
                Ok(Ok(())) => {
                    self.recovered(name);
                    tracing::info!(service = name, "background service has ended");
                    return;
                }
                Ok(Err(error)) => format!("{error:#}"),
                Err(_) => "it panicked".to_owned(),
            };
            if stop.has_begun() {
                tracing::warn!(service = name, "background service failed at the end: {why}");
                return;
            }
            let wait = back_off(waited, began.elapsed());
            let again_in_s = wait.as_secs();
            tracing::error!(service = name, again_in_s, "background service failed: {why}");
            self.failed(name, why);
            tokio::select! {
                () = sleep(wait) => {}
                () = stop.begins() => return,
            }
            waited = Some(wait);
        }
    }

    fn failed(&self, name: &'static str, why: String) {
        let mut failing = lock(&self.failing);
        failing.insert(name, why);
        self.tell(&failing);
    }

    fn recovered(&self, name: &'static str) {
        let mut failing = lock(&self.failing);
        if failing.remove(name).is_some() {
            tracing::info!(service = name, "background service runs again");
            self.tell(&failing);
        }
    }

    fn tell(&self, failing: &BTreeMap<&'static str, String>) {
        let told = failing.iter().map(|(name, why)| format!("background service {name}: {why}"));
        let told = told.collect::<Vec<_>>().join("; ");
        if told.is_empty() {
            self.app.health.recovered(Cause::Service);
        } else {
            self.app.health.degraded(Cause::Service, told);
        }
    }
}

/// How long one waits that has run for so long, after the wait that was before.
fn back_off(waited: Option<Duration>, ran: Duration) -> Duration {
    match waited {
        Some(waited) if ran < LONGEST => LONGEST.min(waited * 2),
        _ => FIRST,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that can panic is done under the lock.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_fails_again_and_again_waits_twice_as_long_each_time_up_to_a_minute() {
        let mut waited = None;
        let waits = [(); 8].map(|()| {
            waited = Some(back_off(waited, Duration::from_secs(59)));
            waited.expect("set").as_secs()
        });
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(back_off(waited, LONGEST), FIRST, "it did well for a while");
    }
}
