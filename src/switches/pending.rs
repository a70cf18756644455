//! What a switch is still to be told: each thing once, the important ones first.
//!
//! A switch may be away for long, so this is bounded by what there is, not by how often it changes;
//! beyond [`MOST_USERS`] single users it becomes one flush of all.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::pace::Meter;
use super::task::{CachedUser, Subject, Task};

/// Users that wait to be flushed one by one, at most.
pub(super) const MOST_USERS: usize = 4096;

/// The switch tells in whole seconds how long it runs, and both clocks are read a little apart.
const BLUR: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Pending {
    users: BTreeMap<CachedUser, Instant>,
    /// Until then no user is flushed.
    users_wait: Option<Instant>,
    tasks: BTreeMap<Subject, Waiting>,
    /// What was taken out, and is neither done nor put back yet.
    under_way: Option<Task>,
}

#[derive(Debug)]
struct Waiting {
    task: Task,
    /// When it was asked for last.
    asked: Instant,
    /// Not before this.
    wait: Option<Instant>,
}

/// A task that was taken out to be done.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) task: Task,
    asked: Instant,
}

impl Job {
    /// The same with what is left of its task.
    pub(super) fn with(self, task: Task) -> Self {
        Self { task, ..self }
    }
}

/// What there is to do.
#[derive(Debug)]
pub(super) enum Next {
    Now(Job),
    Later(Instant),
    Nothing,
}

impl Pending {
    /// How many things are not done yet.
    pub(super) fn len(&self) -> usize {
        self.users.len() + self.tasks.len() + usize::from(self.under_way.is_some())
    }

    /// Adds what a change asks for.
    pub(super) fn add(&mut self, task: Task, now: Instant) {
        match &task {
            Task::Flush(user) => {
                if !self.tasks.contains_key(&Subject::Users) {
                    self.users.insert(user.clone(), now);
                    if self.users.len() > MOST_USERS {
                        self.add(Task::FlushAll, now);
                    }
                }
                return;
            }
            Task::FlushAll => self.users.clear(),
            // Network lists are not read without the XML.
            Task::ReloadAcl => drop(self.tasks.remove(&Subject::Xml)),
            Task::ReloadXml if self.tasks.contains_key(&Subject::Acl) => return,
            _ => {}
        }
        let subject = task.subject();
        let (task, wait) = match self.tasks.remove(&subject) {
            Some(waiting) => (waiting.task.then(task), waiting.wait),
            None => (task, None),
        };
        self.tasks.insert(subject, Waiting { task, asked: now, wait });
    }

    /// Takes the first that may be done now. It counts until it is done, or put back.
    pub(super) fn take(&mut self, meter: &mut Meter, now: Instant) -> Next {
        let next = self.first(meter, now);
        if let Next::Now(job) = &next {
            self.under_way = Some(job.task.clone());
        }
        next
    }

    /// What was taken out is done.
    pub(super) fn done(&mut self) {
        self.under_way = None;
    }

    /// Whoever took something out is gone, and has left no word of it.
    pub(super) fn begin_anew(&mut self, now: Instant) {
        if let Some(task) = self.under_way.take() {
            self.put_back(Job { task, asked: now }, now);
        }
    }

    fn first(&mut self, meter: &mut Meter, now: Instant) -> Next {
        let mut soonest = None;
        let mut later = |due: Instant| {
            let soon = soonest.get_or_insert(due);
            *soon = due.min(*soon);
        };
        // While all are to be flushed, none waits to be flushed alone.
        if let Some((user, asked)) = self.users.first_key_value() {
            let wait = self.users_wait.filter(|wait| *wait > now);
            let Some(due) = wait.or_else(|| meter.users_due(now)) else {
                let job = Job { task: Task::Flush(user.clone()), asked: *asked };
                self.users.pop_first();
                return Next::Now(job);
            };
            later(due);
        }
        let mut order: Vec<_> = self.tasks.iter().collect();
        order.sort_by_key(|(subject, waiting)| place(subject, &waiting.task));
        let mut first = None;
        // What a profile is to free has to be free before others take it.
        let mut held_up = None;
        for (subject, waiting) in order {
            let rank = rank(&waiting.task);
            if rank.is_some() && held_up.is_some() && rank > held_up {
                continue;
            }
            let wait = waiting.wait.filter(|wait| *wait > now);
            let Some(due) = wait.or_else(|| meter.due(subject, now)) else {
                first = Some(subject.clone());
                break;
            };
            later(due);
            held_up = held_up.or(rank);
        }
        if let Some(subject) = first
            && let Some(Waiting { task, asked, .. }) = self.tasks.remove(&subject)
        {
            return Next::Now(Job { task, asked });
        }
        soonest.map_or(Next::Nothing, Next::Later)
    }

    /// Puts back what could not be done, or not to its end, for not before this. What was asked for
    /// since then comes after it.
    pub(super) fn put_back(&mut self, job: Job, wait: Instant) {
        let Job { task, asked } = job;
        self.under_way = None;
        if let Task::Flush(user) = task {
            if !self.tasks.contains_key(&Subject::Users) {
                self.users.entry(user).or_insert(asked);
                self.users_wait = Some(wait);
            }
            return;
        }
        if task == Task::ReloadXml && self.tasks.contains_key(&Subject::Acl) {
            return;
        }
        if task == Task::FlushAll {
            self.users.clear();
        }
        let subject = task.subject();
        let (task, asked) = match self.tasks.remove(&subject) {
            Some(waiting) => (task.then(waiting.task), waiting.asked),
            None => (task, asked),
        };
        self.tasks.insert(subject, Waiting { task, asked, wait: Some(wait) });
    }

    /// Forgets what was asked for before a switch began to run: it has read everything since. A switch
    /// that just began has nothing cached, and what it read is newer than these changes.
    pub(super) fn forget_before(&mut self, began: Instant) {
        self.users.retain(|_, asked| *asked + BLUR >= began);
        self.tasks.retain(|_, waiting| waiting.asked + BLUR >= began);
    }

    /// What waits, for people.
    pub(super) fn told(&self) -> Vec<String> {
        let users = (!self.users.is_empty()).then(|| format!("flush {} users", self.users.len()));
        let tasks = self.under_way.iter().chain(self.tasks.values().map(|it| &it.task));
        users.into_iter().chain(tasks.map(Task::to_string)).collect()
    }
}

/// Where a task stands among others: by what it is about, and profiles by their rank.
fn place(subject: &Subject, task: &Task) -> (u8, Option<u8>) {
    let kind = match subject {
        Subject::Users => 0,
        Subject::User(_) => 1,
        Subject::Acl => 2,
        Subject::Profile(_) => 3,
        Subject::Voicemail(_) => 4,
        Subject::Queue(_) => 5,
        Subject::Agent(_) => 6,
        Subject::Tier(..) => 7,
        Subject::Xml => 8,
    };
    (kind, rank(task))
}

fn rank(task: &Task) -> Option<u8> {
    match task {
        Task::Profile(_, work) => Some(work.rank()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::command::{Key, Word};
    use super::super::pace::Pace;
    use super::super::task::{Action, ProfileWork, QueueWork, RowWork};
    use super::*;

    fn word(text: &str) -> Word {
        Word::new(text).expect("a word")
    }

    fn user(name: &str) -> Task {
        Task::Flush(CachedUser { key: Key::Id, user: word(name), domain: word("d") })
    }

    fn profile(name: &str, action: Action) -> Task {
        Task::Profile(word(name), ProfileWork::new(action))
    }

    fn meter() -> Meter {
        Meter::new(Pace::default())
    }

    /// Everything that may be done at this moment, in its order, each told.
    fn now(pending: &mut Pending, meter: &mut Meter, at: Instant) -> Vec<String> {
        let mut done = Vec::new();
        while let Next::Now(job) = pending.take(meter, at) {
            meter.told(&job.task, at);
            done.push(job.task.to_string());
            assert!(pending.len() > 0, "what is under way is not done");
            pending.done();
        }
        done
    }

    #[test]
    fn the_important_things_come_first() {
        let (mut pending, at) = (Pending::default(), Instant::now());
        for task in [
            Task::Tier(word("q"), word("a"), RowWork::Reload),
            Task::Agent(word("a"), RowWork::Reload),
            Task::Queue(word("q"), QueueWork::Load),
            Task::Voicemail(word("default")),
            profile("c", Action::Rescan),
            Task::Profile(word("b"), ProfileWork::rescan([word("g")])),
            profile("z", Action::Stop),
            Task::ReloadAcl,
            user("1000"),
        ] {
            pending.add(task, at);
        }
        assert_eq!(
            now(&mut pending, &mut meter(), at),
            [
                "xml_flush_cache id 1000 d",
                "reloadacl",
                "sofia profile z stop",
                "sofia profile b killgw g; sofia profile b rescan",
                "sofia profile c rescan",
                "voicemail reload default",
                "callcenter_config queue load q",
                "callcenter_config agent reload a",
                "callcenter_config tier reload q a",
            ]
        );
        assert_eq!(pending.len(), 0);
    }

    #[test]
    fn the_first_change_is_told_at_once_and_those_right_after_it_as_one() {
        let (mut pending, mut meter, at) = (Pending::default(), meter(), Instant::now());
        pending.add(Task::ReloadAcl, at);
        assert_eq!(now(&mut pending, &mut meter, at), ["reloadacl"]);
        for _ in 0..100 {
            pending.add(Task::ReloadAcl, at);
        }
        let Next::Later(due) = pending.take(&mut meter, at) else { panic!("too soon") };
        assert_eq!(due, at + Pace::default().reload);
        assert_eq!(now(&mut pending, &mut meter, due), ["reloadacl"]);
        assert!(matches!(pending.take(&mut meter, due), Next::Nothing));
    }

    #[test]
    fn users_are_flushed_at_their_pace_while_other_things_go_on() {
        let (mut pending, mut meter, at) = (Pending::default(), meter(), Instant::now());
        for number in 0..250 {
            pending.add(user(&number.to_string()), at);
        }
        pending.add(Task::ReloadAcl, at);
        let first = now(&mut pending, &mut meter, at);
        assert_eq!(first.len(), 101);
        assert_eq!(first.last().map(String::as_str), Some("reloadacl"));
        assert!(
            (99..=101).contains(&now(&mut pending, &mut meter, at + Duration::from_secs(1)).len())
        );
    }

    #[test]
    fn more_users_than_can_wait_become_one_flush_of_all() {
        let (mut pending, at) = (Pending::default(), Instant::now());
        for number in 0..=MOST_USERS {
            pending.add(user(&number.to_string()), at);
        }
        assert_eq!(pending.len(), 1);
        pending.add(user("another"), at);
        assert_eq!(now(&mut pending, &mut meter(), at), ["xml_flush_cache"]);
    }

    #[test]
    fn nothing_takes_what_a_profile_has_not_freed_yet() {
        let (mut pending, mut meter, at) = (Pending::default(), meter(), Instant::now());
        pending.add(Task::Profile(word("a"), ProfileWork::rescan([word("g")])), at);
        let Next::Now(job) = pending.take(&mut meter, at) else { panic!("at once") };
        pending.put_back(job, at + Duration::from_secs(1));
        pending.add(profile("b", Action::Rescan), at);
        pending.add(Task::Queue(word("q"), QueueWork::Load), at);
        assert_eq!(now(&mut pending, &mut meter, at), ["callcenter_config queue load q"]);
        let then = now(&mut pending, &mut meter, at + Duration::from_secs(1));
        assert_eq!(
            then,
            ["sofia profile a killgw g; sofia profile a rescan", "sofia profile b rescan"]
        );
    }

    #[test]
    fn reading_network_lists_reads_the_xml() {
        let (mut pending, at) = (Pending::default(), Instant::now());
        pending.add(Task::ReloadXml, at);
        pending.add(Task::ReloadAcl, at);
        pending.add(Task::ReloadXml, at);
        assert_eq!(now(&mut pending, &mut meter(), at), ["reloadacl"]);
    }

    #[test]
    fn what_failed_comes_before_what_was_asked_for_since() {
        let (mut pending, mut meter, at) = (Pending::default(), meter(), Instant::now());
        pending.add(profile("a", Action::Stop), at);
        let Next::Now(job) = pending.take(&mut meter, at) else { panic!("at once") };
        pending.add(profile("a", Action::Start), at);
        pending.put_back(job, at);
        // It may still run with what it had.
        assert_eq!(now(&mut pending, &mut meter, at), ["sofia profile a restart"]);
    }

    #[test]
    fn a_switch_that_began_to_run_since_knows_what_it_was_to_be_told() {
        let (mut pending, at) = (Pending::default(), Instant::now());
        let began = at + Duration::from_mins(1);
        pending.add(user("before"), at);
        pending.add(profile("internal", Action::Restart), at);
        pending.add(user("after"), began);
        pending.add(Task::ReloadAcl, began);
        pending.forget_before(began);
        let done = now(&mut pending, &mut meter(), began);
        assert_eq!(done, ["xml_flush_cache id after d", "reloadacl"]);
    }

    fn any_task() -> impl Strategy<Value = Task> {
        prop_oneof![
            (0..40_u32).prop_map(|n| user(&n.to_string())),
            Just(Task::FlushAll),
            Just(Task::ReloadAcl),
            Just(Task::ReloadXml),
            (0..3_u32, 0..4_u32).prop_map(|(profile, gateway)| {
                let kill = (gateway > 0).then(|| word(&format!("g{gateway}")));
                Task::Profile(word(&format!("p{profile}")), ProfileWork::rescan(kill))
            }),
            (0..3_u32).prop_map(|n| Task::Queue(word(&format!("q{n}")), QueueWork::Reload)),
            (0..9_u32).prop_map(|n| Task::Agent(word(&format!("a{n}")), RowWork::Reload)),
        ]
    }

    proptest! {
        /// Whatever fails how often, each thing that was asked for is done after it was asked for:
        /// itself, or what includes it.
        #[test]
        fn nothing_is_lost(steps in proptest::collection::vec((any_task(), 0..4_u8), 1..120)) {
            let (mut pending, mut meter, mut at) = (Pending::default(), meter(), Instant::now());
            let mut owed: Vec<Task> = Vec::new();
            let done = |owed: &mut Vec<Task>, task: &Task| owed.retain(|owed| match (owed, task) {
                (Task::Flush(_), Task::FlushAll) | (Task::ReloadXml, Task::ReloadAcl) => false,
                (Task::Profile(a, wanted), Task::Profile(b, got)) => {
                    a != b || !wanted.kill.is_subset(&got.kill)
                }
                (owed, task) => owed != task,
            });
            for (task, luck) in steps {
                owed.push(task.clone());
                pending.add(task, at);
                if let Next::Now(job) = pending.take(&mut meter, at) {
                    if luck == 0 {
                        pending.put_back(job, at + Duration::from_millis(10));
                    } else {
                        meter.told(&job.task, at);
                        done(&mut owed, &job.task);
                    }
                }
                at += Duration::from_millis(u64::from(luck) * 20);
            }
            loop {
                match pending.take(&mut meter, at) {
                    Next::Now(job) => {
                        meter.told(&job.task, at);
                        done(&mut owed, &job.task);
                    }
                    Next::Later(due) => at = due.max(at + Duration::from_millis(1)),
                    Next::Nothing => break,
                }
            }
            prop_assert_eq!(owed, Vec::new());
        }
    }
}
