//! Clients of channels that a change sends away, or lets stay.

use std::collections::{BTreeMap, BTreeSet};

use jackfield_api::snapshot::{Clients, SessionId};

use super::super::out::{Out, expected, leavers, of_nobody};
use super::super::task::Task;
use super::Planner;

/// When more change at once, those who are not known to be connected are left out.
const FEW: usize = 64;

impl Planner<'_> {
    /// Of the switch that calls itself this, at this time.
    pub(super) fn clients(&mut self, host: &str, now: i64) {
        if !self.changed.any(&["clients", "channels"]) {
            return;
        }
        let is_here = |switch: &str| switch.eq_ignore_ascii_case(host);
        let [before, after] = [self.before, self.after].map(|on| on.snapshot().contents());
        let rows: BTreeSet<i64> = if self.changed.any(&["channels"]) {
            let rows =
                |clients: &Clients| clients.with_rows().map(|(row, _)| row).collect::<Vec<_>>();
            rows(&before.clients).into_iter().chain(rows(&after.clients)).collect()
        } else {
            self.changed.clients.iter().copied().collect()
        };
        let is_few = rows.len() <= FEW;
        let nobody = BTreeMap::<SessionId, Out>::new;
        for row in rows {
            let (was, is) = (before.clients.at(row), after.clients.at(row));
            // Another one in its row is another one.
            let is = is.filter(|is| was.is_none_or(|was| was.name == is.name));
            let went = was.map_or_else(nobody, |was| leavers(before, was, is_here));
            let goes = match (was, is) {
                (_, Some(is)) => leavers(after, is, is_here),
                // It may have logged in a moment ago: nobody has seen it connected.
                (Some(was), None) if was.connected.is_none() && is_few && !was.is_expired(now) => {
                    expected(before, was)
                }
                (Some(was), None) => of_nobody(before, was, is_here),
                (None, None) => nobody(),
            };
            if is.is_some() {
                let stays = went.keys().filter(|session| !goes.contains_key(*session));
                self.plan.stay.extend(stays.cloned());
            }
            let new = goes.into_iter().filter(|(session, _)| !went.contains_key(session));
            self.plan.tasks.extend(new.map(|(_, out)| Task::Out(out)));
        }
    }
}
