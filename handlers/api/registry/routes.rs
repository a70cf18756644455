//! Keys resolved against one snapshot.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use super::{Keys, Origin};
use crate::snapshot::Snapshot;

/// Which handler of a table answers which key, for one snapshot.
#[derive(Debug, Default, Clone)]
pub struct Routes {
    keys: HashMap<String, usize>,
    catch_all: Option<usize>,
    /// Keys of handlers that are not asked for them, because another one has a higher priority.
    outranked: BTreeMap<usize, Vec<String>>,
}

/// What a handler of a table wants to be asked for.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// The handler's name.
    pub name: &'static str,
    /// What it is asked by.
    pub keys: Keys,
    /// Of those that claim a key the highest answers.
    pub priority: i16,
    /// Where it is written.
    pub origin: Origin,
}

/// How a key found its handler; the number is the handler's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// The handler has this key.
    Key(usize),
    /// No handler has this key, and there is one for the rest.
    CatchAll(usize),
}

/// Two handlers for one key, none of which goes before the other.
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
             change one, or name one in `disabled_handlers`, or give one a higher `priority`"
        )
    }
}

impl Claim {
    /// The keys, in lower case; `None` for the rest.
    fn keys(&self, snapshot: &Snapshot) -> Vec<Option<String>> {
        let lower = |key: &str| Some(key.to_ascii_lowercase());
        match self.keys {
            Keys::Fixed(keys) => keys.iter().map(|key| lower(key)).collect(),
            Keys::From(keys) => keys(snapshot).iter().map(|key| lower(key)).collect(),
            Keys::CatchAll => vec![None],
        }
    }
}

impl Routes {
    /// Resolves the claims of handlers, in the order of their places; all conflicts are reported at once.
    pub fn new(
        claims: impl Iterator<Item = Claim>,
        snapshot: &Snapshot,
    ) -> Result<Self, Vec<Conflict>> {
        let claims: Vec<_> = claims.collect();
        // Sorted, so that conflicts are reported in a fixed order.
        let mut claimed: BTreeMap<Option<String>, Vec<usize>> = BTreeMap::new();
        for (at, claim) in claims.iter().enumerate() {
            for key in claim.keys(snapshot) {
                let by = claimed.entry(key).or_default();
                // A handler may name a key twice, as two spellings of one domain.
                if by.last() != Some(&at) {
                    by.push(at);
                }
            }
        }
        let (mut routes, mut conflicts) = (Self::default(), Vec::new());
        for (key, by) in claimed {
            let highest = by.iter().map(|at| claims[*at].priority).max();
            let is_highest = |at: &usize| Some(claims[*at].priority) == highest;
            let (first, others): (Vec<usize>, Vec<usize>) = by.into_iter().partition(is_highest);
            let named = |at: usize| (claims[at].name, claims[at].origin);
            let (Some(at), also) = (first.first().copied(), first.iter().skip(1)) else { continue };
            conflicts.extend(
                also.map(|other| Conflict { key: key.clone(), handlers: [at, *other].map(named) }),
            );
            let Some(key) = key else {
                routes.catch_all = Some(at);
                continue;
            };
            for other in others {
                routes.outranked.entry(other).or_default().push(key.clone());
            }
            routes.keys.insert(key, at);
        }
        if conflicts.is_empty() { Ok(routes) } else { Err(conflicts) }
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

    /// The keys that one handler claims, sorted, those that another one answers among them.
    pub fn keys_of(&self, handler: usize) -> Vec<&str> {
        let answered = self.keys.iter().filter(|(_, at)| **at == handler).map(|(key, _)| key);
        let mut keys: Vec<_> =
            answered.chain(self.outranked.get(&handler).into_iter().flatten()).collect();
        keys.sort_unstable();
        keys.into_iter().map(String::as_str).collect()
    }

    /// Whether a handler claims a key that one of a higher priority answers.
    pub fn is_outranked(&self, handler: usize, key: &str) -> bool {
        let keys = self.outranked.get(&handler);
        keys.is_some_and(|keys| keys.iter().any(|claimed| claimed.eq_ignore_ascii_case(key)))
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
