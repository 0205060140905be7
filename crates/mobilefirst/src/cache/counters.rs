//! What the cache did so far.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{CacheKey, TokenCache};

/// How the requests so far came by their answers, and how many entries are kept.
///
/// Read it now and then, for a dashboard; the counts only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Answers that were at hand.
    pub hits: u64,
    /// Answers for which the authorization server was asked.
    pub misses: u64,
    /// Requests that waited for an answer that another had asked for.
    pub joined: u64,
    /// Answers that were asked for ahead of time.
    pub refreshed: u64,
    /// Answers that were served stale, since the server could not be asked.
    pub stale: u64,
    /// Entries about active tokens, where the cache counts them.
    pub active_entries: Option<usize>,
    /// Entries about inactive tokens, where the cache counts them.
    pub inactive_entries: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    hits: [Stripe; 16],
    misses: AtomicU64,
    joined: AtomicU64,
    refreshed: AtomicU64,
    stale: AtomicU64,
}

/// On a cache line of its own, so that threads which count hits of different tokens do
/// not wait for one another.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

impl Counters {
    pub(crate) fn hit(&self, key: &CacheKey) {
        let stripe = usize::from(key.as_bytes()[0]) % self.hits.len();
        increment(&self.hits[stripe].0);
    }

    pub(crate) fn miss(&self) {
        increment(&self.misses);
    }

    pub(crate) fn joined(&self) {
        increment(&self.joined);
    }

    pub(crate) fn refreshed(&self) {
        increment(&self.refreshed);
    }

    pub(crate) fn stale(&self) {
        increment(&self.stale);
    }

    pub(crate) fn read(&self, cache: &dyn TokenCache) -> CacheStats {
        let entries = cache.entries();
        CacheStats {
            hits: self.hits.iter().map(|stripe| read(&stripe.0)).sum(),
            misses: read(&self.misses),
            joined: read(&self.joined),
            refreshed: read(&self.refreshed),
            stale: read(&self.stale),
            active_entries: entries.map(|(active, _)| active),
            inactive_entries: entries.map(|(_, inactive)| inactive),
        }
    }
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
