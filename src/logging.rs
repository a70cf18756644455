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

use tracing::{Dispatch, Level, Metadata};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use self::journal::Priorities;
pub(crate) use self::lines::{Line, Lines};
use crate::settings::{LogFormat, Settings};

/// Lines that wait to be written, at most.
const LINES: usize = 2048;
/// The client of the event socket.
const EVENT_SOCKET: &str = "freeswitch_esl_tokio";

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
        let filter = EnvFilter::try_new(&settings.log).unwrap_or_default();
        let stream = std::env::var_os("JOURNAL_STREAM");
        let form = match settings.log_format {
            LogFormat::Json => Form::Json,
            LogFormat::Text if journal::reads(stderr(), stream.as_deref()) => Form::Journal,
            LogFormat::Text => Form::Text { ansi: stderr().is_terminal() },
        };
        let (log, replace) = built(filter, form, writer);
        log.init();
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

/// How lines are written.
#[derive(Clone, Copy)]
enum Form {
    Text { ansi: bool },
    Journal,
    Json,
}

/// A log, and the way to its filter.
fn built<W>(filter: EnvFilter, form: Form, writer: W) -> (Dispatch, Replace)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    /// Of loggers each of which is a type of its own.
    macro_rules! reloading {
        ($log:expr) => {{
            let log = $log.with_filter_reloading();
            let handle = log.reload_handle();
            let replace = Box::new(move |filter| drop(handle.reload(filter)));
            (log.finish().with(filter_fn(may_be_told)).into(), replace)
        }};
    }
    let log = fmt().with_env_filter(filter).with_writer(writer);
    match form {
        Form::Text { ansi } => reloading!(log.with_ansi(ansi)),
        Form::Journal => reloading!(log.with_ansi(false).event_format(Priorities::new())),
        Form::Json => reloading!(log.with_ansi(false).json()),
    }
}

/// The client of the event socket prints the commands it sends, session ids and all, and may repeat
/// what it was sent. So nothing but its errors is told, whatever the filter asks for: what else is
/// worth a line, `switches` says.
fn may_be_told(about: &Metadata<'_>) -> bool {
    !about.target().starts_with(EVENT_SOCKET) || *about.level() == Level::ERROR
}

/// From now on this is logged.
pub(crate) fn filter(filter: &str) {
    if let (Some(replace), Ok(filter)) = (REPLACE.get(), EnvFilter::try_new(filter)) {
        replace(filter);
    }
}

/// How many lines were dropped so far.
pub(crate) fn dropped() -> usize {
    DROPPED.get().map_or(0, ErrorCounter::dropped_lines)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panicked").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn taken(&self) -> String {
            let bytes = std::mem::take(&mut *self.0.lock().expect("nobody panicked"));
            String::from_utf8(bytes).expect("text")
        }
    }

    fn all_speak() {
        tracing::debug_span!("lookup").in_scope(|| {
            tracing::debug!(target: "freeswitch_esl_tokio::connection::client", "of a command");
            tracing::warn!(target: "freeswitch_esl_tokio::connection::reader", "of a reply");
            tracing::trace!(target: "freeswitch_esl_tokio", "of a byte");
            tracing::error!(target: "freeswitch_esl_tokio::buffer", "of an error");
            tracing::info!("of its own");
        });
    }

    #[test]
    fn no_filter_has_the_commands_printed_that_switches_are_sent() {
        let filters = [
            "trace",
            "info,freeswitch_esl_tokio=trace",
            "info,freeswitch_esl_tokio::connection=debug",
            "info,freeswitch_esl_tokio::connection::client=trace,freeswitch_esl_tokio=trace",
            "info,[lookup]=trace",
        ];
        for form in [Form::Text { ansi: false }, Form::Journal, Form::Json] {
            let written = Written::default();
            let to = written.clone();
            let filter = EnvFilter::new("info");
            let (log, replace) = built(filter, form, move || to.clone());
            for filter in filters {
                tracing::dispatcher::with_default(&log, || {
                    replace(EnvFilter::new(filter));
                    all_speak();
                });
                let told = written.taken();
                let is_told = |what| told.contains(what);
                assert!(is_told("of an error") && is_told("of its own"), "{filter}: {told}");
                let more = ["of a command", "of a reply", "of a byte"];
                assert!(!more.into_iter().any(is_told), "{filter}: {told}");
            }
        }
    }

    #[test]
    fn a_log_that_is_off_has_no_errors_of_switches_either() {
        let written = Written::default();
        let to = written.clone();
        let (log, _) = built(EnvFilter::new("off"), Form::Text { ansi: false }, move || to.clone());
        tracing::dispatcher::with_default(&log, all_speak);
        assert_eq!(written.taken(), "");
    }
}
