//! Who has to go from one switch, between whoever finds out and whoever tells the switch.
//!
//! Who was replaced or has lost its channel stands in the snapshot, and is looked up there right before the
//! switch is told: by then it may have come back. Who was removed stands here.

use super::out::Outs;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// Of clients that are none any more.
    removed: Outs,
    /// Whether the snapshot may have some.
    is_due: bool,
}

impl Leaving {
    pub(super) fn add(&mut self, mut removed: Outs, is_due: bool) {
        self.removed.append(&mut removed);
        self.is_due |= is_due;
    }

    /// How many things are to be told: whatever the snapshot has counts once.
    pub(super) fn len(&self) -> usize {
        self.removed.len() + usize::from(self.is_due)
    }

    /// Some of those who were removed, who stay here until they are done; and whether to look at the
    /// snapshot, which is asked for once.
    pub(super) fn take(&mut self, most: usize) -> Option<(Outs, bool)> {
        let is_due = std::mem::take(&mut self.is_due);
        let some = self.removed.iter().take(most);
        let some: Outs = some.map(|(key, out)| (key.clone(), out.clone())).collect();
        (is_due || !some.is_empty()).then_some((some, is_due))
    }

    pub(super) fn done(&mut self, some: &Outs) {
        self.removed.retain(|key, _| !some.contains_key(key));
    }
}
