//! Queues, agents and tiers. The switch copies agents and tiers into a database of its own.

use std::collections::{BTreeMap, BTreeSet};

use jackfield_api::snapshot::{Contents, OnSwitch, Setting};

use super::super::task::{QueueWork, RowWork, Task};
use super::{Planner, texts};

/// Agents and tiers that are reloaded one by one, at most: for each the switch asks for all of them.
const FEW: usize = 50;

impl<'a> Planner<'a> {
    pub(super) fn callcenter(&mut self) {
        if !self.changed.any(&["queues", "agents", "tiers"]) {
            return;
        }
        let contents = |on: OnSwitch<'a>| on.snapshot().contents();
        let (before, after) = (contents(self.before), contents(self.after));
        let queues = |all: &'a Contents| {
            all.queues.iter().map(|it| (it.name.as_str(), it.params.as_slice())).collect()
        };
        let agents = |all: &'a Contents| {
            all.agents.iter().map(|it| (it.name.as_str(), it.attributes.as_slice())).collect()
        };
        let (made_queues, changed_queues, gone_queues) =
            self.difference(&queues(before), &queues(after));
        let (made_agents, changed_agents, gone_agents) =
            self.difference(&agents(before), &agents(after));
        let agents: Vec<_> = made_agents.into_iter().chain(changed_agents).collect();
        let places = |all: &'a Contents| -> BTreeMap<_, _> {
            all.tiers.iter().map(|it| ((&*it.queue, &*it.agent), (it.level, it.position))).collect()
        };
        let (had, has) = (places(before), places(after));
        let mut made_tiers: Vec<_> =
            has.iter().filter(|(at, is)| had.get(*at) != Some(*is)).map(|(at, _)| *at).collect();
        let gone_tiers = had.keys().filter(|at| !has.contains_key(*at));

        let mut reloaded: BTreeSet<&str> = changed_queues.into_iter().collect();
        // A queue brings its agents and tiers along.
        let many = agents.len() + made_tiers.len() > FEW;
        if many {
            let agents: BTreeSet<_> = agents.iter().copied().collect();
            let tiers = has.keys().filter(|(_, agent)| agents.contains(agent));
            reloaded.extend(tiers.chain(&made_tiers).map(|(queue, _)| *queue));
        }
        for name in &made_queues {
            self.queue(name, QueueWork::Load);
        }
        for name in reloaded.iter().filter(|name| !made_queues.contains(name)) {
            self.queue(name, QueueWork::Reload);
        }
        for name in gone_queues {
            self.queue(name, QueueWork::Unload);
        }
        // One that serves no queue is brought by none.
        let serving: BTreeSet<_> = has.keys().map(|(_, agent)| *agent).collect();
        for name in agents.into_iter().filter(|name| !many || !serving.contains(name)) {
            self.agent(name, RowWork::Reload);
        }
        for name in gone_agents {
            self.agent(name, RowWork::Remove);
        }
        made_tiers.retain(|(queue, _)| !many && !made_queues.contains(queue));
        for (queue, agent) in made_tiers {
            self.tier(queue, agent, RowWork::Reload);
        }
        for (queue, agent) in gone_tiers {
            self.tier(queue, agent, RowWork::Remove);
        }
    }

    /// Those that came, that are others now, and that went.
    fn difference(
        &self,
        before: &BTreeMap<&'a str, &'a [Setting]>,
        after: &BTreeMap<&'a str, &'a [Setting]>,
    ) -> (Vec<&'a str>, Vec<&'a str>, Vec<&'a str>) {
        let only = |these: &BTreeMap<&'a str, _>, those: &BTreeMap<&'a str, _>| {
            these.keys().filter(|name| !those.contains_key(*name)).copied().collect()
        };
        let changed = after.iter().filter(|(name, is)| {
            before.get(*name).is_some_and(|was| texts(self.before, was) != texts(self.after, is))
        });
        let changed = changed.map(|(name, _)| *name).collect();
        (only(after, before), changed, only(before, after))
    }

    fn queue(&mut self, name: &str, work: QueueWork) {
        if let Some(name) = self.word("queue", name) {
            self.task(Task::Queue(name, work));
        }
    }

    fn agent(&mut self, name: &str, work: RowWork) {
        if let Some(name) = self.word("agent", name) {
            self.task(Task::Agent(name, work));
        }
    }

    fn tier(&mut self, queue: &str, agent: &str, work: RowWork) {
        if let Some(queue) = self.word("queue", queue)
            && let Some(agent) = self.word("agent", agent)
        {
            self.task(Task::Tier(queue, agent, work));
        }
    }
}
