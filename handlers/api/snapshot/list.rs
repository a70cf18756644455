//! A list whose copies share their items, so that a change of one costs one.

use std::fmt;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

#[cfg(feature = "stored")]
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Items in a fixed order, each with the row that it is stored in.
///
/// Mostly the order is that of the rows. Where another one decides, as with the extensions of a
/// context, an item has a place besides. A copy costs a pointer an item.
///
/// ```
/// use jackfield_api::snapshot::List;
///
/// let list = List::from(["a", "b"]);
/// assert_eq!((list.len(), list[1], list.at(2)), (2, "b", Some(&"b"))); // rows begin at 1
/// assert_eq!(list.iter().copied().collect::<String>(), "ab");
/// ```
pub struct List<T> {
    entries: Vec<Entry<T>>,
}

struct Entry<T> {
    place: i64,
    row: i64,
    item: Arc<T>,
}

impl<T> List<T> {
    /// All of them, in their order.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.entries.iter())
    }

    /// All of them with their rows, in their order.
    pub fn with_rows(&self) -> impl DoubleEndedIterator<Item = (i64, &T)> + Clone {
        self.entries.iter().map(|entry| (entry.row, &*entry.item))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The item at a position.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.entries.get(at).map(|entry| &*entry.item)
    }

    /// The item of a row.
    pub fn at(&self, row: i64) -> Option<&T> {
        self.position(row).map(|at| &*self.entries[at].item)
    }

    /// Adds an item behind all others, in a row behind all others.
    pub fn push(&mut self, item: T) {
        let last = self.entries.iter().map(|entry| entry.row.max(entry.place)).max();
        let row = last.unwrap_or_default() + 1;
        self.push_at(row, row, item);
    }

    /// Adds an item behind all others, whose places are lower ones.
    pub fn push_at(&mut self, place: i64, row: i64, item: T) {
        self.entries.push(Entry { place, row, item: Arc::new(item) });
    }

    /// Writes an item: over the one of its row, or as a new one. It stands at this place then.
    pub(super) fn put(&mut self, place: i64, row: i64, item: T) {
        self.remove(row);
        let at = self.entries.partition_point(|entry| (entry.place, entry.row) < (place, row));
        self.entries.insert(at, Entry { place, row, item: Arc::new(item) });
    }

    /// Takes the item of a row away, and returns it.
    pub(super) fn remove(&mut self, row: i64) -> Option<Arc<T>> {
        self.position(row).map(|at| self.entries.remove(at).item)
    }

    /// Others in the same rows and places.
    pub(super) fn like<U>(&self, of: impl Fn(&T) -> U) -> List<U> {
        let entry = |Entry { place, row, item }: &Entry<T>| Entry {
            place: *place,
            row: *row,
            item: Arc::new(of(item)),
        };
        List { entries: self.entries.iter().map(entry).collect() }
    }

    fn position(&self, row: i64) -> Option<usize> {
        let by_place = self.entries.partition_point(|entry| entry.place < row);
        match self.entries.get(by_place) {
            Some(entry) if entry.row == row => Some(by_place),
            _ => self.entries.iter().position(|entry| entry.row == row),
        }
    }
}

impl<T: Clone> List<T> {
    /// All of them, to be changed: those that a copy shares are copied first.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().map(|entry| Arc::make_mut(&mut entry.item))
    }

    /// The item of a row, to be changed.
    pub(super) fn at_mut(&mut self, row: i64) -> Option<&mut T> {
        let at = self.position(row)?;
        Some(Arc::make_mut(&mut self.entries[at].item))
    }

    /// Leaves those that this says, and lets it change them.
    pub(super) fn retain_mut(&mut self, mut stays: impl FnMut(&mut T) -> bool) {
        self.entries.retain_mut(|entry| stays(Arc::make_mut(&mut entry.item)));
    }
}

/// The items of a [`List`].
#[derive(Debug)]
pub struct Iter<'a, T>(std::slice::Iter<'a, Entry<T>>);

impl<T> Clone for Iter<'_, T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<'a, T> Iterator for Iter<'a, T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.0.next().map(|entry| &*entry.item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T> DoubleEndedIterator for Iter<'_, T> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|entry| &*entry.item)
    }
}

impl<T> ExactSizeIterator for Iter<'_, T> {}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { entries: Vec::new() }
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        Self { entries: self.entries.clone() }
    }
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { place: self.place, row: self.row, item: Arc::clone(&self.item) }
    }
}

impl<T: fmt::Debug> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Entry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.item.fmt(f)
    }
}

/// Whatever rows they are stored in.
impl<T: PartialEq> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Eq> Eq for List<T> {}

impl<T> Index<usize> for List<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        &self.entries[at].item
    }
}

impl<T: Clone> IndexMut<usize> for List<T> {
    fn index_mut(&mut self, at: usize) -> &mut T {
        Arc::make_mut(&mut self.entries[at].item)
    }
}

/// As if stored in rows 1, 2, 3 and so on.
impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut list = Self::default();
        (1..).zip(items).for_each(|(row, item)| list.push_at(row, row, item));
        list
    }
}

/// As if stored in rows 1, 2, 3 and so on.
impl<T> From<Vec<T>> for List<T> {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

/// As if stored in rows 1, 2, 3 and so on.
impl<T, const N: usize> From<[T; N]> for List<T> {
    fn from(items: [T; N]) -> Self {
        items.into_iter().collect()
    }
}

/// With its places and rows.
#[cfg(feature = "stored")]
impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.entries.iter();
        serializer.collect_seq(entries.map(|Entry { place, row, item }| (place, row, &**item)))
    }
}

#[cfg(feature = "stored")]
impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut list = Self::default();
        let entries = Vec::<(i64, i64, T)>::deserialize(deserializer)?;
        list.entries.reserve_exact(entries.len());
        for (place, row, item) in entries {
            list.push_at(place, row, item);
        }
        Ok(list)
    }
}

impl<'a, T> IntoIterator for &'a List<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T: Clone> IntoIterator for List<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        let items: Vec<T> =
            self.entries.into_iter().map(|entry| Arc::unwrap_or_clone(entry.item)).collect();
        items.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_copy_shares_its_items_until_one_is_changed() {
        let list: List<String> = vec!["a".to_owned(), "b".to_owned()].into();
        let mut copy = list.clone();
        copy.put(2, 2, "c".to_owned());
        assert_eq!((&list[1], &copy[1]), (&"b".to_owned(), &"c".to_owned()));
        assert!(std::ptr::eq(&raw const list[0], &raw const copy[0]));
    }

    #[test]
    fn a_list_that_was_kept_has_its_places_and_rows() {
        let mut list = List::default();
        for (place, row) in [(3, 1), (1, 7), (2, 4)] {
            list.put(place, row, row.to_string());
        }
        let kept = serde_json::to_string(&list).expect("plain data");
        let mut back: List<String> = serde_json::from_str(&kept).expect("a list");
        assert_eq!(back.with_rows().map(|(row, _)| row).collect::<Vec<_>>(), [7, 4, 1]);
        for list in [&mut list, &mut back] {
            list.put(2, 2, "between".to_owned());
        }
        assert_eq!(back, list);
        assert_eq!(back.iter().map(String::as_str).collect::<Vec<_>>(), ["7", "between", "4", "1"]);
    }

    proptest! {
        #[test]
        fn items_stand_at_their_places_and_are_found_by_their_rows(
            edits in prop::collection::vec((0..12_i64, prop::option::of(0..12_i64)), 0..40),
        ) {
            let (mut list, mut model) = (List::default(), std::collections::BTreeMap::new());
            for (row, place) in edits {
                match place {
                    Some(place) => {
                        list.put(place, row, (place, row));
                        model.insert(row, place);
                    }
                    None => {
                        prop_assert_eq!(list.remove(row).is_some(), model.remove(&row).is_some());
                    }
                }
            }
            let mut expected: Vec<_> = model.iter().map(|(row, place)| (*place, *row)).collect();
            expected.sort_unstable();
            prop_assert_eq!(list.iter().copied().collect::<Vec<_>>(), expected);
            for row in 0..12 {
                prop_assert_eq!(list.at(row).map(|(place, _)| *place), model.get(&row).copied());
            }
        }
    }
}
