//! The README's tables of errors: each closed set of words is there, and nothing else is.

use std::collections::BTreeSet;

use jackfield::fsapi::guard::Rule;
use jackfield::health::Cause;

use super::machine::chapter;
use crate::support::{Metrics, Server};

/// The first column of the table with this heading.
fn rows(heading: &str) -> BTreeSet<String> {
    let errors = chapter("### What each error means");
    let (_, table) = errors.split_once(&format!("| {heading} |")).expect(heading);
    let table = table.lines().skip(2).take_while(|line| line.starts_with("| `"));
    let rows: Vec<_> = table.filter_map(|line| line.split('`').nth(1)).map(str::to_owned).collect();
    let set: BTreeSet<_> = rows.iter().cloned().collect();
    assert_eq!(set.len(), rows.len(), "{rows:?}");
    set
}

/// Every value of a label in these families.
fn values(metrics: &Metrics, families: &[&str], label: &str) -> BTreeSet<String> {
    let mut of_these = metrics.clone();
    of_these
        .0
        .retain(|name, _| families.iter().any(|family| name.starts_with(&format!("{family}{{"))));
    of_these.values(label).into_iter().collect()
}

#[test]
fn each_word_that_an_error_is_told_by_is_explained() {
    let server = Server::start("");
    let metrics = Metrics::of(server.machine);
    let causes: BTreeSet<_> = Cause::ALL.map(|cause| cause.as_str().to_owned()).into();
    assert_eq!(rows("cause"), causes);
    let rules: BTreeSet<_> = Rule::ALL.map(|rule| rule.as_str().to_owned()).into();
    assert_eq!(rows("rule"), rules);
    assert_eq!(rows("outcome"), values(&metrics, &["jackfield_lookups_total"], "outcome"));
    let refused = ["jackfield_bad_requests_total", "jackfield_refused_sources_total"];
    assert_eq!(rows("reason"), values(&metrics, &refused, "reason"));
}
