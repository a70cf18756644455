//! Keys resolved against one snapshot.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::btree_map::Entry;
use std::fmt;

use super::{Keys, Origin};
use crate::snapshot::Snapshot;

/// Which handler of a table answers which key, for one snapshot.
#[derive(Debug, Default, Clone)]
pub struct Routes {
    keys: HashMap<String, usize>,
    catch_all: Option<usize>,
}

/// How a key found its handler; the number is the handler's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The handler has this key.
    Key(usize),
    /// No handler has this key, and there is one for the rest.
    CatchAll(usize),
}

/// Two handlers for one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The key; `None` for two catch-alls.
    pub key: Option<String>,
    /// The names and places of both.
    pub handlers: [(&'static str, Origin); 2],
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "key «{}»", key.escape_debug())?,
            None => f.write_str("the catch-all")?,
        }
        let [(one, here), (two, there)] = self.handlers;
        write!(
            f,
            " is claimed by handler «{one}» ({here}) and by handler «{two}» ({there}); \
             change one, or name one in `disabled_handlers`"
        )
    }
}

impl Routes {
    /// Resolves the keys of handlers, in the order of their places; all conflicts are reported at once.
    pub fn new(
        handlers: impl Iterator<Item = (&'static str, Keys, Origin)>,
        snapshot: &Snapshot,
    ) -> Result<Self, Vec<Conflict>> {
        // Sorted, so that conflicts are reported in a fixed order.
        let mut claims: BTreeMap<Option<String>, (usize, &'static str, Origin)> = BTreeMap::new();
        let mut conflicts = Vec::new();
        for (at, (name, keys, origin)) in handlers.enumerate() {
            let keys: Vec<Option<String>> = match keys {
                Keys::Fixed(keys) => {
                    keys.iter().map(|key| Some(key.to_ascii_lowercase())).collect()
                }
                Keys::From(keys) => {
                    keys(snapshot).into_iter().map(|key| Some(key.to_ascii_lowercase())).collect()
                }
                Keys::CatchAll => vec![None],
            };
            for key in keys {
                match claims.entry(key) {
                    Entry::Vacant(free) => {
                        free.insert((at, name, origin));
                    }
                    // A handler may name a key twice, as two spellings of one domain.
                    Entry::Occupied(taken) if taken.get().0 == at => {}
                    Entry::Occupied(taken) => {
                        let (_, other, there) = *taken.get();
                        conflicts.push(Conflict {
                            key: taken.key().clone(),
                            handlers: [(other, there), (name, origin)],
                        });
                    }
                }
            }
        }
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        let catch_all = claims.remove(&None).map(|(at, _, _)| at);
        let keys = claims.into_iter().filter_map(|(key, (at, _, _))| Some((key?, at))).collect();
        Ok(Self { keys, catch_all })
    }

    /// Finds the handler for a key, case apart.
    pub fn find(&self, key: &str) -> Option<Match> {
        let found = if key.bytes().any(|b| b.is_ascii_uppercase()) {
            self.keys.get(&key.to_ascii_lowercase())
        } else {
            self.keys.get(key)
        };
        found.map(|at| Match::Key(*at)).or_else(|| self.catch_all.map(Match::CatchAll))
    }

    /// The keys of one handler, sorted.
    pub fn keys_of(&self, handler: usize) -> Vec<&str> {
        let mut keys: Vec<_> = self
            .keys
            .iter()
            .filter(|(_, at)| **at == handler)
            .map(|(key, _)| key.as_str())
            .collect();
        keys.sort_unstable();
        keys
    }
}

impl Match {
    /// The handler's place in the table.
    pub const fn handler(self) -> usize {
        match self {
            Self::Key(at) | Self::CatchAll(at) => at,
        }
    }
}
