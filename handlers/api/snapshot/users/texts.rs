//! Texts that many users have, each kept once.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::super::global::Globals;

/// The texts, by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    list: Vec<Text>,
    numbers: HashMap<Arc<str>, u32>,
}

#[derive(Debug, Clone)]
struct Text {
    written: Arc<str>,
    /// With globals put in, where it reads any.
    resolved: Option<Arc<str>>,
}

impl Texts {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// All of them as they were written, in the order of their numbers.
    #[cfg(feature = "stored")]
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|text| &*text.written)
    }

    /// The number of a text, if it is one of these.
    pub(super) fn number(&self, text: &str) -> Option<u32> {
        self.numbers.get(text).copied()
    }

    /// The number of a text that becomes one of these, if it is none yet.
    pub(super) fn add(&mut self, text: &str) -> u32 {
        if let Some(number) = self.number(text) {
            return number;
        }
        let number = u32::try_from(self.list.len()).expect("fewer than 4 billion texts");
        let written = Arc::<str>::from(text);
        self.numbers.insert(written.clone(), number);
        self.list.push(Text { written, resolved: None });
        number
    }

    /// Adds a text with globals put in.
    pub(super) fn add_resolved(&mut self, text: &str, globals: &Globals) {
        let number = self.add(text) as usize;
        self.list[number].resolved = Some(globals.resolve(text).into());
    }

    /// The number of a text of one of many users: it becomes one of these when it comes again, or
    /// where it reads globals.
    pub(super) fn of_many(&mut self, text: &str, seen: &mut Seen) -> Option<u32> {
        let known = self.number(text);
        let worth = known.is_none() && (reads_globals(text) || seen.again(text));
        if worth { Some(self.add(text)) } else { known }
    }

    /// The text of a number, as it was written.
    pub(super) fn written(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("", |text| &text.written)
    }

    /// The text of a number, with globals put in.
    pub(super) fn resolved(&self, number: u32) -> &str {
        let text = self.list.get(number as usize);
        text.map_or("", |text| text.resolved.as_ref().unwrap_or(&text.written))
    }

    /// Puts globals in.
    pub(super) fn resolve(&mut self, globals: &Globals) {
        for text in &mut self.list {
            let live = reads_globals(&text.written);
            text.resolved = live.then(|| globals.resolve(&text.written).into());
        }
    }
}

/// Whether globals may have to be put into a text, which is done once for all users.
pub(super) fn reads_globals(text: &str) -> bool {
    text.contains("$${")
}

/// Which texts have been seen lately: a text is worth a number when it comes a second time.
pub(super) struct Seen {
    hashes: Vec<u64>,
    hasher: RandomState,
}

impl Default for Seen {
    fn default() -> Self {
        Self { hashes: vec![0; 1 << 16], hasher: RandomState::new() }
    }
}

impl Seen {
    fn again(&mut self, text: &str) -> bool {
        let hash = self.hasher.hash_one(text) | 1;
        let at = usize::try_from(hash >> 48).unwrap_or_default();
        std::mem::replace(&mut self.hashes[at], hash) == hash
    }
}
