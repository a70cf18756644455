//! The log, and the panics that go into it.

use std::sync::Once;

use tracing_subscriber::{EnvFilter, fmt};

use crate::settings::{LogFormat, Settings};

/// Sends the log to standard error, as the settings say. Only the first call counts.
pub(crate) fn start(settings: &Settings) {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let filter = EnvFilter::try_new(&settings.log).unwrap_or_default();
        let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let log = fmt().with_env_filter(filter).with_ansi(ansi).with_writer(std::io::stderr);
        match settings.log_format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().init(),
        }
        // A panic's own words may repeat a field of the look-up; its place does not.
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panicked");
        }));
    });
}
