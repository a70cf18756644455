//! What is told of a look-up: the span it runs in, its line in the log, its metrics.
//!
//! Nothing that a look-up carried as a secret is told, and text that a stranger may have written is
//! told with its control characters escaped.

use std::borrow::Cow;
use std::time::{Instant, SystemTime};

use jackfield_api::snapshot::Uuid;
use jackfield_api::{Form, Lookup, NotWritten, Refusal};
use tracing::field::{DebugValue, Empty, debug as escaped, display};
use tracing::{Span, debug, debug_span, error, info, warn};

use super::guard::{self, Rule};
use super::refusal::Reply;
use crate::logging::{Line, Lines};
use crate::metrics::{HandlerMetrics, Hits, Metrics};
use crate::record::{Entry, Recorder, plain};
use crate::settings::Settings;

/// Who a look-up went to: what is counted and logged of it. One that fails hides no other's lines.
pub(super) struct Subject {
    metrics: HandlerMetrics,
    failed: Lines,
    shed: Lines,
    refused: Lines,
    abandoned: Lines,
}

impl Subject {
    /// How often it was asked.
    pub(super) fn hits(&self) -> Hits {
        self.metrics.hits()
    }

    pub(super) fn new(metrics: HandlerMetrics) -> Self {
        let [failed, shed, refused, abandoned] = [const { Lines::new() }; 4];
        Self { metrics, failed, shed, refused, abandoned }
    }
}

/// The span of a look-up. At level debug, because a span that somebody collects costs a fifth of a
/// look-up; lines of a higher level name the look-up themselves.
pub(super) fn span(lookup: &Lookup) -> Span {
    debug_span!(
        "lookup",
        section = lookup.section().as_str(),
        handler = Empty,
        outcome = Empty,
        duration_us = Empty,
        core_uuid = lookup.core_uuid().map(shown),
        call_id = lookup.call_id().map(shown),
    )
}

/// One look-up and who was asked. Dropped before it has an outcome, it was abandoned: the switch's
/// own timeout is shorter than the deadline, or the switch has gone.
pub(super) struct Report<'a> {
    lookup: &'a Lookup,
    subject: &'a Subject,
    trail: Option<Trail<'a>>,
    started: Instant,
    has_outcome: bool,
}

/// Where a switch's look-up is counted and recorded. What an operator asks has none: it would be taken
/// for a switch's in figures that alerts are made of.
#[derive(Clone, Copy)]
pub(super) struct Trail<'a> {
    pub(super) metrics: &'a Metrics,
    pub(super) recorder: &'a Recorder,
    pub(super) settings: &'a Settings,
    /// What whoever passed it on calls it.
    pub(super) request: Option<&'a str>,
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        if !self.has_outcome {
            let outcome = "abandoned";
            let duration_us = self.observe(outcome, None);
            let (section, handler) = (self.lookup.section().as_str(), self.subject.metrics.name);
            if let Some(Line { left_out }) = self.subject.abandoned.next() {
                warn!(
                    left_out,
                    section, handler, outcome, duration_us, "nobody waits for the answer"
                );
            }
        }
    }
}

/// Text of a stranger's: as much of it as an identifier needs, control characters escaped.
#[allow(clippy::needless_pass_by_value)] // The shape that `Option::map` asks for.
fn shown(text: Cow<'_, str>) -> DebugValue<String> {
    escaped(text.chars().take(64).collect())
}

/// About whom a look-up is, and from which address the request came that it is made for, where both are
/// what may be kept of a look-up.
fn whose(form: &Form) -> [Option<DebugValue<String>>; 2] {
    let first = |names: &[&str]| names.iter().find_map(|name| plain(form, name)).map(shown);
    [first(&["user"]), first(&["ip", "Hunt-Network-Addr", "Caller-Network-Addr"])]
}

impl<'a> Report<'a> {
    pub(super) fn new(
        lookup: &'a Lookup,
        subject: &'a Subject,
        trail: Option<Trail<'a>>,
        started: Instant,
    ) -> Self {
        Self { lookup, subject, trail, started, has_outcome: false }
    }

    /// The look-up.
    pub(super) fn lookup(&self) -> &'a Lookup {
        self.lookup
    }

    /// The handler's name, or `none`.
    pub(super) fn handler(&self) -> &'static str {
        self.subject.metrics.name
    }

    /// It was answered.
    pub(super) fn answered(mut self, reply: &Reply) {
        let duration_us = self.observe("answered", Some(reply));
        debug!(duration_us, "look-up answered");
    }

    /// It was refused, or its handler failed; then with the fail policy that it was answered by.
    pub(super) fn refused(
        mut self,
        refusal: &Refusal,
        reply: &Reply,
        policy: Option<&'static str>,
    ) {
        let outcome = refusal.outcome();
        if let (Some(policy), Some(trail)) = (policy, self.trail) {
            let labels = [self.lookup.section().as_str(), policy];
            trail.metrics.fallbacks.with_label_values(&labels).inc();
        }
        let duration_us = self.observe(outcome, Some(reply));
        let Subject { metrics, failed, shed, refused, .. } = self.subject;
        let lines = match refusal {
            Refusal::Internal(_) => failed,
            Refusal::Overloaded(_) => shed,
            _ => refused,
        };
        let Some(Line { left_out }) = lines.next() else { return };
        let (section, handler) = (self.lookup.section().as_str(), metrics.name);
        let core_uuid = self.lookup.core_uuid().map(shown);
        let call_id = self.lookup.call_id().map(shown);
        match refusal {
            Refusal::Internal(_) => {
                error!(left_out, section, handler, outcome, duration_us, core_uuid, call_id, %refusal, "look-up failed");
            }
            Refusal::Overloaded(_) => {
                warn!(left_out, section, handler, outcome, duration_us, core_uuid, call_id, %refusal, "look-up shed");
            }
            _ => {
                let [user, ip] = whose(self.lookup.form());
                info!(left_out, section, handler, outcome, duration_us, core_uuid, call_id, user, ip, %refusal, "look-up refused");
            }
        }
    }

    fn observe(&mut self, outcome: &'static str, reply: Option<&Reply>) -> u64 {
        self.has_outcome = true;
        let took = self.started.elapsed();
        let metrics = &self.subject.metrics;
        let duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let span = Span::current();
        span.record("handler", metrics.name);
        span.record("outcome", outcome);
        span.record("duration_us", duration_us);
        let Some(Trail { recorder, settings, request, .. }) = self.trail else {
            return duration_us;
        };
        metrics.observe(outcome, took);
        if settings.record.takes(self.lookup.section()) && recorder.runs() {
            let entry = Entry {
                lookup: self.lookup,
                handler: metrics.name,
                outcome,
                us: duration_us,
                at: SystemTime::now(),
                sent: reply.map(|reply| (reply.status, &reply.body[..])),
                request,
            };
            recorder.take_in(&entry, &settings.record);
        }
        duration_us
    }
}

/// What a look-up wanted written was, or was not.
pub(super) fn written(lookup: &Lookup, what: &'static str, done: Result<(), NotWritten>) {
    static NOT: Lines = Lines::new();
    let section = lookup.section().as_str();
    let call_id = lookup.call_id().map(shown);
    match done {
        Ok(()) => info!(section, what, call_id, "written"),
        Err(why) => {
            if let Some(Line { left_out }) = NOT.next() {
                let outcome = why.outcome();
                error!(left_out, section, what, call_id, outcome, "not written: {why}");
            }
        }
    }
}

/// The owner of a mailbox asked for a PIN that it cannot have.
pub(super) fn pin_refused(lookup: &Lookup) {
    static LINES: Lines = Lines::new();
    let Some(Line { left_out }) = LINES.next() else { return };
    let call_id = lookup.call_id().map(shown);
    info!(
        left_out,
        call_id,
        "a PIN was refused: it is not 1 to 20 digits, or the dialplan names the mailbox's domain \
         otherwise than it is stored"
    );
}

/// Somebody other than the switch has written into a look-up.
pub(super) fn polluted(trail: Option<Trail<'_>>, lookup: &Lookup, rule: Rule) {
    static LINES: Lines = Lines::new();
    let flow = guard::flow(lookup);
    if let Some(trail) = trail {
        trail.metrics.rejected(rule, flow);
    }
    let Some(Line { left_out }) = LINES.next() else { return };
    let section = lookup.section().as_str();
    let core_uuid = lookup.core_uuid().map(shown);
    let rule = rule.as_str();
    warn!(left_out, section, rule, flow, core_uuid, "look-up has been written into");
}

/// A look-up names a section that no switch has.
pub(super) fn unknown_section(trail: Option<Trail<'_>>) {
    static LINES: Lines = Lines::new();
    if let Some(trail) = trail {
        trail.metrics.rejected(Rule::Section, "none");
    }
    if let Some(Line { left_out }) = LINES.next() {
        warn!(left_out, "look-up of an unknown section rejected");
    }
}

/// A hook script posted an event.
pub(super) fn event(handler: &'static str, client: Option<Uuid>, outcome: &'static str) {
    static LINES: Lines = Lines::new();
    if let Some(Line { left_out }) = LINES.next() {
        let client = client.map(display);
        info!(left_out, handler, client, outcome, "channel event");
    }
}
