//! The last good answers of a handler, for the fail policy `stale`.
//!
//! A handler is a function of the look-up and of the data. So what it reads of a look-up is noted while
//! it answers, and the answer is kept under just that: a later look-up that holds the same in these
//! fields is one that the handler cannot tell from the first, whoever sent it. Where it looks at the
//! look-up as a whole, nothing is kept. What depends on a PIN that was typed is never kept, nor is a
//! look-up that breaks a rule of the guard.
//!
//! Answers in section `directory` hold what lets somebody in, so they serve only as long as the data do
//! that they were made from: a password that was changed is never brought back. All others serve an
//! hour, after a change of the data, too: it may be the change that made the handler fail.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jackfield_api::lookup::Fields;
use jackfield_api::{Document, Lookup, Section};
use tokio::time::Instant;

use super::kept_answers::{Entry, KeptAnswers, Key};
use crate::metrics::KeptMetrics;

/// How many bytes of one handler are kept.
const BYTES: u64 = 16 << 20;
/// How long an answer may be served.
const AGE: Duration = Duration::from_hours(1);
/// An answer that is kept is not put again before that.
const SETTLED: Duration = Duration::from_secs(10);
/// How many different sets of fields a handler may read; one for each of its flows.
const SHAPES: usize = 32;

/// Those of one handler.
pub(super) struct LastGood {
    shapes: Mutex<Vec<Fields>>,
    kept: KeptAnswers,
    /// The data that the answers of section `directory` are of.
    of: Mutex<u64>,
}

impl LastGood {
    pub(super) fn new(metrics: KeptMetrics) -> Self {
        let kept = KeptAnswers::new(BYTES, metrics);
        Self { shapes: Mutex::default(), kept, of: Mutex::default() }
    }

    /// Keeps an answer to a look-up that was watched while its handler made it of these data.
    pub(super) fn keep(&self, watched: &Lookup, key: &str, document: &Document, generation: u64) {
        if document.write_first().is_some() {
            return;
        }
        let Some(shape) = watched.read().and_then(|read| self.shape(read)) else { return };
        let question = question(&shape, watched, key);
        if watched.section() == Section::Directory {
            self.forget_older(generation);
        }
        let settled = self.kept.get(&question).is_some_and(|entry| {
            entry.generation > Some(generation)
                || (entry.generation == Some(generation) && entry.made.elapsed() < SETTLED)
        });
        if !settled {
            self.forget_where(watched, key, |entry| entry.generation < Some(generation));
            let (answer, made) = (Ok(Arc::new(document.clone())), Instant::now());
            self.kept.put(question, Entry { answer, made, generation: Some(generation) });
        }
    }

    /// Whoever asks this is refused now.
    pub(super) fn forget(&self, lookup: &Lookup, key: &str) {
        self.forget_where(lookup, key, |_| true);
    }

    /// Forgets answers to a look-up in whatever fields they were kept: a handler may read others now.
    fn forget_where(&self, lookup: &Lookup, key: &str, goes: impl Fn(&Entry) -> bool) {
        let shapes: Vec<_> = self.shapes().iter().cloned().enumerate().collect();
        for shape in &shapes {
            let question = question(shape, lookup, key);
            if self.kept.get(&question).is_some_and(|entry| goes(&entry)) {
                self.kept.remove(&question);
            }
        }
    }

    /// The last good answer to the same question, if it may be served from these data.
    pub(super) fn find(&self, lookup: &Lookup, key: &str, generation: u64) -> Option<Document> {
        let shapes: Vec<_> = self.shapes().iter().cloned().enumerate().collect();
        let found = shapes.iter().filter_map(|shape| self.kept.get(&question(shape, lookup, key)));
        let serves = |entry: &Entry| {
            entry.made.elapsed() < AGE
                && (lookup.section() != Section::Directory || entry.is_of(generation))
        };
        let newest = found.filter(serves).max_by_key(|entry| entry.made)?;
        newest.answer.ok().map(|document| (*document).clone())
    }

    fn shapes(&self) -> MutexGuard<'_, Vec<Fields>> {
        self.shapes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fields with their number; none if there are too many different ones.
    fn shape(&self, read: Fields) -> Option<(usize, Fields)> {
        let mut shapes = self.shapes();
        if let Some(at) = shapes.iter().position(|known| *known == read) {
            return Some((at, read));
        }
        (shapes.len() < SHAPES).then(|| {
            shapes.push(read.clone());
            (shapes.len() - 1, read)
        })
    }

    /// What was made from older data is of no use any more where it lets somebody in.
    fn forget_older(&self, generation: u64) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if *of < generation {
            *of = generation;
            self.kept.retain(|entry| entry.generation >= Some(generation));
        }
    }
}

/// What one look-up is in a set of fields: its values, and which fields they are of.
fn question((at, fields): &(usize, Fields), lookup: &Lookup, key: &str) -> Key {
    let mut question = fields.key_of(lookup).into_vec();
    question.extend_from_slice(&at.to_be_bytes());
    // The routed key is made of the look-up, too, but not always of what the handler read.
    question.extend_from_slice(key.as_bytes());
    question.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use jackfield_api::document::{Dialplan, Directory, DirectoryDomain};
    use jackfield_api::lookup::{DialplanLookup, DirectoryFlow, DirectoryLookup};
    use jackfield_api::testing::lookup;

    use super::*;
    use crate::metrics::Metrics;

    fn last_good() -> LastGood {
        LastGood::new(Metrics::new().kept("directory", "none", "last_good"))
    }

    fn asked(section: &str, fields: &str) -> Lookup {
        lookup(format!(
            "hostname=vm&section={section}&tag_name=domain&key_name=name&key_value=d&{fields}"
        ))
    }

    fn call(number: &str, agent: &str) -> Lookup {
        let fields = format!("Hunt-Context=a&Hunt-Destination-Number={number}&variable_x={agent}");
        asked("dialplan", &fields)
    }

    fn document(name: &str) -> Document {
        Dialplan::context(name.to_owned(), []).expect("safe")
    }

    #[test]
    fn an_answer_serves_those_who_hold_the_same_in_what_the_handler_read() {
        let last_good = last_good();
        let watched = call("1", "alice").watched();
        DialplanLookup::new(&watched).destination();
        last_good.keep(&watched, "a", &document("one"), 7);
        assert_eq!(last_good.find(&call("1", "bob"), "a", 7), Some(document("one")));
        assert_eq!(last_good.find(&call("2", "alice"), "a", 7), None);
        assert_eq!(last_good.find(&call("1", "alice"), "b", 7), None, "another key");
        // One that read more is another question.
        let watched = call("2", "alice").watched();
        let view = DialplanLookup::new(&watched);
        view.destination();
        view.variable("x");
        last_good.keep(&watched, "a", &document("two"), 7);
        assert_eq!(last_good.find(&call("2", "alice"), "a", 7), Some(document("two")));
        assert_eq!(last_good.find(&call("2", "bob"), "a", 7), None);
    }

    #[test]
    fn values_of_other_fields_are_not_taken_for_one_another() {
        let last_good = last_good();
        let both = asked("chatplan", "from=x&to=y");
        let watched = both.watched();
        jackfield_api::lookup::ChatplanLookup::new(&watched).from();
        last_good.keep(&watched, "", &document("from"), 1);
        let watched = asked("chatplan", "from=y&to=y").watched();
        jackfield_api::lookup::ChatplanLookup::new(&watched).to();
        last_good.keep(&watched, "", &document("to"), 1);
        assert_eq!(last_good.find(&asked("chatplan", "to=x"), "", 1), None);
        assert_eq!(last_good.find(&asked("chatplan", "from=x"), "", 1), Some(document("from")));
    }

    #[test]
    fn a_handler_that_looks_at_everything_leaves_nothing() {
        let last_good = last_good();
        let watched = call("1", "alice").watched();
        watched.form();
        last_good.keep(&watched, "a", &document("one"), 7);
        assert_eq!(last_good.find(&call("1", "alice"), "a", 7), None);
    }

    #[test]
    fn an_answer_outlives_the_data_unless_it_lets_somebody_in() {
        let last_good = last_good();
        let watched = call("1", "alice").watched();
        DialplanLookup::new(&watched).destination();
        last_good.keep(&watched, "a", &document("one"), 7);
        assert!(last_good.find(&call("1", "alice"), "a", 8).is_some());

        let user = asked("directory", "action=sip_auth&key=id&user=1000&domain=d");
        let domain = Directory::domains([DirectoryDomain::new("d")]).expect("safe");
        let keep = |generation| {
            let watched = user.watched();
            let DirectoryFlow::User(_) = DirectoryLookup::new(&watched).flow() else {
                panic!("a user")
            };
            last_good.keep(&watched, "d", &domain, generation);
        };
        keep(7);
        assert!(last_good.find(&user, "d", 7).is_some());
        assert_eq!(last_good.find(&user, "d", 8), None);
        keep(8);
        // One that was made from older data comes late.
        keep(7);
        assert!(last_good.find(&user, "d", 8).is_some());
        assert_eq!(last_good.find(&user, "d", 7), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_serves_for_an_hour() {
        let last_good = last_good();
        let watched = call("1", "alice").watched();
        DialplanLookup::new(&watched).destination();
        last_good.keep(&watched, "a", &document("one"), 7);
        tokio::time::advance(AGE / 2).await;
        assert!(last_good.find(&call("1", "bob"), "a", 7).is_some());
        tokio::time::advance(AGE / 2).await;
        assert_eq!(last_good.find(&call("1", "bob"), "a", 7), None);
    }
}
