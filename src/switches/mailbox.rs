//! The way from the thread that publishes to the one that plans: never full, and never waited for.
//!
//! Steps that nobody has taken yet become one, so that it holds two pictures at most.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::db::ChangedRow;
use crate::fsapi::Picture;
use crate::watch::{Changes, Step};

/// Changed rows that are kept apart, at most. With more than these it is everything.
const MOST_ROWS: usize = 10_000;

/// One step, or several in a row.
#[derive(Debug)]
pub(super) struct Span {
    /// What was served.
    pub(super) before: Arc<Picture>,
    /// What is served now.
    pub(super) after: Arc<Picture>,
    /// The rows that changed; None where it may be anything.
    pub(super) rows: Option<BTreeSet<ChangedRow>>,
}

impl Span {
    pub(super) fn of(step: &Step) -> Self {
        let rows = match &step.changes {
            Changes::Rows(rows) => Some(rows.iter().cloned().collect()),
            Changes::Everything => None,
        };
        Self { before: Arc::clone(&step.before), after: Arc::clone(&step.after), rows }
    }

    /// This and the next one as one.
    fn then(self, next: Self) -> Self {
        let rows = match (self.rows, next.rows) {
            (Some(mut first), Some(mut second))
                if first.len() + second.len() <= MOST_ROWS && !is_blurred(&first, &second) =>
            {
                first.append(&mut second);
                Some(first)
            }
            _ => None,
        };
        Self { before: self.before, after: next.after, rows }
    }
}

/// Whether a user changed twice. It may have been cached under a name that it has in neither picture.
fn is_blurred(first: &BTreeSet<ChangedRow>, second: &BTreeSet<ChangedRow>) -> bool {
    first.intersection(second).any(|row| row.table == "users")
}

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    state: Mutex<State>,
    filled: Condvar,
}

#[derive(Debug, Default)]
struct State {
    span: Option<Span>,
    closed: bool,
}

impl Mailbox {
    pub(super) fn put(&self, step: &Step) {
        let next = Span::of(step);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.span = Some(match state.span.take() {
            Some(first) => first.then(next),
            None => next,
        });
        self.filled.notify_one();
    }

    /// Waits for something. None once it is closed.
    pub(super) fn take(&self) -> Option<Span> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.closed {
                return None;
            }
            if let Some(span) = state.span.take() {
                return Some(span);
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use jackfield_api::snapshot::{Contents, Snapshot};

    use super::*;

    fn span(before: i64, after: i64, rows: Option<&[(&'static str, i64)]>) -> Span {
        let picture = |revision| {
            let snapshot = Snapshot::new(Contents { revision, ..Contents::default() });
            Arc::new(Picture {
                snapshot,
                routes: Vec::new(),
                made: SystemTime::now(),
                generation: 0,
            })
        };
        let row = |(table, row): &(&'static str, i64)| ChangedRow { table, row: *row };
        let rows = rows.map(|rows| rows.iter().map(row).collect());
        Span { before: picture(before), after: picture(after), rows }
    }

    #[test]
    fn two_steps_that_nobody_has_taken_are_one_from_the_first_to_the_last_picture() {
        let both = span(1, 2, Some(&[("users", 1)])).then(span(2, 3, Some(&[("queues", 1)])));
        assert_eq!((both.before.snapshot.revision(), both.after.snapshot.revision()), (1, 3));
        assert_eq!(both.rows.map(|rows| rows.len()), Some(2));
        let anything = span(1, 2, None).then(span(2, 3, Some(&[("queues", 1)])));
        assert!(anything.rows.is_none());
    }

    #[test]
    fn a_user_that_changed_twice_may_be_cached_under_a_name_that_nobody_knows_any_more() {
        let twice = |table| span(1, 2, Some(&[(table, 1)])).then(span(2, 3, Some(&[(table, 1)])));
        assert!(twice("users").rows.is_none());
        assert!(twice("queues").rows.is_some());
    }
}
