//! The users of a domain, packed: hundreds of thousands have to fit into memory, and a change of one
//! must not cost what all of them cost.
//!
//! A user is a record of bytes (`record`) in a chunk of some hundred. Texts that many have are kept
//! once (`texts`); names lead to rows through an index in parts (`index`). A copy shares every
//! chunk and every part, and a change makes anew only those that it touches.

mod index;
#[cfg(feature = "stored")]
mod kept;
mod record;
mod stored;
mod texts;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use self::index::Index;
use self::record::Extras;
pub use self::record::{SecretRef, UserRef};
pub use self::stored::StoredUser;
use self::texts::{Seen, Texts, reads_globals};
use super::global::Globals;
use super::user::User;

/// Records of a chunk, unless changes have made it larger.
const CHUNK: usize = 256;

/// So many texts may come by changes before all users are packed anew; of many users, one for each 16.
const MOST_NEW_TEXTS: usize = 256;

/// Users by the rows that they are stored in, in the order of these.
///
/// ```
/// # let pbx = jackfield_api::testing::pbx();
/// let users = pbx.domain("pbx.example.test").expect("a domain").users();
/// assert_eq!(users.iter().filter(|user| user.disabled).count(), 1);
/// ```
#[derive(Clone, Default)]
pub struct Users {
    chunks: Vec<Arc<Chunk>>,
    index: Index,
    texts: Arc<Texts>,
    /// How many texts there were when all users were packed: those that came since may be in no
    /// user's use any more.
    packed_texts: usize,
    /// What few users have, by row.
    extras: Arc<BTreeMap<i64, Extras>>,
    len: usize,
}

/// Records that lie one behind the other.
#[derive(Default)]
struct Chunk {
    rows: Vec<i64>,
    /// Where each record ends.
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl Chunk {
    fn record(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[at] as usize]
    }

    fn push(&mut self, row: i64, record: &[u8]) {
        self.rows.push(row);
        self.bytes.extend_from_slice(record);
        self.ends.push(u32::try_from(self.bytes.len()).expect("a chunk is small"));
    }

    fn records(&self) -> impl Iterator<Item = (i64, &[u8])> + Clone {
        self.rows.iter().enumerate().map(|(at, row)| (*row, self.record(at)))
    }

    /// Takes no more memory than it needs.
    fn fit(mut self) -> Arc<Self> {
        self.rows.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.bytes.shrink_to_fit();
        Arc::new(self)
    }
}

impl Users {
    /// Rows are below this: more than any table counts up to.
    pub const MOST_ROWS: i64 = 1 << index::ROW_BITS;

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl Iterator<Item = UserRef<'_>> + Clone {
        let records = self.chunks.iter().flat_map(|chunk| chunk.records());
        records.map(|(row, record)| self.read(row, record))
    }

    /// A user by id, or by number-alias where no id fits: the switch's own rule. Case apart; of two
    /// with one name the first.
    pub fn find(&self, name: &str) -> Option<UserRef<'_>> {
        let mut by_alias = None;
        for row in self.index.rows(name) {
            let Some(user) = self.at(row) else { continue };
            if user.id.eq_ignore_ascii_case(name) {
                return Some(user);
            }
            let alias = user.number_alias.is_some_and(|alias| alias.eq_ignore_ascii_case(name));
            if alias && by_alias.is_none() {
                by_alias = Some(user);
            }
        }
        by_alias
    }

    /// The user of a row.
    pub fn at(&self, row: i64) -> Option<UserRef<'_>> {
        let chunk = &self.chunks[self.chunk_of(row)?];
        let at = chunk.rows.binary_search(&row).ok()?;
        Some(self.read(row, chunk.record(at)))
    }

    fn read<'a>(&'a self, row: i64, record: &'a [u8]) -> UserRef<'a> {
        UserRef::read(record, &self.texts, || self.extras.get(&row))
    }

    /// The chunk that has a row, or would have it.
    fn chunk_of(&self, row: i64) -> Option<usize> {
        let behind = self.chunks.partition_point(|chunk| chunk.rows[0] <= row);
        (!self.chunks.is_empty()).then(|| behind.saturating_sub(1))
    }

    /// Writes a user, over the one of its row or as a new one, with globals put in.
    pub(super) fn put(&mut self, row: i64, user: &User, globals: &Globals) {
        self.remove(row);
        if self.texts.len() > self.packed_texts + MOST_NEW_TEXTS.max(self.len / 16) {
            self.pack_anew(globals);
        }
        let settings = user.params.iter().chain(&user.variables);
        for text in settings.flat_map(|setting| [&setting.name, &setting.text]) {
            if reads_globals(text) && self.texts.number(text).is_none() {
                Arc::make_mut(&mut self.texts).add_resolved(text, globals);
            }
        }
        let stored = StoredUser::from(user);
        let record = record::write(&stored, &mut |text| self.texts.number(text));
        if let Some(mut extras) = Extras::of(&stored) {
            extras.resolve(globals);
            Arc::make_mut(&mut self.extras).insert(row, extras);
        }
        let place = self.chunk_of(row);
        let end = place.is_none_or(|at| {
            let last = &self.chunks[at];
            at + 1 == self.chunks.len()
                && last.rows.len() >= CHUNK
                && last.rows.last().is_some_and(|last| *last < row)
        });
        if end {
            self.chunks.push(Arc::default());
        }
        let at = if end { self.chunks.len() - 1 } else { place.unwrap_or_default() };
        let old = &self.chunks[at];
        let mut new = Chunk::default();
        let before = old.rows.partition_point(|found| *found < row);
        old.records().take(before).for_each(|(row, record)| new.push(row, record));
        new.push(row, &record);
        old.records().skip(before).for_each(|(row, record)| new.push(row, record));
        self.chunks[at] = new.fit();
        self.index.add(names(user), row);
        self.len += 1;
        if self.index.is_crowded() {
            self.index = self.indexed();
        }
    }

    /// Without texts that no user has any more.
    fn pack_anew(&mut self, globals: &Globals) {
        let mut packer = Packer::default();
        for (row, record) in self.chunks.iter().flat_map(|chunk| chunk.records()) {
            let user = self.read(row, record).to_user();
            packer.push(row, &StoredUser::from(&user));
        }
        // Globals have been put into these, and they cannot be again.
        let extras = Arc::clone(&self.extras);
        *self = Self { extras, ..packer.finish() };
        self.resolve_texts(globals);
    }

    fn indexed(&self) -> Index {
        let mut index = Index::for_names(self.len);
        for chunk in &self.chunks {
            for (row, record) in chunk.records() {
                let user = self.read(row, record);
                let names = std::iter::once(user.id).chain(user.number_alias);
                names.for_each(|name| index.push(name, row));
            }
        }
        index.fit();
        index
    }

    /// The rows of users that have gateways or other elements: globals have been put into these, so
    /// they cannot be put in anew.
    pub fn rows_with_extras(&self) -> impl Iterator<Item = i64> {
        self.extras.keys().copied()
    }

    /// Takes the user of a row away.
    pub(super) fn remove(&mut self, row: i64) {
        let Some(at) = self.chunk_of(row) else { return };
        let Some(user) = self.at(row) else { return };
        let gone = [Some(user.id.to_owned()), user.number_alias.map(str::to_owned)];
        self.index.remove(gone.iter().flatten().map(String::as_str), row);
        let mut new = Chunk::default();
        let kept = self.chunks[at].records().filter(|(found, _)| *found != row);
        kept.for_each(|(row, record)| new.push(row, record));
        if new.rows.is_empty() {
            self.chunks.remove(at);
        } else {
            self.chunks[at] = new.fit();
        }
        if self.extras.contains_key(&row) {
            Arc::make_mut(&mut self.extras).remove(&row);
        }
        self.len -= 1;
    }

    /// Puts globals into every text that reads them, but not into what few have.
    pub(super) fn resolve_texts(&mut self, globals: &Globals) {
        Arc::make_mut(&mut self.texts).resolve(globals);
    }

    /// Puts globals into every text that reads them.
    pub(super) fn resolve(&mut self, globals: &Globals) {
        self.resolve_texts(globals);
        if !self.extras.is_empty() {
            let extras = Arc::make_mut(&mut self.extras);
            for extras in extras.values_mut() {
                extras.resolve(globals);
            }
        }
    }
}

fn names(user: &User) -> impl Iterator<Item = &str> {
    std::iter::once(user.id.as_str()).chain(user.number_alias.as_deref())
}

/// Shows each, without hashes.
impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Packs users that come one after the other, in the order of their rows.
#[derive(Default)]
pub struct Packer {
    users: Users,
    texts: Texts,
    extras: BTreeMap<i64, Extras>,
    seen: Seen,
    open: Chunk,
}

impl Packer {
    /// Adds one behind all others: its row is a higher one.
    pub fn push(&mut self, row: i64, user: &StoredUser<'_>) {
        let record = record::write(user, &mut |text| self.texts.of_many(text, &mut self.seen));
        if let Some(extras) = Extras::of(user) {
            self.extras.insert(row, extras);
        }
        self.open.push(row, &record);
        self.users.len += 1;
        if self.open.rows.len() == CHUNK {
            self.users.chunks.push(std::mem::take(&mut self.open).fit());
        }
    }

    /// All that were added.
    pub fn finish(mut self) -> Users {
        if !self.open.rows.is_empty() {
            self.users.chunks.push(self.open.fit());
        }
        self.users.chunks.shrink_to_fit();
        self.users.packed_texts = self.texts.len();
        self.users.texts = Arc::new(self.texts);
        self.users.extras = Arc::new(self.extras);
        self.users.index = self.users.indexed();
        self.users
    }
}

/// In their order, as if stored in rows 1, 2, 3 and so on.
impl FromIterator<User> for Users {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        let mut packer = Packer::default();
        (1..).zip(users).for_each(|(row, user)| packer.push(row, &(&user).into()));
        packer.finish()
    }
}

#[cfg(test)]
mod tests;
