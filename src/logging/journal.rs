//! Lines for systemd's journal, which knows the time by itself.

use std::ffi::OsStr;
use std::fmt;
use std::os::fd::AsFd;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::{Format, Full, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Text with the priority in front of each line, as sd-daemon(3) has it, and without the time.
pub(super) struct Priorities(Format<Full, ()>);

impl Priorities {
    pub(super) fn new() -> Self {
        Self(Format::default().without_time().with_ansi(false))
    }
}

impl<S, N> FormatEvent<S, N> for Priorities
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = String::new();
        self.0.format_event(context, Writer::new(&mut text), event)?;
        let priority = priority(*event.metadata().level());
        // Each line is an entry of the journal: one without a priority, or with one that somebody
        // wrote into a text, would be taken for what it is not.
        let lines = text.split(['\n', '\0']).filter(|line| !line.is_empty());
        lines.map(str::trim_end).try_for_each(|line| writeln!(to, "<{priority}>{line}"))
    }
}

/// As syslog(3) counts them.
fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

/// Whether the journal reads what is written there. systemd says which socket it reads in
/// `$JOURNAL_STREAM`; what has inherited that, but was sent elsewhere, is not read by it.
pub(super) fn reads(written: impl AsFd, stream: Option<&OsStr>) -> bool {
    let Some((device, inode)) = stream.and_then(OsStr::to_str).and_then(|it| it.split_once(':'))
    else {
        return false;
    };
    rustix::fs::fstat(written)
        .is_ok_and(|file| file.st_dev.to_string() == device && file.st_ino.to_string() == inode)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::MetadataExt;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("whole").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn logged(log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let to = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_writer(move || to.clone())
            .event_format(Priorities::new())
            .finish();
        tracing::subscriber::with_default(subscriber, log);
        let written = lines.0.lock().expect("whole").clone();
        String::from_utf8(written).expect("text")
    }

    #[test]
    fn a_line_begins_with_its_priority() {
        let log = logged(|| {
            tracing::error!("one");
            tracing::warn!(field = 2, "two");
            tracing::info!("three");
            tracing::debug!("four");
        });
        let place = module_path!();
        let expected = format!(
            "<3>ERROR {place}: one\n<4> WARN {place}: two field=2\n<6> INFO {place}: three\n\
             <7>DEBUG {place}: four\n"
        );
        assert_eq!(log, expected);
    }

    #[test]
    fn no_text_that_is_logged_chooses_a_priority() {
        let log = logged(|| tracing::info!("a\n<0>b"));
        assert_eq!(log.lines().map(|line| &line[..3]).collect::<Vec<_>>(), ["<6>", "<6>"]);
        assert!(log.ends_with("\n<6><0>b\n"), "{log:?}");
        // The journal ends an entry at this, too.
        let log = logged(|| tracing::info!("a\0<0>b\r\n\nc"));
        assert_eq!(log.lines().map(|line| &line[..3]).collect::<Vec<_>>(), ["<6>"; 3]);
    }

    #[test]
    fn the_journal_reads_the_stream_that_it_names_and_no_other() {
        let file = tempfile::tempfile().expect("a file");
        let told = file.metadata().expect("readable");
        let named = |device, inode| reads(&file, Some(OsStr::new(&format!("{device}:{inode}"))));
        assert!(named(told.dev(), told.ino()));
        assert!(!named(told.dev(), told.ino() + 1) && !named(told.dev() + 1, told.ino()));
        assert!(!reads(&file, None) && !reads(&file, Some(OsStr::new("x"))));
    }
}
