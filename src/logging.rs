//! The log, and the panics that go into it.
//!
//! Lines are written by a thread of their own: strangers can cause lines, and whoever reads them may
//! stall. Lines that there is no room for are dropped and counted. Of those that strangers and handlers
//! cause there are only a few a second ([`Lines`]). Where systemd's journal reads them they are made for it
//! (`journal`).

mod journal;
mod lines;

use std::io::{IsTerminal, stderr};
use std::sync::OnceLock;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::{EnvFilter, fmt};

use self::journal::Priorities;
pub(crate) use self::lines::{Line, Lines};
use crate::settings::{LogFormat, Settings};

/// Lines that wait to be written, at most.
const LINES: usize = 2048;

static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Puts another filter in the place of the one in force.
type Replace = Box<dyn Fn(EnvFilter) + Send + Sync>;

static REPLACE: OnceLock<Replace> = OnceLock::new();

/// Sends the log to standard error, as the settings say, until the guard is dropped: that writes what
/// still waits. Only the first call counts.
pub(crate) fn start(settings: &Settings) -> WorkerGuard {
    let (writer, guard) =
        NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES).finish(stderr());
    if DROPPED.set(writer.error_counter()).is_ok() {
        let filter = parsed(&settings.log).unwrap_or_default();
        let ansi = stderr().is_terminal();
        let stream = std::env::var_os("JOURNAL_STREAM");
        let log = fmt().with_env_filter(filter).with_ansi(ansi).with_writer(writer);
        let replace: Replace = match settings.log_format {
            LogFormat::Text if journal::reads(stderr(), stream.as_deref()) => {
                let log = log.event_format(Priorities::new()).with_filter_reloading();
                let handle = log.reload_handle();
                log.init();
                Box::new(move |filter| drop(handle.reload(filter)))
            }
            LogFormat::Text => {
                let log = log.with_filter_reloading();
                let handle = log.reload_handle();
                log.init();
                Box::new(move |filter| drop(handle.reload(filter)))
            }
            LogFormat::Json => {
                let log = log.json().with_filter_reloading();
                let handle = log.reload_handle();
                log.init();
                Box::new(move |filter| drop(handle.reload(filter)))
            }
        };
        let _ = REPLACE.set(replace);
        // A panic's own words may repeat a field of the look-up; its place does not.
        std::panic::set_hook(Box::new(|panic| {
            static LINES: Lines = Lines::new();
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            if let Some(Line { left_out }) = LINES.next() {
                tracing::error!(left_out, place, "panicked");
            }
        }));
    }
    guard
}

/// From now on this is logged.
pub(crate) fn filter(filter: &str) {
    if let (Some(replace), Ok(filter)) = (REPLACE.get(), parsed(filter)) {
        replace(filter);
    }
}

/// The client of the event socket tells of each attempt; what is worth a line, `switches` says.
fn parsed(filter: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::try_new(format!("freeswitch_esl_tokio=error,{filter}"))
}

/// How many lines were dropped so far.
pub(crate) fn dropped() -> usize {
    DROPPED.get().map_or(0, ErrorCounter::dropped_lines)
}
