//! Tells the switches what has changed.
//!
//! A switch asks for most things each time it needs them, and remembers the rest: users that may be
//! cached, network lists, SIP profiles with their gateways, queues. After a change it is told over
//! its event socket to forget or to ask again; `plan` says what for which change.
//!
//! ```text
//! watch -> Mailbox -> plan (a thread) -> Pending, one for each switch -> supervisor (a task) -> Link
//! ```
//!
//! Nothing here is waited for by a look-up or by the thread that publishes. What a switch is to be
//! told is kept while it is away, each thing once, so that it is bounded by what is stored.

mod clients;
mod command;
mod leaving;
mod link;
mod mailbox;
mod out;
mod pace;
mod pending;
mod plan;
mod said;
mod supervisor;
mod task;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use prometheus::{IntCounter, IntGauge};
use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub use self::clients::{Comparing, Present, is_one};
use self::command::{Command, KINDS};
use self::leaving::Leaving;
use self::link::EventSocket;
use self::mailbox::{Mailbox, Span};
pub use self::out::{Out, Outs, leavers};
use self::pace::Meter;
pub use self::pace::Pace;
use self::pending::{Next, Pending};
use crate::metrics::Metrics;
use crate::settings::SwitchSettings;
use crate::watch::Step;

/// The switches of a service.
pub struct Switches {
    list: Vec<Arc<Switch>>,
    mailbox: Arc<Mailbox>,
    comparing: Arc<OnceLock<Arc<dyn Comparing>>>,
}

/// How it is with one switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SwitchStatus {
    /// What the settings call it.
    pub name: String,
    /// Its event socket.
    pub address: String,
    /// Whether it can be told anything.
    pub state: SwitchState,
    /// For how many seconds.
    pub for_s: u64,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What it calls itself, where the settings call it otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_itself: Option<String>,
    /// How many things it is still to be told: each a user, a profile, a queue, an agent, a place in
    /// a queue, a client that was removed, all others that have to go, all network lists, or all
    /// documents.
    pub pending: usize,
}

/// Whether a switch can be told anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SwitchState {
    /// It has not been reached since the service started, nor has that failed.
    Connecting,
    /// It is told at once.
    Connected,
    /// It does not answer, and is dialled again soon.
    Unreachable,
    /// It does not let the service in, and is dialled again now and then.
    Refused,
}

impl Switches {
    /// Those of the settings. They are not reached yet.
    pub fn new(settings: &[SwitchSettings], metrics: &Metrics) -> Self {
        Self::at_pace(settings, metrics, &Pace::default())
    }

    /// As [`Switches::new`], with limits of one's own.
    pub fn at_pace(settings: &[SwitchSettings], metrics: &Metrics, pace: &Pace) -> Self {
        let comparing = Arc::<OnceLock<_>>::default();
        let switch = |settings: &SwitchSettings| {
            Arc::new(Switch {
                comparing: Arc::clone(&comparing),
                counts: Counts::new(metrics, &settings.name),
                settings: settings.clone(),
                pace: pace.clone(),
                pending: Mutex::default(),
                leaving: Mutex::default(),
                wake: Notify::new(),
                contact: Mutex::new(Contact {
                    state: SwitchState::Connecting,
                    since: Instant::now(),
                    error: None,
                    calls_itself: None,
                }),
            })
        };
        Self { list: settings.iter().map(switch).collect(), mailbox: Arc::default(), comparing }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// From now on each is asked now and then who is connected to it over verto.
    pub fn compare_with(&self, comparing: Arc<dyn Comparing>) {
        // A second one would hear the same.
        let _ = self.comparing.set(comparing);
    }

    /// Starts to tell them. It ends with what this returns. Needs a runtime.
    pub fn start(&self) -> std::io::Result<Telling> {
        let (list, mailbox) = (self.list.clone(), Arc::clone(&self.mailbox));
        if !list.is_empty() {
            std::thread::Builder::new().name("switches".to_owned()).spawn(move || {
                while let Some(span) = mailbox.take() {
                    for switch in &list {
                        switch.span(&span);
                    }
                }
            })?;
        }
        let mut tasks = JoinSet::new();
        for switch in &self.list {
            tasks.spawn(supervise(Arc::clone(switch)));
        }
        Ok(Telling { list: self.list.clone(), _tasks: tasks })
    }

    /// Something else is served now. Never waits.
    pub fn changed(&self, step: &Step) {
        if !self.list.is_empty() {
            self.mailbox.put(step);
        }
    }

    /// How it is with each, in the order of the settings.
    pub fn status(&self) -> Vec<SwitchStatus> {
        self.list.iter().map(|switch| switch.status()).collect()
    }
}

/// Supervises a switch, again where that has panicked.
async fn supervise(switch: Arc<Switch>) {
    loop {
        let socket = EventSocket::new(switch.settings.clone(), &switch.pace);
        let mut task = JoinSet::new();
        task.spawn(supervisor::supervise(Arc::clone(&switch), socket));
        match task.join_next().await {
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(switch = switch.settings.name, "begun anew after a panic");
                switch.pending(|pending| pending.begin_anew(Instant::now()));
                tokio::time::sleep(switch.pace.dial).await;
            }
            _ => return,
        }
    }
}

impl Drop for Switches {
    fn drop(&mut self) {
        self.mailbox.close();
    }
}

/// Tells the switches until it is dropped. What one was not told by then is logged: nobody will.
pub struct Telling {
    list: Vec<Arc<Switch>>,
    _tasks: JoinSet<()>,
}

impl Drop for Telling {
    fn drop(&mut self) {
        for switch in &self.list {
            let mut left = switch.pending(|pending| pending.told());
            left.extend((switch.left() > 0).then(|| "put out sessions".to_owned()));
            if !left.is_empty() {
                let switch = switch.settings.name.as_str();
                tracing::warn!(
                    switch,
                    left = left.join("; "),
                    "the switch was not told everything"
                );
            }
        }
    }
}

/// One switch: what is known of it, and what it is still to be told.
struct Switch {
    comparing: Arc<OnceLock<Arc<dyn Comparing>>>,
    settings: SwitchSettings,
    pace: Pace,
    pending: Mutex<Pending>,
    leaving: Mutex<Leaving>,
    wake: Notify,
    contact: Mutex<Contact>,
    counts: Counts,
}

struct Contact {
    state: SwitchState,
    since: Instant,
    error: Option<String>,
    calls_itself: Option<String>,
}

impl Switch {
    /// Adds what a change asks of it.
    fn span(&self, span: &Span) {
        let switch = self.settings.name.as_str();
        let planned = catch_unwind(AssertUnwindSafe(|| plan::plan(span, &self.settings.hostname)));
        let Ok(plan) = planned else {
            // The next change is told all the same.
            return tracing::error!(switch, "a change could not be planned, and is not told");
        };
        for remark in plan.remarks {
            tracing::warn!(switch, "{remark}");
        }
        if !plan.removed.is_empty() || plan.leavers {
            self.leaving(|leaving| leaving.add(plan.removed, plan.leavers));
            self.wake.notify_one();
        }
        if !plan.tasks.is_empty() {
            let now = Instant::now();
            self.pending(|pending| plan.tasks.into_iter().for_each(|task| pending.add(task, now)));
            self.wake.notify_one();
        }
    }

    /// Works on who has to go, for a moment.
    fn leaving<T>(&self, work: impl FnOnce(&mut Leaving) -> T) -> T {
        let done = work(&mut self.leaving.lock().unwrap_or_else(PoisonError::into_inner));
        self.pending(|_| {});
        done
    }

    fn left(&self) -> usize {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Works on what is pending, for a moment.
    fn pending<T>(&self, work: impl FnOnce(&mut Pending) -> T) -> T {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut pending);
        let count = pending.len() + self.left();
        self.counts.pending.set(count.try_into().unwrap_or(i64::MAX));
        done
    }

    fn next(&self, meter: &mut Meter) -> Next {
        self.pending(|pending| pending.take(meter, Instant::now()))
    }

    /// Waits until something was added.
    async fn woken(&self) {
        self.wake.notified().await;
    }

    fn told(&self, command: &Command, outcome: &str) {
        self.counts.told(command.kind(), outcome);
    }

    fn connected(&self, again: bool) {
        let (switch, address) = (self.settings.name.as_str(), self.settings.address());
        tracing::info!(switch, address, again, "connected to the switch");
        self.counts.up.set(1);
        self.contact(SwitchState::Connected, None);
    }

    /// What it says that it is called: by that it is known who is connected to it, and what is for it.
    fn calls_itself(&self, name: &str) {
        let is_other = !name.eq_ignore_ascii_case(&self.settings.hostname);
        let mut contact = self.contact.lock().unwrap_or_else(PoisonError::into_inner);
        contact.calls_itself = is_other.then(|| name.to_owned());
        drop(contact);
        if is_other {
            let (switch, hostname) = (&self.settings.name, &self.settings.hostname);
            let name = name.escape_debug();
            tracing::warn!(
                switch,
                "the switch calls itself «{name}», and the settings «{hostname}»: write hostname = \"{name}\""
            );
        }
    }

    fn lost(&self, why: &str) {
        self.unreachable(&format!("the connection was lost: {why}"));
    }

    fn unreachable(&self, why: &str) {
        self.away(SwitchState::Unreachable, why);
    }

    fn refused(&self, why: &str) {
        self.away(SwitchState::Refused, why);
    }

    /// Logged once, however often it is dialled.
    fn away(&self, state: SwitchState, why: &str) {
        self.counts.up.set(0);
        if self.contact(state, Some(why)) {
            let (switch, address) = (self.settings.name.as_str(), self.settings.address());
            tracing::warn!(switch, address, "the switch cannot be told of changes: {why}");
        }
    }

    /// Whether this is new.
    fn contact(&self, state: SwitchState, error: Option<&str>) -> bool {
        let mut contact = self.contact.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = contact.state != state;
        if is_new {
            (contact.state, contact.since) = (state, Instant::now());
        }
        contact.error = error.map(str::to_owned);
        is_new
    }

    fn status(&self) -> SwitchStatus {
        let pending = self.pending(|pending| pending.len()) + self.left();
        let contact = self.contact.lock().unwrap_or_else(PoisonError::into_inner);
        SwitchStatus {
            name: self.settings.name.clone(),
            address: self.settings.address(),
            state: contact.state,
            for_s: contact.since.elapsed().as_secs(),
            error: contact.error.clone(),
            calls_itself: contact.calls_itself.clone(),
            pending,
        }
    }
}

/// What can come of a command.
const OUTCOMES: [&str; 5] = ["done", "refused", "absent", "not-ready", "lost"];

/// The metrics of one switch, looked up once. Its name is from the settings.
struct Counts {
    up: IntGauge,
    pending: IntGauge,
    commands: Vec<[IntCounter; OUTCOMES.len()]>,
}

impl Counts {
    fn new(metrics: &Metrics, switch: &str) -> Self {
        let commands = KINDS.map(|kind| {
            OUTCOMES
                .map(|outcome| metrics.switch_commands.with_label_values(&[switch, kind, outcome]))
        });
        Self {
            up: metrics.switch_up.with_label_values(&[switch]),
            pending: metrics.switch_pending.with_label_values(&[switch]),
            commands: commands.into(),
        }
    }

    fn told(&self, kind: &str, outcome: &str) {
        let kind = KINDS.iter().position(|known| *known == kind);
        let outcome = OUTCOMES.iter().position(|known| *known == outcome);
        if let (Some(kind), Some(outcome)) = (kind, outcome) {
            self.commands[kind][outcome].inc();
        }
    }
}
