//! Users that the switch may have cached.

use std::collections::BTreeSet;

use jackfield_api::snapshot::{Domain, OnSwitch, Snapshot, UserRef};

use super::super::command::{Key, Word};
use super::super::pending::MOST_USERS;
use super::super::task::{CachedUser, Task};
use super::Planner;

impl<'a> Planner<'a> {
    pub(super) fn users(&mut self) {
        if self.changed.any(&["domains"])
            || self.changed.any(&["groups"]) && self.has_settings_of_groups()
            || self.changed.users.len() > MOST_USERS
        {
            return self.task(Task::FlushAll);
        }
        let mut cached = BTreeSet::new();
        for row in &self.changed.users {
            match self.cached(*row) {
                Some(names) => cached.extend(names),
                // One that cannot be named is flushed with all others.
                None => return self.task(Task::FlushAll),
            }
        }
        self.plan.tasks.extend(cached.into_iter().map(Task::Flush));
    }

    /// Whether the network of any changed user is another one, or another user's.
    pub(super) fn is_another_network(&self) -> bool {
        let network = |on: OnSwitch<'a>, row: i64| {
            let (domain, user) = user(on.snapshot(), row)?;
            let cidr = user.cidr.filter(|cidr| !cidr.is_empty() && !user.disabled)?;
            Some((domain.name(), cidr))
        };
        let mut users = self.changed.users.iter();
        users.any(|row| network(self.before, *row) != network(self.after, *row))
    }

    fn has_settings_of_groups(&self) -> bool {
        [self.before, self.after].iter().any(|on| {
            let domains = &on.snapshot().contents().domains;
            domains
                .iter()
                .flat_map(Domain::groups)
                .any(|group| !group.params.is_empty() || !group.variables.is_empty())
        })
    }

    /// Everything that a changed user may be cached as.
    fn cached(&self, row: i64) -> Option<Vec<CachedUser>> {
        let mut cached = Vec::new();
        let known = [self.before, self.after].map(|on| user(on.snapshot(), row));
        for (domain, user) in known.into_iter().flatten() {
            // It is found by id under either of its names, by number-alias under that alone.
            let by_id = std::iter::once(user.id).chain(user.number_alias);
            let by_id = by_id.map(|name| (Key::Id, name));
            let by_alias = user.number_alias.map(|name| (Key::NumberAlias, name));
            for (key, name) in by_id.chain(by_alias) {
                let user = Word::new(name)?;
                let domains = std::iter::once(domain.name());
                for domain in domains.chain(domain.aliases().iter().map(String::as_str)) {
                    let (user, domain) = (user.clone(), Word::new(domain)?);
                    cached.push(CachedUser { key, user, domain });
                }
            }
        }
        Some(cached)
    }
}

/// The user of a row.
pub(super) fn user(snapshot: &Snapshot, row: i64) -> Option<(&Domain, UserRef<'_>)> {
    let mut domains = snapshot.contents().domains.iter();
    domains.find_map(|domain| Some((domain, domain.users().at(row)?)))
}
