//! What a switch was told in one go, for one line of the log.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::command::Command;

/// A line has about so many bytes of commands, and counts the others.
const LONGEST: usize = 400;
/// After a shorter pause it goes on with the same line, ...
const PAUSE: Duration = Duration::from_secs(1);
/// ... but no longer than this.
const OLDEST: Duration = Duration::from_secs(10);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Said {
    line: String,
    left_out: usize,
    since: Option<Instant>,
}

impl Said {
    /// A command was given, and this came of it.
    pub(super) fn add(&mut self, command: &Command, outcome: &str, now: Instant) {
        self.since.get_or_insert(now);
        if self.line.len() >= LONGEST {
            self.left_out += 1;
            return;
        }
        let separator = if self.line.is_empty() { "" } else { "; " };
        // Writing to a text does not fail.
        let _ = write!(self.line, "{separator}{command}");
        if outcome != "done" {
            let _ = write!(self.line, " ({outcome})");
        }
    }

    /// The line, if there is something to be told and it is time: `next` is when something is said
    /// again.
    pub(super) fn take(&mut self, next: Option<Instant>, now: Instant) -> Option<String> {
        let since = self.since?;
        if next.is_some_and(|next| next < now + PAUSE) && now < since + OLDEST {
            return None;
        }
        let Self { mut line, left_out, .. } = std::mem::take(self);
        if left_out > 0 {
            let _ = write!(line, "; and {left_out} more");
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_one_go_is_one_line_of_bounded_length() {
        let (mut said, now) = (Said::default(), Instant::now());
        assert_eq!(said.take(None, now), None);
        said.add(&Command::ReloadAcl, "done", now);
        assert_eq!(said.take(Some(now), now), None, "it goes on");
        said.add(&Command::ReloadXml, "refused", now);
        assert_eq!(
            said.take(Some(now + PAUSE), now).as_deref(),
            Some("reloadacl; reloadxml (refused)")
        );
        assert_eq!(said.take(None, now), None, "told once");
        for _ in 0..1000 {
            said.add(&Command::FlushAll, "done", now);
        }
        let later = now + OLDEST;
        let line = said.take(Some(later), later).expect("late enough");
        assert!(line.len() < 2 * LONGEST && line.ends_with("; and 976 more"), "{line}");
    }
}
