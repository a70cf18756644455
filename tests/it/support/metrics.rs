//! `/metrics`, read back.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::get;

/// Every series by its name and labels, as written.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(pub(crate) BTreeMap<String, f64>);

impl Metrics {
    /// Asks a service for its metrics.
    pub(crate) fn of(service: SocketAddr) -> Self {
        let reply = get(service, "/metrics");
        assert_eq!(reply.status, 200, "{}", reply.head);
        Self::parse(reply.text())
    }

    pub(crate) fn parse(text: &str) -> Self {
        let series = |line: &str| {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            (name.to_owned(), value.parse().expect("a number"))
        };
        Self(text.lines().filter(|line| !line.starts_with('#')).map(series).collect())
    }

    /// The sum of a family over all series that have these labels.
    pub(crate) fn sum(&self, family: &str, labels: &[(&str, &str)]) -> f64 {
        self.0
            .iter()
            .filter(|(name, _)| name.split('{').next() == Some(family))
            .filter(|(name, _)| {
                labels.iter().all(|(label, value)| name.contains(&format!("{label}=\"{value}\"")))
            })
            .map(|(_, value)| value)
            .sum()
    }

    /// What of ours was counted or measured since then; what only shows how something is does not count.
    pub(crate) fn counted_since(&self, then: &Self) -> Vec<&str> {
        let is_tally = |name: &str| {
            let family = name.split('{').next().unwrap_or_default();
            family.starts_with("jackfield_")
                && ["_total", "_bucket", "_sum", "_count"].iter().any(|end| family.ends_with(end))
        };
        let differs = |(name, value): &(&String, &f64)| then.0.get(*name) != Some(*value);
        let names = self.0.iter().filter(differs).map(|(name, _)| name.as_str());
        names.filter(|name| is_tally(name)).collect()
    }

    /// Every value of a label, in all families.
    pub(crate) fn values(&self, label: &str) -> Vec<String> {
        let start = format!("{label}=\"");
        let mut values: Vec<_> = self
            .0
            .keys()
            .flat_map(|name| name.split(['{', ',', '}']))
            .filter_map(|part| part.strip_prefix(&start)?.strip_suffix('"'))
            .map(str::to_owned)
            .collect();
        values.sort();
        values.dedup();
        values
    }
}
