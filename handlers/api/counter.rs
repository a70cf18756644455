//! Counters of a module's own, beside the service's at `/metrics`.
//!
//! Every look-up of a handler is counted already, by outcome, with the time it took. What only the
//! handler knows, as what a CRM said, it counts itself:
//!
//! ```
//! use jackfield_api::counter;
//!
//! counter!(ASKED, "acme_crm_asked_total", "Questions to the CRM.");
//! counter!(
//!     ANSWERS,
//!     "acme_crm_answers_total",
//!     "Answers of the CRM.",
//!     outcome = ["found", "unknown", "failed"]
//! );
//!
//! ASKED.add();
//! ANSWERS.add("found");
//! assert_eq!((ASKED.get(), ANSWERS.get("found"), ANSWERS.get("failed")), (1, 1, 0));
//! ```
//!
//! A label has a closed set of values. One that a stranger can choose, as a number or a name, would
//! make a time series of each: it belongs into the log. Counting takes no lock and no memory, so a
//! handler may count with each look-up.
//!
//! A name is of letters, digits and `_`, begins with the module's own word, and ends with `_total`, as
//! Prometheus has it. Names are checked when the service starts; one that is taken or wrong stops it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::registry::Origin;

/// The value of a label that is counted instead of one that is not in its set.
pub const OTHER: &str = "other";

/// Beginnings of names that are the service's own.
const OURS: [&str; 2] = ["jackfield_", "process_"];

/// What is known of a counter without counting. Made by [`counter!`](crate::counter!).
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// Its name at `/metrics`.
    pub name: &'static str,
    /// What it counts, in a sentence.
    pub help: &'static str,
    /// Its label, if it has one, and the values of that.
    pub label: Option<(&'static str, &'static [&'static str])>,
    /// Where it is written.
    pub origin: Origin,
    /// One for each value, and one for [`OTHER`]; without a label just one.
    #[doc(hidden)]
    pub counts: &'static [AtomicU64],
}

/// A counter without labels.
#[derive(Debug)]
pub struct Counter(Family);

/// A counter with a label, one count for each of its values.
#[derive(Debug)]
pub struct Counters(Family);

/// A counter that is linked in.
#[doc(hidden)]
#[derive(Debug)]
pub struct Registered(pub &'static Family);

inventory::collect!(Registered);

/// A counter that cannot be shown. The service does not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The counter's name.
    pub name: &'static str,
    /// Where it is written.
    pub origin: Origin,
    /// What is wrong, and what to do.
    pub why: String,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, origin, why } = self;
        write!(f, "counter «{}» ({origin}): {why}", name.escape_debug())
    }
}

impl Counter {
    #[doc(hidden)]
    pub const fn new(family: Family) -> Self {
        Self(family)
    }

    #[doc(hidden)]
    pub const fn family(&self) -> &Family {
        &self.0
    }

    /// Counts one.
    pub fn add(&self) {
        self.0.counts[0].fetch_add(1, Relaxed);
    }

    /// How many there have been since the start.
    pub fn get(&self) -> u64 {
        self.0.counts[0].load(Relaxed)
    }
}

impl Counters {
    #[doc(hidden)]
    pub const fn new(family: Family) -> Self {
        Self(family)
    }

    #[doc(hidden)]
    pub const fn family(&self) -> &Family {
        &self.0
    }

    /// Counts one with this value of the label.
    ///
    /// One that is not in its set counts as [`OTHER`], so that no time series comes into being that
    /// nobody has thought of.
    ///
    /// # Panics
    /// In a debug build, where the value is not in the set: a test of the handler fails.
    pub fn add(&self, value: &str) {
        let place = self.0.place(value);
        let counted = place.or_else(|| self.0.place(OTHER));
        if let Some(count) = counted.and_then(|at| self.0.counts.get(at)) {
            count.fetch_add(1, Relaxed);
        }
        debug_assert!(
            place.is_some(),
            "counter «{}» ({}) has no value {value:?}; add it to the set, or count one that is there",
            self.0.name,
            self.0.origin
        );
    }

    /// How many there have been with this value since the start.
    pub fn get(&self, value: &str) -> u64 {
        self.0.place(value).map_or(0, |place| self.0.counts[place].load(Relaxed))
    }
}

impl Family {
    fn values(&self) -> &'static [&'static str] {
        self.label.map_or(&[], |(_, values)| values)
    }

    fn place(&self, value: &str) -> Option<usize> {
        let own = self.values().iter().position(|known| *known == value);
        own.or_else(|| (value == OTHER).then_some(self.counts.len() - 1))
    }

    /// Every value of the label with its count; without a label one, of an empty value.
    pub fn counted(&self) -> Vec<(&'static str, u64)> {
        if self.label.is_none() {
            return self.counts.iter().map(|count| ("", count.load(Relaxed))).collect();
        }
        let own = self.values().iter().copied();
        let values = own.chain((!self.values().contains(&OTHER)).then_some(OTHER));
        values.zip(self.counts).map(|(value, count)| (value, count.load(Relaxed))).collect()
    }

    /// What is wrong with it, whatever others there are.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if !is_word(self.name) {
            wrong.push(
                "this is no name for Prometheus; write letters, digits and `_`, as in \
                 `acme_crm_asked_total`"
                    .to_owned(),
            );
        } else if !self.name.ends_with("_total") {
            wrong.push(format!(
                "names of counters end with `_total`, as Prometheus has it; call it `{}_total`",
                self.name
            ));
        }
        if let Some(ours) = OURS.iter().find(|ours| self.name.starts_with(**ours)) {
            wrong.push(format!("`{ours}` begins names of the service; begin with your own word"));
        }
        if self.help.trim().is_empty() {
            wrong.push("it says nothing of what it counts; write a sentence".to_owned());
        }
        let Some((label, values)) = self.label else { return wrong };
        if !is_word(label) || label.starts_with("__") {
            wrong.push(format!("its label `{label}` is no name for Prometheus; choose another"));
        }
        if values.is_empty() {
            wrong.push(format!("its label `{label}` has no values; write them, or no label"));
        }
        for (at, value) in values.iter().enumerate() {
            if values[..at].contains(value) {
                wrong.push(format!("its label `{label}` has the value «{value}» twice"));
            }
        }
        wrong
    }
}

/// Letters, digits and `_`, not a digit first.
fn is_word(word: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphabetic() || b == b'_';
    word.bytes().next().is_some_and(is_letter)
        && word.bytes().all(|b| is_letter(b) || b.is_ascii_digit())
}

/// The label that an identifier is written for: `r#type` is `type`.
#[doc(hidden)]
pub const fn label(word: &'static str) -> &'static str {
    match word.as_bytes() {
        [b'r', b'#', ..] => word.split_at(2).1,
        _ => word,
    }
}

/// Every counter that is linked in, by name.
pub fn linked() -> Vec<&'static Family> {
    let mut families: Vec<_> =
        inventory::iter::<Registered>.into_iter().map(|registered| registered.0).collect();
    families.sort_by_key(|family| (family.name, family.origin));
    families
}

/// Everything that keeps these counters from being shown together.
pub fn contradictions<'a>(families: impl IntoIterator<Item = &'a Family>) -> Vec<Contradiction> {
    let mut known: BTreeMap<&str, Origin> = BTreeMap::new();
    let mut found = Vec::new();
    for family in families {
        let Family { name, origin, .. } = *family;
        let mut wrong = family.wrong();
        if let Some(other) = known.insert(name, origin) {
            wrong.push(format!("{other} has a counter of that name, too; rename one"));
        }
        found.extend(wrong.into_iter().map(|why| Contradiction { name, origin, why }));
    }
    found
}

/// Makes a counter: a static, its name at `/metrics`, what it counts, and a label with its values if
/// it has one. The [module](mod@crate::counter) says more.
///
/// ```
/// jackfield_api::counter!(ASKED, "acme_crm_asked_total", "Questions to the CRM.");
/// jackfield_api::counter!(
///     /// Others of the crate count, too.
///     pub(crate) ANSWERS, "acme_crm_answers_total", "Answers.", outcome = ["found", "failed"]
/// );
/// ASKED.add();
/// ANSWERS.add("found");
/// ```
///
/// ```compile_fail
/// jackfield_api::counter!("acme_crm_asked_total", "Questions to the CRM.");
/// ```
#[macro_export]
macro_rules! counter {
    ($(#[$doc:meta])* $vis:vis $counter:ident, $name:expr, $help:expr $(,)?) => {
        $(#[$doc])*
        $vis static $counter: $crate::counter::Counter = {
            static COUNTS: [::std::sync::atomic::AtomicU64; 1] =
                [const { ::std::sync::atomic::AtomicU64::new(0) }; 1];
            $crate::counter::Counter::new($crate::counter::Family {
                name: $name,
                help: $help,
                label: ::core::option::Option::None,
                origin: $crate::origin!(),
                counts: &COUNTS,
            })
        };
        $crate::inventory::submit! { $crate::counter::Registered($counter.family()) }
    };
    (
        $(#[$doc:meta])* $vis:vis $counter:ident, $name:expr, $help:expr,
        $label:ident = [$($value:expr),+ $(,)?] $(,)?
    ) => {
        $(#[$doc])*
        $vis static $counter: $crate::counter::Counters = {
            const VALUES: &[&::core::primitive::str] = &[$($value),+];
            static COUNTS: [::std::sync::atomic::AtomicU64; VALUES.len() + 1] =
                [const { ::std::sync::atomic::AtomicU64::new(0) }; VALUES.len() + 1];
            $crate::counter::Counters::new($crate::counter::Family {
                name: $name,
                help: $help,
                label: ::core::option::Option::Some((
                    $crate::counter::label(::core::stringify!($label)),
                    VALUES,
                )),
                origin: $crate::origin!(),
                counts: &COUNTS,
            })
        };
        $crate::inventory::submit! { $crate::counter::Registered($counter.family()) }
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "`counter!` takes one of these:\n  \
             counter!(ASKED, \"acme_crm_asked_total\", \"Questions to the CRM.\");\n  \
             counter!(ASKED, \"acme_crm_asked_total\", \"Questions to the CRM.\", \
             outcome = [\"found\", \"failed\"]);\n\
             that is the static to count with, its name at /metrics, what it counts, and a label with all \
             of its values"
        );
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::counter!(PLAIN, "test_plain_total", "Counts.");
    crate::counter!(OTHERS, "test_others_total", "Counts.", outcome = ["found", "other"]);
    crate::counter!(LABELLED, "test_labelled_total", "Counts.", outcome = ["found", "failed"]);

    fn family(
        name: &'static str,
        label: Option<(&'static str, &'static [&'static str])>,
    ) -> Family {
        static COUNTS: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];
        Family { name, help: "Counts.", label, origin: crate::origin!(), counts: &COUNTS }
    }

    fn told(families: &[Family]) -> Vec<String> {
        contradictions(families).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_counter_counts_and_is_linked_in() {
        assert_eq!(PLAIN.get(), 0);
        PLAIN.add();
        PLAIN.add();
        assert_eq!(PLAIN.get(), 2);
        LABELLED.add("failed");
        let counted = LABELLED.family().counted();
        assert_eq!(counted[..2], [("found", 0), ("failed", 1)]);
        let names: Vec<_> = linked().iter().map(|family| family.name).collect();
        assert_eq!(names, ["test_labelled_total", "test_others_total", "test_plain_total"]);
    }

    #[test]
    fn a_value_outside_of_the_set_counts_as_other_and_fails_a_test() {
        let stranger = std::panic::catch_unwind(|| LABELLED.add("+31 6 12345678"));
        let told = stranger.expect_err("it panics").downcast::<String>().expect("words");
        assert!(told.contains("test_labelled_total") && told.contains("counter.rs:"), "{told}");
        assert_eq!(LABELLED.get("other"), 1);
        assert_eq!(LABELLED.get("+31 6 12345678"), 0);
        assert_eq!(LABELLED.family().counted()[2], ("other", 1));
    }

    #[test]
    fn other_may_be_a_value_of_the_set() {
        let family = family("acme_total", Some(("outcome", &["found", OTHER])));
        assert_eq!(family.counted(), [("found", 0), (OTHER, 0)]);
        assert_eq!(told(&[family]), [""; 0]);
        // A stranger is counted there, too.
        assert!(std::panic::catch_unwind(|| OTHERS.add("+31 6 12345678")).is_err());
        OTHERS.add(OTHER);
        assert_eq!(OTHERS.family().counted(), [("found", 0), (OTHER, 2)]);
    }

    #[test]
    fn every_wrong_name_is_told_with_its_place_and_what_to_do() {
        let good = family("acme_asked_total", Some(("outcome", &["a", "b"])));
        assert_eq!(told(&[good]), [""; 0]);
        for (wrong, words) in [
            (family("acme-asked", None), "as in `acme_crm_asked_total`"),
            (family("1_asked", None), "as in `acme_crm_asked_total`"),
            (family("", None), "as in `acme_crm_asked_total`"),
            (family("jackfield_asked_total", None), "begin with your own word"),
            (family("process_asked_total", None), "begin with your own word"),
            (family("acme_asked", None), "call it `acme_asked_total`"),
            (family("acme_total", Some(("__name", &["a"]))), "choose another"),
            (family("acme_total", Some(("outcome", &["a", "a"]))), "«a» twice"),
            (family("acme_total", Some(("outcome", &[]))), "has no values"),
            (Family { help: " ", ..good }, "write a sentence"),
        ] {
            let told = told(&[wrong]);
            assert_eq!(told.len(), 1, "{told:?}");
            let place = format!("counter «{}» ({}:", wrong.name, file!());
            assert!(told[0].starts_with(&place) && told[0].contains(words), "{told:?}");
        }
        let (one, two) = (family("acme_total", None), family("acme_total", None));
        let told = told(&[one, two]);
        let place = one.origin.to_string();
        assert!(told.len() == 1 && told[0].contains(&place) && told[0].contains("rename one"));
    }
}
