//! Lines that somebody else decides the number of: a stranger, or a handler that fails.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use tracing::Level;

/// Lets a few lines of one kind through each second, and counts the others: the next one that is let
/// through tells how many there were. Whoever has the log at level `debug` gets all of them.
///
/// ```ignore
/// static LINES: Lines = Lines::new();
/// if let Some(Line { left_out }) = LINES.next() {
///     warn!(left_out, "somebody knocks");
/// }
/// ```
#[derive(Debug)]
pub(crate) struct Lines {
    /// The second that was counted last, and how many lines there were in it.
    second: AtomicU64,
    count: AtomicU64,
    left_out: AtomicU64,
}

/// A line that may be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// How many were left out since the last one, if any were.
    pub(crate) left_out: Option<u64>,
}

/// How many lines of a kind there are in a second, at most.
const FEW: u64 = 10;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Lines {
    /// None yet.
    pub(crate) const fn new() -> Self {
        let [second, count, left_out] = [const { AtomicU64::new(0) }; 3];
        Self { second, count, left_out }
    }

    /// One more, if it may be written.
    pub(crate) fn next(&self) -> Option<Line> {
        if tracing::enabled!(Level::DEBUG) {
            return Some(Line { left_out: None });
        }
        self.next_in(START.elapsed().as_secs())
    }

    fn next_in(&self, second: u64) -> Option<Line> {
        if self.second.swap(second, Relaxed) != second {
            self.count.store(0, Relaxed);
        }
        if self.count.fetch_add(1, Relaxed) >= FEW {
            self.left_out.fetch_add(1, Relaxed);
            return None;
        }
        let left_out = Some(self.left_out.swap(0, Relaxed)).filter(|count| *count > 0);
        Some(Line { left_out })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_lines_a_second_are_written_and_the_next_one_tells_of_the_others() {
        let lines = Lines::new();
        let line = |left_out| Some(Line { left_out });
        let written: Vec<_> = (0..2000).map(|_| lines.next_in(5)).collect();
        assert!(written[..10].iter().all(|written| *written == line(None)));
        assert!(written[10..].iter().all(Option::is_none));
        assert_eq!(lines.next_in(6), line(Some(1990)));
        assert_eq!(lines.next_in(6), line(None));
        assert_eq!(lines.next_in(9), line(None));
    }
}
