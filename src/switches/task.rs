//! What a change asks of a switch, and how two of these become one.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Instant;

use super::command::{Command, Key, Word};

/// A user as the switch caches it: by what it was looked up, under which name, of which domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CachedUser {
    pub(super) key: Key,
    pub(super) user: Word,
    pub(super) domain: Word,
}

/// One thing that a switch is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Task {
    /// Forget all users that it has cached.
    FlushAll,
    /// Forget this user.
    Flush(CachedUser),
    /// Read the network lists. It reads its XML as well.
    ReloadAcl,
    /// A SIP profile.
    Profile(Word, ProfileWork),
    /// Read a voicemail profile.
    Voicemail(Word),
    /// A queue of the call centre.
    Queue(Word, QueueWork),
    /// An agent of the call centre.
    Agent(Word, RowWork),
    /// An agent's place in a queue, by queue and agent.
    Tier(Word, Word, RowWork),
    /// Read its XML, which has some modules read their documents.
    ReloadXml,
}

/// What a task is about. There is one task for each; the more important ones come first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Subject {
    Users,
    User(CachedUser),
    Acl,
    Profile(Word),
    Voicemail(Word),
    Queue(Word),
    Agent(Word),
    Tier(Word, Word),
    Xml,
}

/// What happens to a SIP profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileWork {
    pub(super) action: Action,
    /// Gateways to remove before.
    pub(super) kill: BTreeSet<Word>,
    /// Gateways that were removed and may not be gone yet.
    pub(super) leaving: BTreeSet<Word>,
    /// How long these are waited for.
    pub(super) until: Option<Instant>,
}

/// What happens to a SIP profile as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Read its parameters, and add the gateways that it lacks.
    Rescan,
    Start,
    /// Ends its calls.
    Restart,
    /// Ends its calls.
    Stop,
}

/// What happens to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QueueWork {
    Load,
    Reload,
    Unload,
}

/// What happens to a row of the call centre's own tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowWork {
    /// It is made, or brought up to date.
    Reload,
    Remove,
}

impl ProfileWork {
    pub(super) fn new(action: Action) -> Self {
        Self { action, kill: BTreeSet::new(), leaving: BTreeSet::new(), until: None }
    }

    /// A rescan once these gateways are gone.
    pub(super) fn rescan(kill: impl IntoIterator<Item = Word>) -> Self {
        Self { kill: kill.into_iter().collect(), ..Self::new(Action::Rescan) }
    }

    fn then(mut self, mut later: Self) -> Self {
        use Action::{Rescan, Restart, Start, Stop};
        let action = match (self.action, later.action) {
            (_, Stop) => Stop,
            // It still runs with what it had.
            (Stop, _) => Restart,
            (Start, _) | (_, Start) => Start,
            (Restart, _) | (_, Restart) => Restart,
            (Rescan, Rescan) => Rescan,
        };
        if action != Rescan {
            // A profile that ends takes its gateways along, and one that starts has none.
            return Self::new(action);
        }
        later.kill.append(&mut self.kill);
        later.leaving.append(&mut self.leaving);
        Self { until: later.until.or(self.until), ..later }
    }

    /// Those of a lower rank go first: they free what others need, an address or the name of a
    /// gateway.
    pub(super) fn rank(&self) -> u8 {
        match self.action {
            Action::Stop => 0,
            _ if !self.kill.is_empty() || !self.leaving.is_empty() => 1,
            _ => 2,
        }
    }

    /// The command, once no gateway is left to be removed.
    pub(super) fn command(&self, profile: &Word) -> Command {
        let profile = profile.clone();
        match self.action {
            Action::Rescan => Command::Rescan(profile),
            Action::Start => Command::Start(profile),
            Action::Restart => Command::Restart(profile),
            Action::Stop => Command::Stop(profile),
        }
    }
}

impl Task {
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::FlushAll => Subject::Users,
            Self::Flush(user) => Subject::User(user.clone()),
            Self::ReloadAcl => Subject::Acl,
            Self::Profile(name, _) => Subject::Profile(name.clone()),
            Self::Voicemail(name) => Subject::Voicemail(name.clone()),
            Self::Queue(name, _) => Subject::Queue(name.clone()),
            Self::Agent(name, _) => Subject::Agent(name.clone()),
            Self::Tier(queue, agent, _) => Subject::Tier(queue.clone(), agent.clone()),
            Self::ReloadXml => Subject::Xml,
        }
    }

    /// This and a later one about the same as one.
    #[must_use]
    pub(super) fn then(self, later: Self) -> Self {
        match (self, later) {
            (Self::Profile(name, first), Self::Profile(_, second)) => {
                Self::Profile(name, first.then(second))
            }
            // The switch may hold what it was before.
            (Self::Queue(_, _), Self::Queue(name, QueueWork::Load)) => {
                Self::Queue(name, QueueWork::Reload)
            }
            (_, later) => later,
        }
    }

    /// The command, where one does it.
    pub(super) fn command(&self) -> Command {
        match self {
            Self::FlushAll => Command::FlushAll,
            Self::Flush(CachedUser { key, user, domain }) => {
                Command::FlushUser { key: *key, user: user.clone(), domain: domain.clone() }
            }
            Self::ReloadAcl => Command::ReloadAcl,
            Self::Profile(name, work) => work.command(name),
            Self::Voicemail(name) => Command::ReloadVoicemail(name.clone()),
            Self::Queue(name, QueueWork::Load) => Command::LoadQueue(name.clone()),
            Self::Queue(name, QueueWork::Reload) => Command::ReloadQueue(name.clone()),
            Self::Queue(name, QueueWork::Unload) => Command::UnloadQueue(name.clone()),
            Self::Agent(name, RowWork::Reload) => Command::ReloadAgent(name.clone()),
            Self::Agent(name, RowWork::Remove) => Command::RemoveAgent(name.clone()),
            Self::Tier(queue, agent, RowWork::Reload) => {
                Command::ReloadTier { queue: queue.clone(), agent: agent.clone() }
            }
            Self::Tier(queue, agent, RowWork::Remove) => {
                Command::RemoveTier { queue: queue.clone(), agent: agent.clone() }
            }
            Self::ReloadXml => Command::ReloadXml,
        }
    }
}

/// As its commands.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Profile(profile, work) = self {
            for gateway in &work.kill {
                let (profile, gateway) = (profile.clone(), gateway.clone());
                write!(f, "{}; ", Command::KillGateway { profile, gateway })?;
            }
        }
        write!(f, "{}", self.command())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Word {
        Word::new(text).expect("a word")
    }

    #[test]
    fn two_actions_on_a_profile_become_the_one_that_does_both() {
        use Action::{Rescan, Restart, Start, Stop};
        for (first, second, both) in [
            (Rescan, Rescan, Rescan),
            (Rescan, Restart, Restart),
            (Restart, Rescan, Restart),
            (Start, Rescan, Start),
            (Start, Restart, Start),
            (Start, Stop, Stop),
            (Restart, Stop, Stop),
            (Stop, Start, Restart),
            (Stop, Rescan, Restart),
        ] {
            let then = ProfileWork::new(first).then(ProfileWork::new(second));
            assert_eq!(then.action, both, "{first:?}, {second:?}");
        }
    }

    #[test]
    fn gateways_of_two_rescans_are_all_removed_and_a_restart_removes_them_by_itself() {
        let kill = |name: &str| ProfileWork::rescan([word(name)]);
        let both = kill("a").then(kill("b"));
        assert_eq!(both.kill, [word("a"), word("b")].into());
        let left = ProfileWork { leaving: [word("c")].into(), ..kill("a") };
        assert_eq!(left.then(kill("b")).leaving, [word("c")].into());
        assert_eq!(both.then(ProfileWork::new(Action::Restart)).kill, BTreeSet::new());
    }

    #[test]
    fn a_queue_that_comes_back_is_reloaded() {
        use QueueWork::{Load, Reload, Unload};
        let queue = |work| Task::Queue(word("q"), work);
        for (first, second, both) in [
            (Unload, Load, Reload),
            (Load, Reload, Reload),
            (Reload, Unload, Unload),
            (Load, Unload, Unload),
        ] {
            assert_eq!(queue(first).then(queue(second)), queue(both));
        }
    }
}
