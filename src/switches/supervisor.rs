//! One task for each switch: keeps a link to it, and does over it what is pending.
//!
//! A task counts as done once the switch has answered its command; one whose link is lost before
//! that is done again. A switch may so be told a thing twice, and never not at all; but what ends calls
//! is told twice at the most.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jackfield_api::snapshot::SessionId;

use super::Switch;
use super::clients::Present;
use super::command::{Command, Verdict, Word};
use super::link::{Dial, Link, Lost, NoLink};
use super::out::Out;
use super::pace::Meter;
use super::pending::{Job, Next, Pending};
use super::said::Said;
use super::task::{Action, ProfileWork, Task};

/// A log line quotes no more of an answer.
const QUOTED: usize = 200;

/// Never ends by itself.
pub(super) async fn supervise<D: Dial>(switch: Arc<Switch>, dial: D) {
    let mut supervisor = Supervisor {
        meter: Meter::new(switch.pace.clone()),
        core: None,
        began: Instant::now(),
        compare: Instant::now(),
        backoff: switch.pace.backoff,
        doubtful: BTreeSet::new(),
        said: Said::default(),
        out: BTreeSet::new(),
        switch,
    };
    loop {
        match dial.dial().await {
            Ok(link) => {
                let Lost(why) = supervisor.attend(link).await;
                supervisor.log(None);
                supervisor.switch.lost(&why);
            }
            Err(NoLink::Unreachable(why)) => supervisor.switch.unreachable(&why),
            Err(NoLink::Refused(why)) => {
                supervisor.switch.refused(&why);
                supervisor.backoff = supervisor.backoff.max(supervisor.switch.pace.refused);
            }
        }
        supervisor.pause().await;
    }
}

struct Supervisor {
    switch: Arc<Switch>,
    meter: Meter,
    /// The run of the switch that was met last.
    core: Option<String>,
    /// When the service began to tell it things.
    began: Instant,
    backoff: Duration,
    /// Profiles that were to be ended when the link was lost, which may have been done.
    doubtful: BTreeSet<Word>,
    /// When it is asked next who is connected over verto.
    compare: Instant,
    /// What it was told and is not logged yet.
    said: Said,
    /// Sessions that were put out, and have stayed: a stock switch keeps their connections.
    out: BTreeSet<SessionId>,
}

impl Supervisor {
    /// Waits before the switch is dialled again: longer each time, and never as long as others do.
    async fn pause(&mut self) {
        let most = self.backoff;
        tokio::time::sleep(most.mul_f64(rand::random_range(0.5..=1.0))).await;
        self.backoff = (most * 2).min(self.switch.pace.longest_backoff);
    }

    /// Does what is pending until the link is lost.
    async fn attend(&mut self, mut link: impl Link) -> Lost {
        if let Err(lost) = self.meet(&mut link).await {
            return lost;
        }
        self.backoff = self.switch.pace.backoff;
        let mut probe = Instant::now() + self.switch.pace.probe;
        loop {
            let next = self.switch.next(&mut self.meter);
            let wake = match next {
                Next::Now(job) => {
                    if let Err(lost) = self.perform(&mut link, job).await {
                        return lost;
                    }
                    probe = Instant::now() + self.switch.pace.probe;
                    continue;
                }
                Next::Later(due) => {
                    self.log(Some(due));
                    due.min(probe)
                }
                Next::Nothing => {
                    self.log(None);
                    probe
                }
            };
            if Instant::now() >= self.compare {
                // Behind what is pending, also where the link is lost by it time and again.
                self.compare = Instant::now() + self.switch.pace.again;
                if let Err(lost) = self.compare(&mut link).await {
                    return lost;
                }
                self.compare = Instant::now() + self.switch.pace.compare;
                continue;
            }
            tokio::select! {
                lost = link.lost() => return lost,
                () = self.switch.woken() => {}
                () = tokio::time::sleep_until(wake.min(self.compare).into()) => {}
            }
            if Instant::now() >= probe {
                // A peer that is gone without a word is found out by its silence.
                if let Err(lost) = self.ask(&mut link, &Command::Core).await {
                    return lost;
                }
                probe = Instant::now() + self.switch.pace.probe;
            }
        }
    }

    /// Finds out which run of the switch this is, and what that needs besides what is pending.
    ///
    /// One that was met before has missed nothing: what it was not told is pending. One that began to
    /// run while this service did has read everything since then, so that older things need not be
    /// told; above all no profile is restarted for them. One that is older than this service may
    /// have missed changes that nobody here knows of. It forgets its users and reads its network
    /// lists, which ends no call.
    async fn meet(&mut self, link: &mut impl Link) -> Result<(), Lost> {
        let core = self.ask(link, &Command::Core).await?.trim().to_owned();
        let is_known = self.core.as_ref() == Some(&core);
        if !is_known {
            let uptime = self.ask(link, &Command::Uptime).await?.trim().parse().ok();
            let now = Instant::now();
            let began = uptime.and_then(|seconds| now.checked_sub(Duration::from_secs(seconds)));
            if let Some(began) = began {
                self.switch.pending(|pending| pending.forget_before(began));
            }
            if began.is_none_or(|began| began <= self.began) {
                self.switch.pending(|pending| {
                    pending.add(Task::FlushAll, now);
                    pending.add(Task::ReloadAcl, now);
                });
            }
            self.core = Some(core);
            self.compare = now;
        }
        self.switch.connected(is_known);
        Ok(())
    }

    /// Logs what it was told, if nothing more is to be said before long.
    fn log(&mut self, next: Option<Instant>) {
        if let Some(said) = self.said.take(next, Instant::now()) {
            tracing::info!("told {}: {said}", self.switch.settings.name);
        }
    }

    /// Asks who is connected over verto, where somebody wants to know.
    async fn compare(&mut self, link: &mut impl Link) -> Result<(), Lost> {
        let comparing = self.switch.comparing.get();
        if let Some(comparing) = comparing.filter(|comparing| comparing.is_of_use())
            && let Some(present) = Present::of(link, &self.switch.settings.hostname).await?
        {
            let mut leavers = comparing.compare(present);
            self.out.retain(|session| leavers.contains_key(session));
            leavers.retain(|session, _| !self.out.contains(session));
            let now = Instant::now();
            let tasks = leavers.into_values().map(Task::Out);
            self.switch.pending(|pending| tasks.for_each(|task| pending.add(task, now)));
        }
        Ok(())
    }

    async fn ask(&self, link: &mut impl Link, command: &Command) -> Result<String, Lost> {
        link.call(&command.line()).await
    }

    /// Gives a command and counts what came of it.
    async fn tell(&mut self, link: &mut impl Link, command: &Command) -> Result<Verdict, Lost> {
        let reply = match link.call(&command.line()).await {
            Ok(reply) => reply,
            Err(lost) => {
                self.switch.told(command, "lost");
                self.said.add(command, "lost", Instant::now());
                return Err(lost);
            }
        };
        let verdict = command.verdict(&reply);
        let outcome = match verdict {
            Verdict::Done => "done",
            Verdict::Refused => "refused",
            Verdict::Absent => "absent",
            Verdict::TooSoon | Verdict::NotRunning => "not-ready",
        };
        self.switch.told(command, outcome);
        self.said.add(command, outcome, Instant::now());
        let switch = self.switch.settings.name.as_str();
        if verdict == Verdict::Refused {
            let reply: String = reply.trim().chars().take(QUOTED).collect();
            tracing::warn!(switch, %command, reply, "the switch refused a command");
        } else {
            tracing::debug!(switch, %command, outcome, "told the switch");
        }
        Ok(verdict)
    }

    /// Does a task, or as much of it as can be done now. What is lost on the way is pending again.
    async fn perform(&mut self, link: &mut impl Link, job: Job) -> Result<(), Lost> {
        let (task, again) = match self.progress(link, &job.task).await {
            Ok(None) => {
                self.switch.pending(Pending::done);
                return Ok(());
            }
            Ok(Some((rest, wait))) => (rest, Ok(wait)),
            Err(lost) => (self.once_more(&job.task), Err(lost)),
        };
        let pace = &self.switch.pace;
        let wait = *again.as_ref().unwrap_or(&pace.again);
        self.switch.pending(|pending| pending.put_back(job.with(task), Instant::now() + wait));
        again.map(drop)
    }

    /// A task that was lost on the way. A profile is told twice at the most to end its calls: if the
    /// switch did it each time and only its answer is lost, that would never end.
    fn once_more(&mut self, task: &Task) -> Task {
        let Task::Profile(profile, work) = task else { return task.clone() };
        let ends_calls = matches!(work.action, Action::Restart | Action::Stop);
        if !ends_calls || self.doubtful.insert(profile.clone()) {
            return task.clone();
        }
        let switch = &self.switch.settings.name;
        tracing::error!(
            switch,
            "the link was lost twice over a profile that was to be restarted or stopped; look whether it was"
        );
        let work = ProfileWork { action: Action::Rescan, ..work.clone() };
        Task::Profile(profile.clone(), work)
    }

    /// What is left of a task, and when to go on with it.
    async fn progress(
        &mut self,
        link: &mut impl Link,
        task: &Task,
    ) -> Result<Option<(Task, Duration)>, Lost> {
        if let Task::Profile(profile, work) = task
            && let Some((work, wait)) = self.gateways(link, profile, work).await?
        {
            return Ok(Some((Task::Profile(profile.clone(), work), wait)));
        }
        if let Task::Out(out) = task {
            self.put_out(link, out).await?;
            return Ok(None);
        }
        let verdict = self.tell(link, &task.command()).await?;
        let again = self.switch.pace.again;
        match (verdict, task) {
            (Verdict::TooSoon, _) => return Ok(Some((task.clone(), again))),
            // It failed to start when it was told last, or somebody stopped it. It is stored, so it
            // is to run.
            (Verdict::NotRunning, Task::Profile(profile, _)) => {
                let start = ProfileWork::new(Action::Start);
                return Ok(Some((Task::Profile(profile.clone(), start), Duration::ZERO)));
            }
            _ => {}
        }
        if let Task::Profile(profile, _) = task {
            self.doubtful.remove(profile);
        }
        self.meter.told(task, Instant::now());
        Ok(None)
    }

    /// Takes from a session what it may do, and ends it.
    async fn put_out(&mut self, link: &mut impl Link, out: &Out) -> Result<(), Lost> {
        for command in out.revoke() {
            self.tell(link, &command).await?;
        }
        // As long as a call may take, once it was allowed, to show whose it is.
        tokio::time::sleep(Duration::from_millis(20)).await;
        for command in out.end() {
            self.tell(link, &command).await?;
        }
        self.out.insert(out.session.clone());
        Ok(())
    }

    /// Removes the gateways that are to go, and says what is left to do while one is still there: it
    /// takes its leave of the registrar, and if its successor registered meanwhile, that one's
    /// registration would end.
    async fn gateways(
        &mut self,
        link: &mut impl Link,
        profile: &Word,
        work: &ProfileWork,
    ) -> Result<Option<(ProfileWork, Duration)>, Lost> {
        for gateway in &work.kill {
            let (profile, gateway) = (profile.clone(), gateway.clone());
            self.tell(link, &Command::KillGateway { profile, gateway }).await?;
        }
        let mut leaving = &work.leaving | &work.kill;
        if leaving.is_empty() {
            return Ok(None);
        }
        let mut there = String::new();
        for up in [true, false] {
            let profile = profile.clone();
            there += &self.ask(link, &Command::Gateways { profile, up }).await?;
            there.push(' ');
        }
        leaving.retain(|gateway| there.split_whitespace().any(|name| name == gateway.as_str()));
        let now = Instant::now();
        let until = work.until.filter(|_| work.kill.is_empty());
        let until = until.unwrap_or(now + self.switch.pace.gateway);
        if leaving.is_empty() || now >= until {
            return Ok(None);
        }
        let rest = ProfileWork { leaving, until: Some(until), ..ProfileWork::rescan([]) };
        Ok(Some((rest, self.switch.pace.poll)))
    }
}
