//! How often a switch is told something, at most.
//!
//! The first change is told at once. What comes within the time that is to pass waits, and becomes
//! one with whatever else comes for the same.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::task::{Action, Subject, Task};

/// The limits, for each switch.
#[derive(Debug, Clone)]
pub struct Pace {
    /// Users that are flushed one by one.
    pub flushes_per_second: f64,
    /// Agents and tiers: for each the switch asks for the whole document.
    pub agents_per_second: f64,
    /// Between two flushes of everything.
    pub flush_all: Duration,
    /// Between two of anything that has the switch read and ask: network lists, XML, a profile, a
    /// queue.
    pub reload: Duration,
    /// Between two starts, stops and restarts of a profile. The switch itself refuses to stop one
    /// that is younger than ten seconds, and needs some to end one.
    pub restart: Duration,
    /// Until something is tried again that the switch was not ready for.
    pub again: Duration,
    /// Until the switch is asked again whether a gateway is gone.
    pub poll: Duration,
    /// How long a gateway is waited for: one whose registrar is silent is long in going.
    pub gateway: Duration,
    /// How long the switch has for the answer to a command.
    pub answer: Duration,
    /// How long it has to let us in.
    pub dial: Duration,
    /// Between two signs of life.
    pub probe: Duration,
    /// Between two comparisons of who is connected to it over verto.
    pub compare: Duration,
    /// The same where somebody came or went just then.
    pub compare_again: Duration,
    /// The first wait before it is dialled again; the next ones are longer.
    pub backoff: Duration,
    /// The longest.
    pub longest_backoff: Duration,
    /// The wait after it refused us: it will, until somebody changes something.
    pub refused: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            flushes_per_second: 100.0,
            agents_per_second: 20.0,
            flush_all: Duration::from_secs(2),
            reload: Duration::from_secs(3),
            restart: Duration::from_secs(15),
            again: Duration::from_secs(2),
            poll: Duration::from_millis(250),
            gateway: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            dial: Duration::from_secs(5),
            probe: Duration::from_secs(20),
            compare: Duration::from_mins(1),
            compare_again: Duration::from_secs(6),
            backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(30),
            refused: Duration::from_secs(30),
        }
    }
}

/// Things that may be done some times a second.
#[derive(Debug)]
struct Bucket {
    per_second: f64,
    left: f64,
    filled: Option<Instant>,
}

impl Bucket {
    fn new(per_second: f64) -> Self {
        Self { per_second, left: per_second.max(1.0), filled: None }
    }

    /// None for now.
    fn due(&mut self, now: Instant) -> Option<Instant> {
        let passed = self.filled.map_or(Duration::ZERO, |filled| now - filled);
        self.filled = Some(now);
        let most = self.per_second.max(1.0);
        self.left = (self.left + passed.as_secs_f64() * self.per_second).min(most);
        let missing = 1.0 - self.left;
        (missing > 0.0).then(|| now + Duration::from_secs_f64(missing / self.per_second))
    }

    fn take(&mut self) {
        self.left -= 1.0;
    }
}

/// What was done when.
#[derive(Debug)]
pub(super) struct Meter {
    pace: Pace,
    users: Bucket,
    agents: Bucket,
    /// When a subject may be told next.
    next: HashMap<Subject, Instant>,
}

/// Subjects that are remembered before those whose time has passed are forgotten.
const MANY: usize = 1024;

impl Meter {
    pub(super) fn new(pace: Pace) -> Self {
        let (users, agents) =
            (Bucket::new(pace.flushes_per_second), Bucket::new(pace.agents_per_second));
        Self { pace, users, agents, next: HashMap::new() }
    }

    /// When the next user may be flushed; None for now.
    pub(super) fn users_due(&mut self, now: Instant) -> Option<Instant> {
        self.users.due(now)
    }

    /// When a task may be done; None for now.
    pub(super) fn due(&mut self, subject: &Subject, now: Instant) -> Option<Instant> {
        match subject {
            Subject::User(_) => self.users.due(now),
            Subject::Agent(_) | Subject::Tier(..) => self.agents.due(now),
            _ => self.next.get(subject).copied().filter(|next| *next > now),
        }
    }

    /// A task was told, with the one command that ends it.
    pub(super) fn told(&mut self, task: &Task, now: Instant) {
        let wait = match task {
            Task::Flush(_) => return self.users.take(),
            Task::Agent(..) | Task::Tier(..) => return self.agents.take(),
            Task::FlushAll => self.pace.flush_all,
            Task::Profile(_, work) if work.action != Action::Rescan => self.pace.restart,
            Task::Profile(..)
            | Task::ReloadAcl
            | Task::ReloadXml
            | Task::Voicemail(_)
            | Task::Queue(..) => self.pace.reload,
        };
        if self.next.len() >= MANY {
            self.next.retain(|_, next| *next > now);
        }
        self.next.insert(task.subject(), now + wait);
    }
}
