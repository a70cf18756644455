//! Begins background services, begins those anew that fail, and ends them all.
//!
//! Each has two threads: one that supervises it, and one that is its own, with a tokio runtime that serves
//! nothing else. So whatever a service blocks is its own, and nothing here waits for that.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Service;
use crate::app::App;
use crate::health::Cause;
use crate::http::{Drain, Stop};

/// How long one that failed waits before it begins anew, the first time and at most.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);
/// How much is told of what a service says as an error, in characters.
const MOST: usize = 300;
const PANICKED: &str = "it panicked";

/// The background services of a program that serves.
pub(crate) struct Services {
    drain: Drain,
    state: Arc<State>,
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
        let running = services.iter().map(|service| service.name).collect();
        let state =
            State { app: Arc::clone(app), running: Mutex::new(running), failing: Mutex::default() };
        let state = Arc::new(state);
        for service in services {
            // Shown from the start, or a rate would miss the first one.
            app.metrics.service_failures.with_label_values(&[service.name]);
            let (state, stop, runtime) = (Arc::clone(&state), stop.clone(), runtime()?);
            thread(service).spawn(move || {
                let supervised = Supervised { state, name: service.name };
                runtime.block_on(supervised.supervise(service, stop));
            })?;
        }
        Ok(Self { drain, state })
    }

    /// Tells them to end, and waits for those that do in time.
    pub(crate) async fn end(self) {
        if !self.drain.run().await {
            let running = lock(&self.state.running).iter().copied().collect::<Vec<_>>().join(", ");
            tracing::warn!("background services had not ended: {running}");
        }
    }
}

/// A thread of that name.
fn thread(service: &Service) -> std::thread::Builder {
    std::thread::Builder::new().name(service.name.to_owned())
}

/// A runtime for one thread.
fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// A service that is supervised, until this is dropped.
struct Supervised {
    state: Arc<State>,
    name: &'static str,
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.state.failed(self.name, "its supervision panicked".to_owned());
        }
        lock(&self.state.running).remove(self.name);
    }
}

impl Supervised {
    async fn supervise(&self, service: &'static Service, mut stop: Stop) {
        let (state, name, mut waited) = (&self.state, self.name, None);
        tracing::info!(service = name, "background service begins");
        loop {
            let began = Instant::now();
            let mut ended = run(service, &state.app, &stop);
            let in_time = timeout(waited.unwrap_or_default(), &mut ended).await;
            let ended = if let Ok(ended) = in_time {
                ended
            } else {
                state.recovered(name);
                ended.await
            };
            let why = match ended {
                Ok(Ok(())) => {
                    state.recovered(name);
                    tracing::info!(service = name, "background service has ended");
                    return;
                }
                Ok(Err(why)) => why,
                // Its thread has panicked, where it dropped what it panicked with.
                Err(_) => PANICKED.to_owned(),
            };
            if stop.has_begun() {
                tracing::warn!(service = name, ?why, "background service failed at the end");
                return;
            }
            let wait = back_off(waited, began.elapsed());
            let again_in_s = wait.as_secs();
            state.failed(name, why.clone());
            tracing::error!(service = name, again_in_s, ?why, "background service failed");
            if timeout(wait, stop.begins()).await.is_ok() {
                return;
            }
            waited = Some(wait);
        }
    }
}

/// Runs a service once on a thread of its own, with all that it spawns, and tells why it failed.
fn run(
    service: &'static Service,
    app: &Arc<App>,
    stop: &Stop,
) -> oneshot::Receiver<Result<(), String>> {
    let (tell, told) = oneshot::channel();
    let (app, stop) = (Arc::clone(app), stop.clone());
    let run = move || {
        let runtime = runtime().map_err(|error| format!("it has no runtime: {error}"))?;
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let ended = runtime.block_on(async { (service.run)(app, stop).await });
            // Here, because making words of its error is the service's code, too.
            ended.map_err(|error| cut(&format!("{error:#}")))
        }));
        // Whatever it has left behind and blocks is not waited for.
        runtime.shutdown_background();
        ended.unwrap_or_else(|_| Err(PANICKED.to_owned()))
    };
    let started = thread(service).spawn(move || tell.send(run()));
    match started {
        Ok(_) => told,
        Err(error) => {
            let (tell, told) = oneshot::channel();
            let _ = tell.send(Err(format!("it has no thread: {error}")));
            told
        }
    }
}

/// What is told of an error: one line, and not too long.
fn cut(error: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut told: String = error.chars().take(MOST).map(plain).collect();
    if error.chars().nth(MOST).is_some() {
        told.push('…');
    }
    told
}

impl State {
    fn failed(&self, name: &'static str, why: String) {
        self.app.metrics.service_failures.with_label_values(&[name]).inc();
        let mut failing = lock(&self.failing);
        failing.insert(name, why);
        self.tell(&failing);
    }

    fn recovered(&self, name: &'static str) {
        let mut failing = lock(&self.failing);
        if failing.remove(name).is_some() {
            self.tell(&failing);
            tracing::info!(service = name, "background service runs again");
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
