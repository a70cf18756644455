//! One task for each switch: keeps a link to it, and does over it what is pending.
//!
//! A task counts as done once the switch has answered its command; one whose link is lost before
//! that is done again. A switch may so be told a thing twice, and never not at all; but what ends calls
//! is told twice at the most.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jackfield_api::snapshot::{Connection, SessionId};

use super::Switch;
use super::clients::Present;
use super::command::{Command, Verdict, Word};
use super::link::{Dial, Link, Lost, NoLink};
use super::out::Outs;
use super::pace::Meter;
use super::pending::{Job, Next, Pending};
use super::said::Said;
use super::task::{Action, ProfileWork, Task};

/// How many are put out together.
const AT_ONCE: usize = 200;
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
        names: vec![switch.settings.hostname.clone()],
        out: BTreeSet::new(),
        unheard: switch.pace.again,
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
    /// What it is called, as far as that is known.
    names: Vec<String>,
    /// Who was put out and has stayed: a stock switch keeps the connections.
    out: BTreeSet<(SessionId, Option<Connection>)>,
    /// Until it is asked again who is connected, where the link was lost over that. Longer each time.
    unheard: Duration,
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
            // Strangers before all else.
            if let Err(lost) = self.put_out(&mut link).await {
                self.switch.leaving(|leaving| leaving.add(Outs::new(), true));
                return lost;
            }
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
                // Behind what is pending, also where the link is lost by it time and again: an answer can
                // be longer than the client of the event socket takes.
                self.compare = Instant::now() + self.unheard;
                self.unheard = (2 * self.unheard).min(self.switch.pace.compare);
                let wait = match self.compare(&mut link).await {
                    Ok(wait) => wait,
                    Err(Lost(why)) => {
                        return Lost(format!(
                            "{why}, while it was to tell who is there over verto"
                        ));
                    }
                };
                self.unheard = self.switch.pace.again;
                self.compare = Instant::now() + wait;
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
            let name = self.ask(link, &Command::Switchname).await?.trim().to_owned();
            if !name.is_empty() && !name.starts_with(['-', '+']) {
                self.switch.calls_itself(&name);
                self.names = vec![self.switch.settings.hostname.clone(), name];
            }
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

    /// Asks who is connected over verto, where somebody wants to know; when to ask again.
    async fn compare(&mut self, link: &mut impl Link) -> Result<Duration, Lost> {
        let pace = &self.switch.pace;
        let comparing = self.switch.comparing.get().filter(|comparing| comparing.is_of_use());
        let Some(comparing) = comparing.map(Arc::clone) else {
            self.out.clear();
            return Ok(pace.compare);
        };
        let Some(present) = Present::of(link, &self.switch.settings.hostname).await? else {
            return Ok(pace.compare);
        };
        self.names.clone_from(&present.switch);
        let compared = tokio::task::spawn_blocking(move || comparing.compare(&present)).await;
        // Whoever's time is over is found like this.
        self.switch.leaving(|leaving| leaving.add(Outs::new(), true));
        let soon = compared.unwrap_or(false);
        Ok(if soon { pace.compare_again } else { pace.compare })
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
            let reply: String = command.shown(reply.trim()).chars().take(QUOTED).collect();
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

    /// Takes from those who have to go what they may do, and ends them; some at a time, and each once.
    async fn put_out(&mut self, link: &mut impl Link) -> Result<(), Lost> {
        while let Some((removed, is_due)) = self.switch.leaving(|leaving| leaving.take(AT_ONCE)) {
            let mut outs = removed.clone();
            if is_due {
                let leavers = self.leavers().await;
                self.out.retain(|key| leavers.contains_key(key));
                let new = leavers.into_iter().filter(|(key, _)| !self.out.contains(key));
                outs.extend(new.take(AT_ONCE + 1));
                if outs.len() > removed.len() + AT_ONCE {
                    outs.pop_last();
                    self.switch.leaving(|leaving| leaving.add(Outs::new(), true));
                }
            }
            let mut refused = BTreeSet::new();
            for (key, out) in &outs {
                for command in out.revoke() {
                    if self.tell(link, &command).await? == Verdict::Refused {
                        refused.insert(key.clone());
                    }
                }
            }
            if outs.is_empty() {
                continue;
            }
            // As long as a call may take, once it was allowed, to show whose it is.
            tokio::time::sleep(Duration::from_millis(20)).await;
            // Whoever has come back meanwhile has lost what it was given, and keeps its calls.
            let still = if is_due { self.leavers().await } else { Outs::new() };
            for (key, out) in &outs {
                if removed.contains_key(key) || still.get(key) == Some(out) {
                    for command in out.end() {
                        self.tell(link, &command).await?;
                    }
                }
            }
            self.switch.leaving(|leaving| leaving.done(&removed));
            // One that was refused is tried again when it is looked at the next time.
            let told = outs.into_keys().filter(|key| !removed.contains_key(key));
            self.out.extend(told.filter(|key| !refused.contains(key)));
        }
        Ok(())
    }

    /// Who has to go by what is served now.
    async fn leavers(&self) -> Outs {
        let Some(comparing) = self.switch.comparing.get().map(Arc::clone) else {
            return Outs::new();
        };
        let names = self.names.clone();
        tokio::task::spawn_blocking(move || comparing.leavers(&names)).await.unwrap_or_default()
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
