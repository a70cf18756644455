//! What the service manager is told.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// How often a start that takes long asks for more time, and for how much.
const ASK_EVERY: Duration = Duration::from_secs(5);
const MORE_TIME: Duration = Duration::from_secs(20);
/// A start that takes longer than this is none.
const LONGEST_START: Duration = Duration::from_mins(10);

pub(super) fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

/// The service answers; how it is, in a line.
pub(crate) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The settings are being read again, until the service says that it is ready.
pub(crate) fn reloading() {
    let mut states = vec![NotifyState::Reloading];
    states.extend(NotifyState::monotonic_usec_now());
    states.push(NotifyState::Status("reading the settings again"));
    tell(&states);
}

/// The service ends.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// A start under way: many users take long to read, and the service manager is asked for the time,
/// until this value is dropped.
pub(crate) struct Starting(Option<(Sender<()>, JoinHandle<()>)>);

impl Starting {
    /// Begins to ask, where there is somebody to be asked.
    pub(crate) fn begin() -> std::io::Result<Self> {
        if std::env::var_os("NOTIFY_SOCKET").is_none() {
            return Ok(Self(None));
        }
        let (end, ended) = channel();
        let asking = std::thread::Builder::new().name("starting".to_owned());
        Ok(Self(Some((end, asking.spawn(move || ask(&ended))?))))
    }
}

impl Drop for Starting {
    fn drop(&mut self) {
        if let Some((end, asking)) = self.0.take() {
            drop(end);
            // What it tells last must not come after what is told next.
            let _ = asking.join();
        }
    }
}

fn ask(ended: &Receiver<()>) {
    let started = Instant::now();
    let more = u32::try_from(MORE_TIME.as_micros()).unwrap_or(u32::MAX);
    while started.elapsed() < LONGEST_START {
        let status = NotifyState::Status("reading the database");
        tell(&[NotifyState::ExtendTimeoutUsec(more), status]);
        if ended.recv_timeout(ASK_EVERY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}
