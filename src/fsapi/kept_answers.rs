//! Answers that are kept for a while, within a bound.
//!
//! The bound is in bytes, what a stranger wrote into the key among them, and each entry counts for a
//! good deal more than nothing: so it bounds their number, too. Who asks for many made-up names pushes
//! out what was asked for once, before what is asked for again and again.

use std::collections::hash_map::RandomState;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jackfield_api::{Document, Refusal};
use prometheus::IntCounter;
use quick_cache::unsync::Cache;
use quick_cache::{Lifecycle, Weighter};
use tokio::time::Instant;

use crate::metrics::KeptMetrics;

/// What a question is known by.
pub(super) type Key = Box<[u8]>;

/// An answer, or that there is none.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) answer: Result<Arc<Document>, Refusal>,
    /// When it was asked for.
    pub(super) made: Instant,
    /// The data that it was made from, if it was.
    pub(super) generation: Option<u64>,
}

impl Entry {
    /// Whether the data that it was made from are still these.
    pub(super) fn is_of(&self, generation: u64) -> bool {
        self.generation.is_none_or(|of| of == generation)
    }
}

/// Entries by their questions.
pub(super) struct KeptAnswers {
    cache: Mutex<Cache<Key, Entry, Bytes, RandomState, Evictions>>,
    metrics: KeptMetrics,
}

/// What an entry takes besides its texts.
const ENTRY: usize = 256;

#[derive(Clone)]
struct Bytes;

impl Weighter<Key, Entry> for Bytes {
    fn weight(&self, key: &Key, entry: &Entry) -> u64 {
        let answer = entry.answer.as_ref().map_or(0, |document| document.body().len());
        (ENTRY + key.len() + answer) as u64
    }
}

#[derive(Clone)]
struct Evictions(IntCounter);

impl Lifecycle<Key, Entry> for Evictions {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: Key, _: Entry) {
        self.0.inc();
    }
}

impl KeptAnswers {
    /// Nothing yet, and never more bytes than these.
    pub(super) fn new(bytes: u64, metrics: KeptMetrics) -> Self {
        let evictions = Evictions(metrics.evicted.clone());
        let cache = Cache::with(64, bytes, Bytes, RandomState::new(), evictions);
        Self { cache: Mutex::new(cache), metrics }
    }

    fn cache(&self) -> MutexGuard<'_, Cache<Key, Entry, Bytes, RandomState, Evictions>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<Entry> {
        self.cache().get(key).cloned()
    }

    pub(super) fn put(&self, key: Key, entry: Entry) {
        let mut cache = self.cache();
        cache.insert(key, entry);
        self.metrics.show(cache.len(), cache.weight());
    }

    pub(super) fn remove(&self, key: &[u8]) {
        let mut cache = self.cache();
        if cache.remove(key).is_some() {
            self.metrics.show(cache.len(), cache.weight());
        }
    }

    /// Keeps only what this is true for.
    pub(super) fn retain(&self, keep: impl Fn(&Entry) -> bool) {
        let mut cache = self.cache();
        cache.retain(|_, entry| keep(entry));
        self.metrics.show(cache.len(), cache.weight());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn strangers_who_make_names_up_push_out_nothing_that_is_asked_for_and_fill_nothing() {
        const BYTES: u64 = 64 * 1024;
        let kept = KeptAnswers::new(BYTES, Metrics::new().kept("directory", "none", "refusals"));
        let entry = || Entry {
            answer: Err(Refusal::Denied("no such user")),
            made: Instant::now(),
            generation: None,
        };
        let key = |n: u32| -> Key { n.to_be_bytes().into() };
        for n in 0..20 {
            kept.put(key(n), entry());
        }
        for n in 1000..50_000_u32 {
            kept.put(key(n), entry());
            assert!(kept.get(&key(n % 20)).is_some(), "{n}");
        }
        let (count, bytes) = (kept.metrics.entries.get(), kept.metrics.bytes.get());
        assert!(count <= 64 * 1024 / 256 && bytes <= 64 * 1024, "{count}, {bytes}");
        assert!(kept.metrics.evicted.get() > 48_000, "{}", kept.metrics.evicted.get());
        kept.put(vec![0; 1 << 20].into(), entry());
        assert!(kept.get(&vec![0; 1 << 20]).is_none(), "longer than all together may be");
        kept.retain(|_| false);
        assert_eq!(kept.metrics.entries.get(), 0);
    }
}
