//! Clients of channels that a change sends away.

use jackfield_api::snapshot::Clients;

use super::super::out::{leavers, of_nobody};
use super::Planner;

impl Planner<'_> {
    /// Of the switch that calls itself this, at this time.
    pub(super) fn clients(&mut self, host: &str, now: i64) {
        if !self.changed.any(&["clients", "channels"]) {
            return;
        }
        let is_here = |switch: &str| switch.eq_ignore_ascii_case(host);
        let [before, after] = [self.before, self.after].map(|on| on.snapshot().contents());
        let is_any = self.changed.any(&["channels"]);
        let rows = |clients: &Clients| clients.with_rows().map(|(row, _)| row).collect::<Vec<_>>();
        let rows = if is_any { rows(&before.clients) } else { self.changed.clients.clone() };
        self.plan.leavers = is_any;
        for row in rows {
            let (was, is) = (before.clients.at(row), after.clients.at(row));
            // Another one in its row is another one.
            let is = is.filter(|is| was.is_none_or(|was| was.name == is.name));
            match (was, is) {
                // It may have logged in a moment ago, and nobody has seen it connected.
                (Some(was), None) if was.connected.is_some() || !was.is_expired(now) => {
                    self.plan.removed.append(&mut of_nobody(before, was));
                }
                // Also one that need not go any more: that has to be known.
                (was, Some(is)) if !is_any => {
                    let goes = !leavers(after, is, is_here, None).is_empty();
                    let went =
                        was.is_some_and(|was| !leavers(before, was, is_here, None).is_empty());
                    self.plan.leavers |= goes || went;
                }
                _ => {}
            }
        }
    }
}
