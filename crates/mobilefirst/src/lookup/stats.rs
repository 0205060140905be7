//! Counting lookups.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::lookup::cache::TokenCache;

/// Token lookups so far, by source, and the number of cache entries.
///
/// The counts only grow: read them now and then for a dashboard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Answered from the cache.
    pub hits: u64,
    /// Answered by a call to the authorization server.
    pub misses: u64,
    /// Answered by a call that another request had already started.
    pub joined: u64,
    /// Refreshes in the background.
    pub refreshed: u64,
    /// Answered from an expired entry, because the authorization server could not be asked.
    pub stale: u64,
    /// Refused without a lookup, because too many tokens waited to be checked.
    pub not_sent: u64,
    /// Entries of active tokens, if the cache counts them.
    pub active_entries: Option<usize>,
    /// Entries of inactive tokens, if the cache counts them.
    pub inactive_entries: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct LookupCounters {
    hits: [Stripe; 16],
    misses: AtomicU64,
    joined: AtomicU64,
    refreshed: AtomicU64,
    stale: AtomicU64,
    not_sent: AtomicU64,
}

/// On a cache line of its own, so that threads that count hits don't contend, even of the same
/// token.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

thread_local! {
    static OWN_STRIPE: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed)
    };
}

impl LookupCounters {
    #[inline]
    pub(crate) fn hit(&self) {
        let own = OWN_STRIPE.with(|own| *own);
        increment(&self.hits[own % self.hits.len()].0);
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

    pub(crate) fn not_sent(&self) {
        increment(&self.not_sent);
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
            not_sent: read(&self.not_sent),
            active_entries: entries.map(|entries| entries.active),
            inactive_entries: entries.map(|entries| entries.inactive),
        }
    }
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn read(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
