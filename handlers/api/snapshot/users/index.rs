//! Names, without regard to ASCII case, to the rows of those that have them.
//!
//! Parts of some thousand slots each: a change copies one part. A slot holds a row and some bits of
//! the name's hash, so a part can be made anew without its names; whoever asks compares these.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

/// Names of a part, about.
const PART: usize = 1024;
/// Bits of a row: more than any table counts up to.
pub(super) const ROW_BITS: u32 = 40;
const FREE: u64 = u64::MAX;

/// The index.
#[derive(Clone)]
pub(super) struct Index {
    /// A power of two of them, by the upper bits of the hash.
    parts: Vec<Arc<Part>>,
    hasher: RandomState,
}

#[derive(Clone)]
struct Part {
    slots: Vec<u64>,
    taken: usize,
}

impl Default for Index {
    fn default() -> Self {
        Self::for_names(0)
    }
}

/// The order of slots is another one each time.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

impl Index {
    /// With room for about so many.
    pub(super) fn for_names(names: usize) -> Self {
        let parts = (names / PART).next_power_of_two();
        let part = || Arc::new(Part::with_room(names / parts));
        let parts = std::iter::repeat_with(part).take(parts).collect();
        Self { parts, hasher: RandomState::new() }
    }

    /// Adds a name behind all others: its row is none that is lower.
    pub(super) fn push(&mut self, name: &str, row: i64) {
        let (part, slot) = self.slot(name, row);
        Arc::make_mut(&mut self.parts[part]).insert(slot);
    }

    /// Adds names of a row.
    pub(super) fn add<'n>(&mut self, names: impl Iterator<Item = &'n str>, row: i64) {
        for name in names {
            let (part, slot) = self.slot(name, row);
            let part = Arc::make_mut(&mut self.parts[part]);
            let mut slots: Vec<u64> = part.filled().chain([slot]).collect();
            part.fill(&mut slots);
        }
    }

    /// Takes names of a row away.
    pub(super) fn remove<'n>(&mut self, names: impl Iterator<Item = &'n str>, row: i64) {
        for name in names {
            let (part, slot) = self.slot(name, row);
            let part = Arc::make_mut(&mut self.parts[part]);
            let mut slots: Vec<u64> = part.filled().collect();
            if let Some(at) = slots.iter().position(|found| *found == slot) {
                slots.swap_remove(at);
            }
            part.fill(&mut slots);
        }
    }

    /// The rows that may have a name, the lowest first where they do.
    pub(super) fn rows(&self, name: &str) -> impl Iterator<Item = i64> {
        let (part, slot) = self.slot(name, 0);
        self.parts[part].alike(slot).map(row_of)
    }

    /// Takes no more memory than it needs.
    pub(super) fn fit(&mut self) {
        for part in &mut self.parts {
            let part = Arc::make_mut(part);
            let mut slots: Vec<u64> = part.filled().collect();
            part.fill(&mut slots);
        }
    }

    /// Whether its parts have become too large to be copied for one name.
    pub(super) fn is_crowded(&self) -> bool {
        let taken: usize = self.parts.iter().map(|part| part.taken).sum();
        taken > self.parts.len() * PART * 4
    }

    fn slot(&self, name: &str, row: i64) -> (usize, u64) {
        let mut hasher = self.hasher.build_hasher();
        let mut folded = [0; 32];
        for part in name.as_bytes().chunks(folded.len()) {
            let folded = &mut folded[..part.len()];
            folded.copy_from_slice(part);
            folded.make_ascii_lowercase();
            hasher.write(folded);
        }
        let hash = hasher.finish();
        let part = usize::try_from(hash >> ROW_BITS).unwrap_or_default() & (self.parts.len() - 1);
        let row = u64::try_from(row).unwrap_or_default() & ROWS;
        (part, (hash << ROW_BITS) | row)
    }
}

const ROWS: u64 = (1 << ROW_BITS) - 1;

fn row_of(slot: u64) -> i64 {
    i64::try_from(slot & ROWS).unwrap_or_default()
}

impl Part {
    fn with_room(names: usize) -> Self {
        Self { slots: vec![FREE; names + names / 2 + 2], taken: 0 }
    }

    fn first(&self, slot: u64) -> usize {
        let slots = self.slots.len() as u64;
        usize::try_from(((slot >> ROW_BITS) * slots) >> (64 - ROW_BITS)).unwrap_or_default()
    }

    /// Behind all with the same bits of the hash.
    fn insert(&mut self, slot: u64) {
        if (self.taken + 1) * 5 > self.slots.len() * 4 {
            let mut slots: Vec<u64> = self.filled().collect();
            self.slots = vec![FREE; self.slots.len() * 2];
            self.put_all(&mut slots);
        }
        let mut at = self.first(slot);
        while self.slots[at] != FREE {
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
        self.slots[at] = slot;
        self.taken += 1;
    }

    fn filled(&self) -> impl Iterator<Item = u64> {
        self.slots.iter().copied().filter(|slot| *slot != FREE)
    }

    /// Made anew of these slots, the lowest rows first.
    fn fill(&mut self, slots: &mut Vec<u64>) {
        *self = Self::with_room(slots.len());
        self.put_all(slots);
    }

    fn put_all(&mut self, slots: &mut Vec<u64>) {
        self.taken = 0;
        slots.sort_unstable_by_key(|slot| slot & ROWS);
        for slot in slots.drain(..) {
            self.insert(slot);
        }
    }

    /// The slots with the same bits of the hash.
    fn alike(&self, slot: u64) -> impl Iterator<Item = u64> {
        let start = self.first(slot);
        let slots = self.slots[start..].iter().chain(&self.slots[..start]).copied();
        slots
            .take_while(|found| *found != FREE)
            .filter(move |found| found >> ROW_BITS == slot >> ROW_BITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[String]) -> Index {
        let mut index = Index::for_names(names.len());
        (0..).zip(names).for_each(|(row, name)| index.push(name, row));
        index.fit();
        index
    }

    #[test]
    fn every_name_leads_to_its_row_in_any_case() {
        let names: Vec<_> = (0..5000).map(|n| format!("User-{n}")).collect();
        let index = index(&names);
        for (row, name) in (0..).zip(&names) {
            for asked in [name.clone(), name.to_uppercase(), name.to_lowercase()] {
                assert!(index.rows(&asked).any(|found| found == row), "{asked}");
            }
        }
        let strangers = (5000..10_000).map(|n| index.rows(&format!("User-{n}")).count());
        assert!(strangers.sum::<usize>() < 50, "24 bits of a hash tell nearly all apart");
    }

    #[test]
    fn of_two_with_one_name_the_lower_row_comes_first_whenever_it_was_added() {
        let mut index = Index::default();
        for row in [7, 3, 9, 5] {
            index.add(["name"].into_iter(), row);
        }
        assert_eq!(index.rows("NAME").collect::<Vec<_>>(), [3, 5, 7, 9]);
        index.remove(["name"].into_iter(), 5);
        index.remove(["name"].into_iter(), 6);
        assert_eq!(index.rows("name").collect::<Vec<_>>(), [3, 7, 9]);
    }

    #[test]
    fn a_copy_is_not_changed_with_its_original() {
        let mut index = index(&["a".to_owned(), "b".to_owned()]);
        let copy = index.clone();
        index.remove(["a"].into_iter(), 0);
        assert_eq!((index.rows("a").count(), copy.rows("a").count()), (0, 1));
    }
}
