//! The log, and the panics that go into it.
//!
//! Lines are written by a thread of their own: strangers can cause lines, and whoever reads them may
//! stall. Lines that there is no room for are dropped and counted.

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::{LogFormat, Settings};

/// Lines that wait to be written, at most.
const LINES: usize = 2048;

static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Sends the log to standard error, as the settings say, until the guard is dropped: that writes what
/// still waits. Only the first call counts.
pub(crate) fn start(settings: &Settings) -> WorkerGuard {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES).finish(stderr());
    if DROPPED.set(writer.error_counter()).is_ok() {
        let filter = EnvFilter::try_new(&settings.log).unwrap_or_default();
        let ansi = stderr().is_terminal();
        let log = fmt().with_env_filter(filter).with_ansi(ansi).with_writer(writer);
        match settings.log_format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().init(),
        }
        // A panic's own words may repeat a field of the look-up; its place does not.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panicked");
        }));
    }
    guard
}

/// How many lines were dropped so far.
pub(crate) fn dropped() -> usize {
    DROPPED.get().map_or(0, ErrorCounter::dropped_lines)
}
