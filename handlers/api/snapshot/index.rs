//! Where in a long list a name is, without a second copy of the name.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

/// Names, without regard to ASCII case, to positions of the list that holds them.
///
/// A table of hashes and positions with a third of its places free, found by trying one place after
/// the other: 12 bytes a name. Who asks says what the name at a position is.
#[derive(Clone, Default)]
pub(super) struct Index {
    slots: Box<[Slot]>,
    hasher: RandomState,
}

#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    at: u32,
}

/// The order of slots is another one each time.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").finish_non_exhaustive()
    }
}

const FREE: Slot = Slot { hash: 0, at: u32::MAX };

impl Index {
    /// Of these positions. Of two with one name the first is found.
    pub(super) fn new<'n>(
        positions: impl Iterator<Item = usize> + Clone,
        name_at: impl Fn(usize) -> &'n str,
    ) -> Self {
        let count = positions.clone().count();
        let slots = vec![FREE; count + count / 2 + 1].into_boxed_slice();
        let mut index = Self { slots, hasher: RandomState::new() };
        for at in positions {
            let name = name_at(at);
            if let Err(free) = index.probe(name, &name_at) {
                let at = u32::try_from(at).expect("fewer than 4 billion names");
                index.slots[free] = Slot { hash: index.split(name).1, at };
            }
        }
        index
    }

    /// The position of a name.
    pub(super) fn find<'n>(&self, name: &str, name_at: impl Fn(usize) -> &'n str) -> Option<usize> {
        if self.slots.is_empty() {
            return None;
        }
        self.probe(name, &name_at).ok()
    }

    /// The position of a name, or else its slot.
    fn probe<'n>(&self, name: &str, name_at: &impl Fn(usize) -> &'n str) -> Result<usize, usize> {
        let (mut slot, hash) = self.split(name);
        loop {
            let Slot { hash: found, at } = self.slots[slot];
            if at == FREE.at {
                return Err(slot);
            }
            let at = at as usize;
            if found == hash && name_at(at).eq_ignore_ascii_case(name) {
                return Ok(at);
            }
            slot = if slot + 1 == self.slots.len() { 0 } else { slot + 1 };
        }
    }

    /// The first slot of a name, and the half of its hash that the slot did not take.
    fn split(&self, name: &str) -> (usize, u32) {
        let mut hasher = self.hasher.build_hasher();
        let mut folded = [0; 32];
        for part in name.as_bytes().chunks(folded.len()) {
            let folded = &mut folded[..part.len()];
            folded.copy_from_slice(part);
            folded.make_ascii_lowercase();
            hasher.write(folded);
        }
        let hash = hasher.finish();
        let slot = (u128::from(hash) * self.slots.len() as u128) >> 64;
        #[allow(clippy::cast_possible_truncation)] // Below the number of slots; the low half.
        (slot as usize, hash as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[String]) -> Index {
        Index::new(0..names.len(), |at| &names[at])
    }

    #[test]
    fn every_name_is_found_in_any_case_and_no_other_is() {
        let names: Vec<_> = (0..5000).map(|n| format!("User-{n}")).collect();
        let index = index(&names);
        for (at, name) in names.iter().enumerate() {
            for asked in [name.clone(), name.to_uppercase(), name.to_lowercase()] {
                assert_eq!(index.find(&asked, |at| &names[at]), Some(at));
            }
        }
        for stranger in ["", "user-5000", "user", &"x".repeat(100)] {
            assert_eq!(index.find(stranger, |at| &names[at]), None);
        }
    }

    #[test]
    fn of_two_with_one_name_the_first_is_found() {
        let long = "é-".repeat(40);
        let names = [long.clone() + "a", long.clone() + "A", long.clone() + "b"];
        let index = index(&names);
        assert_eq!(index.find(&names[1], |at| &names[at]), Some(0));
        assert_eq!(index.find(&names[2], |at| &names[at]), Some(2));
    }

    #[test]
    fn an_empty_list_has_no_name() {
        assert_eq!(index(&[]).find("a", |_| ""), None);
        assert_eq!(Index::default().find("", |_| ""), None);
    }
}
