//! The service's metrics: one struct, one registry, label values from closed sets only.
//!
//! Counters of modules stand beside them (`modules.rs`).

mod modules;

use std::time::{Duration, SystemTime};

use jackfield_api::snapshot::Snapshot;
use jackfield_api::{Section, counter};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec,
    IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::clock::seconds;
use crate::fsapi::Picture;
use crate::fsapi::guard::Rule;
use crate::health::{Cause, Reason};
use crate::settings::FailPolicy;

/// What a look-up can end as.
const OUTCOMES: [&str; 6] = ["answered", "not_found", "denied", "internal", "shed", "abandoned"];

/// Those that are the handler's fault.
const FAILED: [&str; 2] = ["internal", "shed"];

/// Where the answer of an asynchronous handler can come from.
const SOURCES: [&str; 5] = ["asked", "joined", "kept", "refusal_kept", "last_good"];

/// 50 µs to 1 s: an answer from the snapshot is at the low end, the deadline at the high one.
const BUCKETS: [f64; 12] =
    [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0];

/// Every metric: field, kind, name, help, labels. The help text is the documentation.
macro_rules! metrics {
    ($($field:ident: $kind:ident = $name:literal, $help:literal $(, [$($label:literal),+])?;)*) => {
        /// All metrics of the service.
        pub struct Metrics {
            registry: Registry,
            $(#[doc = $help] pub $field: $kind,)*
        }

        /// Name and help of every metric of ours, for people.
        pub const TABLE: &[(&str, &str)] = &[$(($name, $help)),*];

        impl Metrics {
            /// A registry of its own with every metric in it.
            pub fn new() -> Self {
                let registry = Registry::new();
                $(let $field = add(&registry, metrics!(@new $kind, $name, $help $(, [$($label),+])?));)*
                let process = prometheus::process_collector::ProcessCollector::for_self();
                registry.register(Box::new(process)).expect("registered once");
                let metrics = Self { registry, $($field),* };
                metrics.start();
                metrics
            }
        }
    };
    (@new Histogram, $name:literal, $help:literal) => {
        Histogram::with_opts(HistogramOpts::new($name, $help).buckets(BUCKETS.to_vec()))
    };
    (@new HistogramVec, $name:literal, $help:literal, [$($label:literal),+]) => {
        HistogramVec::new(HistogramOpts::new($name, $help).buckets(BUCKETS.to_vec()), &[$($label),+])
    };
    (@new $kind:ident, $name:literal, $help:literal) => { $kind::with_opts(Opts::new($name, $help)) };
    (@new $kind:ident, $name:literal, $help:literal, [$($label:literal),+]) => {
        $kind::new(Opts::new($name, $help), &[$($label),+])
    };
}

metrics! {
    lookups: IntCounterVec = "jackfield_lookups_total",
        "Look-ups by section, handler (`none`: no handler was asked) and outcome (`shed`: there were \
         more than could be answered in time).", ["section", "handler", "outcome"];
    durations: HistogramVec = "jackfield_lookup_duration_seconds",
        "Time from the end of the request's body to the answer.", ["section", "handler"];
    overdue: IntGaugeVec = "jackfield_overdue_lookups",
        "Look-ups that have ended at their deadline while their handler has not returned; once they \
         hold all of its places, it is asked nothing more.", ["section", "handler"];
    rejections: IntCounterVec = "jackfield_guard_rejections_total",
        "Look-ups that somebody other than the switch has written into, by the rule they break and \
         the function of the switch that asked.", ["rule", "flow"];
    fallbacks: IntCounterVec = "jackfield_fallbacks_total",
        "Look-ups whose handler failed or was not asked, by the fail policy that they were answered by.",
        ["section", "policy"];
    async_lookups: IntCounterVec = "jackfield_async_lookups_total",
        "Look-ups of asynchronous handlers by where the answer came from: the outside was `asked` for \
         it, or it `joined` one who did, or a kept answer or refusal served; and where asking failed, \
         the `last_good` one, if there was one.",
        ["section", "handler", "source"];
    async_questions: IntGaugeVec = "jackfield_async_questions",
        "Questions that the outside is being asked.", ["section", "handler"];
    kept_entries: IntGaugeVec = "jackfield_kept_answers",
        "Answers that are kept, refusals, and the last good ones of the fail policy `stale`.",
        ["section", "handler", "what"];
    kept_bytes: IntGaugeVec = "jackfield_kept_answers_bytes", "What those take.",
        ["section", "handler", "what"];
    kept_evicted: IntCounterVec = "jackfield_kept_answers_evicted_total",
        "Those that made room for others.", ["section", "handler", "what"];
    events: IntCounterVec = "jackfield_channel_events_total",
        "Posts of hook scripts by handler and outcome.", ["handler", "outcome"];
    writes: IntCounterVec = "jackfield_writes_total",
        "Writes that look-ups asked for, by what and outcome (`written`, or why not).",
        ["what", "outcome"];
    clients: IntGaugeVec = "jackfield_clients",
        "Clients of channels that may log in: `connected`, as far as the switches have told, or \
         `expected`.", ["state"];
    sessions: IntCounterVec = "jackfield_sessions_total",
        "Pages that asked for a session of a channel, by what became of it (`created`, `resumed`, or \
         why not).", ["outcome"];
    recorded: IntCounterVec = "jackfield_recorded_lookups_total",
        "Look-ups by whether they were recorded: `written`, or why not (`full`: they came faster than \
         they were written; `rate`: beyond what is recorded of a second; `failed`: the disk took them \
         not).", ["outcome"];
    bad_requests: IntCounterVec = "jackfield_bad_requests_total",
        "Posts that never became a look-up, by what was wrong with them.", ["reason"];
    refused_sources: IntCounterVec = "jackfield_refused_sources_total",
        "Requests for a protected path that did not come from this machine, by why.", ["reason"];
    connections: IntGauge = "jackfield_connections", "Open connections.";
    build_info: GaugeVec = "jackfield_build_info", "Always 1; says which version runs.",
        ["version"];
    log_lines_dropped: IntGauge = "jackfield_log_lines_dropped",
        "Lines that were not logged because whoever reads the log was too slow.";
    snapshot_revision: IntGauge = "jackfield_snapshot_revision",
        "Revision of the database that answers are made from.";
    snapshot_age: Gauge = "jackfield_snapshot_age_seconds",
        "Time since the database was read.";
    snapshot_users: IntGauge = "jackfield_snapshot_users", "Directory users that are served.";
    snapshot_read: Gauge = "jackfield_snapshot_read_seconds",
        "How long it took to read the database and to publish it, the last time.";
    snapshot_rejected: IntCounter = "jackfield_snapshot_rejected_total",
        "States of the database that were not served, because they break a rule or cannot be read.";
    database_up: IntGauge = "jackfield_database_up", "Whether the database answers: 1, or 0.";
    kept_age: Gauge = "jackfield_kept_snapshot_age_seconds",
        "For how long the snapshot that is kept for a start without database may have been out of \
         date; +Inf where none is kept.";
    kept_revision: IntGauge = "jackfield_kept_snapshot_revision",
        "Revision of the kept snapshot; -1 where none is kept.";
    kept_write: Gauge = "jackfield_kept_snapshot_write_seconds",
        "How long it took to write the kept snapshot, the last time.";
    kept_failures: IntCounter = "jackfield_kept_snapshot_failures_total",
        "Times that the kept snapshot could not be written.";
    degraded: IntGaugeVec = "jackfield_degraded",
        "Whether the service answers from data or with settings that are not the last ones, or a \
         background service fails: 1, or 0, by what is the matter.", ["cause"];
    service_failures: IntCounterVec = "jackfield_service_failures_total",
        "Times that a background service of a module has failed.", ["service"];
    snapshot_domains: IntGauge = "jackfield_snapshot_domains", "Domains that are served.";
    switch_up: IntGaugeVec = "jackfield_switch_up",
        "Whether a switch can be told of changes: 1, or 0. Switches are named as in the settings.",
        ["switch"];
    switch_pending: IntGaugeVec = "jackfield_switch_pending",
        "Things that a switch is still to be told.", ["switch"];
    switch_commands: IntCounterVec = "jackfield_switch_commands_total",
        "Commands given to a switch by kind and outcome (`absent`: it has not loaded the module).",
        ["switch", "command", "outcome"];
}

fn add<C: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<C>) -> C {
    let metric = metric.expect("a valid name");
    registry.register(Box::new(metric.clone())).expect("registered once");
    metric
}

/// The metrics of one handler, looked up once.
pub struct HandlerMetrics {
    /// The handler's name.
    pub name: &'static str,
    outcomes: [IntCounter; 6],
    durations: Histogram,
}

/// How often a handler was asked, and how often it failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hits {
    /// However it ended.
    pub asked: u64,
    /// It failed, took too long, or had no place for it.
    pub failed: u64,
}

impl Hits {
    fn add(&mut self, count: u64, failed: bool) {
        self.asked += count;
        self.failed += if failed { count } else { 0 };
    }
}

impl HandlerMetrics {
    /// What has been counted so far.
    pub fn hits(&self) -> Hits {
        let mut hits = Hits::default();
        for (word, outcome) in OUTCOMES.iter().zip(&self.outcomes) {
            hits.add(outcome.get(), FAILED.contains(word));
        }
        hits
    }

    /// Counts one look-up.
    pub fn observe(&self, outcome: &str, took: Duration) {
        if let Some(at) = OUTCOMES.iter().position(|word| *word == outcome) {
            self.outcomes[at].inc();
        }
        self.durations.observe(took.as_secs_f64());
    }
}

/// The metrics of one asynchronous handler.
pub struct AsyncMetrics {
    sources: [IntCounter; 5],
    /// Questions under way.
    pub questions: IntGauge,
}

impl AsyncMetrics {
    /// Counts one look-up.
    pub fn from(&self, source: &str) {
        if let Some(at) = SOURCES.iter().position(|word| *word == source) {
            self.sources[at].inc();
        }
    }
}

/// The metrics of what is kept of one handler.
pub struct KeptMetrics {
    /// How many there are.
    pub entries: IntGauge,
    /// What they take.
    pub bytes: IntGauge,
    /// How many made room for others.
    pub evicted: IntCounter,
}

impl KeptMetrics {
    /// Shows how many there are and what they take.
    pub fn show(&self, entries: usize, bytes: u64) {
        self.entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// A rate over a counter that is not there yet misses its first increase; so what can be
    /// counted is shown from the start.
    fn start(&self) {
        self.build_info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        for outcome in ["written", "refused", "failed", "changed", "late"] {
            self.writes.with_label_values(&["pin", outcome]);
        }
        for outcome in crate::sessions::OUTCOMES {
            self.sessions.with_label_values(&[outcome]);
        }
        for section in Section::ALL.map(Section::as_str) {
            for policy in FailPolicy::WORDS {
                self.fallbacks.with_label_values(&[section, policy]);
            }
        }
        for outcome in ["written", "full", "rate", "failed"] {
            self.recorded.with_label_values(&[outcome]);
        }
        for rule in Rule::ALL {
            self.rejections.with_label_values(&[rule.as_str(), "none"]);
        }
        for reason in crate::http::BAD_REQUESTS {
            self.bad_requests.with_label_values(&[reason]);
        }
        for reason in crate::http::REFUSED_SOURCES {
            self.refused_sources.with_label_values(&[reason]);
        }
    }

    /// Shows a handler of channel events from the start.
    pub fn event_handler(&self, handler: &'static str) {
        for outcome in ["ok", "punt", "internal", "shed"] {
            self.events.with_label_values(&[handler, outcome]);
        }
    }

    /// The metrics of a handler. `section` and `handler` are names from the registries.
    pub fn handler(&self, section: &'static str, handler: &'static str) -> HandlerMetrics {
        HandlerMetrics {
            name: handler,
            outcomes: OUTCOMES
                .map(|outcome| self.lookups.with_label_values(&[section, handler, outcome])),
            durations: self.durations.with_label_values(&[section, handler]),
        }
    }

    /// The metrics of an asynchronous handler.
    pub fn asynchronous(&self, section: &'static str, handler: &'static str) -> AsyncMetrics {
        AsyncMetrics {
            sources: SOURCES
                .map(|source| self.async_lookups.with_label_values(&[section, handler, source])),
            questions: self.async_questions.with_label_values(&[section, handler]),
        }
    }

    /// The metrics of what is kept of a handler: `answers`, `refusals` or `last_good`.
    pub fn kept(
        &self,
        section: &'static str,
        handler: &'static str,
        what: &'static str,
    ) -> KeptMetrics {
        let labels = [section, handler, what];
        KeptMetrics {
            entries: self.kept_entries.with_label_values(&labels),
            bytes: self.kept_bytes.with_label_values(&labels),
            evicted: self.kept_evicted.with_label_values(&labels),
        }
    }

    /// Counts a polluted look-up. `flow` is from a closed set.
    pub fn rejected(&self, rule: Rule, flow: &'static str) {
        self.rejections.with_label_values(&[rule.as_str(), flow]).inc();
    }

    /// Everything in the text format of Prometheus, as of now.
    pub fn text(&self, picture: &Picture, reasons: &[Reason]) -> Vec<u8> {
        for cause in Cause::ALL {
            let is_so = reasons.iter().any(|reason| reason.cause == cause);
            self.degraded.with_label_values(&[cause.as_str()]).set(i64::from(is_so));
        }
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.log_lines_dropped.set(gauge(crate::logging::dropped()));
        self.snapshot_revision.set(picture.snapshot.revision());
        self.snapshot_users.set(gauge(picture.snapshot.user_count()));
        self.snapshot_domains.set(gauge(picture.snapshot.contents().domains.len()));
        let (connected, expected) = clients(&picture.snapshot);
        self.clients.with_label_values(&["connected"]).set(gauge(connected));
        self.clients.with_label_values(&["expected"]).set(gauge(expected));
        let age = SystemTime::now().duration_since(picture.made).unwrap_or_default();
        self.snapshot_age.set(age.as_secs_f64());
        let mut text = Vec::with_capacity(16 * 1024);
        TextEncoder::new().encode(&self.registry.gather(), &mut text).expect("a Vec takes all");
        modules::write(&counter::linked(), &mut text);
        text
    }

    /// How many posts of hook scripts a handler was asked about, and of how many it failed.
    pub fn events_of(&self, handler: &str) -> Hits {
        let mut hits = Hits::default();
        for metric in self.events.collect().iter().flat_map(MetricFamily::get_metric) {
            let is = |name: &str, value: &str| {
                metric.get_label().iter().any(|it| it.name() == name && it.value() == value)
            };
            if is("handler", handler) {
                // Counts are far below what a float holds exactly.
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let count = metric.get_counter().get_value() as u64;
                let failed = FAILED.iter().any(|outcome| is("outcome", outcome));
                hits.add(count, failed);
            }
        }
        hits
    }
}

/// How many clients are connected, and how many others may still log in.
fn clients(snapshot: &Snapshot) -> (usize, usize) {
    let (contents, now) = (snapshot.contents(), seconds());
    let (mut connected, mut expected) = (0, 0);
    for (_, client) in contents.clients.with_rows() {
        match contents.channels.at(client.channel) {
            Some(channel) if client.is_connected(channel, now) => connected += 1,
            Some(channel) if channel.enabled && !client.is_expired(now) => expected += 1,
            _ => {}
        }
    }
    (connected, expected)
}
