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
    hits: Striped,
    misses: AtomicU64,
    joined: AtomicU64,
    refreshed: AtomicU64,
    stale: AtomicU64,
    not_sent: AtomicU64,
}

/// A counter that many threads increment at the same time.
///
/// Each of the first threads has a stripe of its own, which nobody else writes to, so that it
/// gets by without an atomic addition. Those that come later share the others.
#[derive(Debug)]
struct Striped {
    own: [Stripe; 32],
    shared: [Stripe; 8],
}

/// On a cache line of its own, so that threads that count hits don't contend, even of the same
/// token.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe(AtomicU64);

thread_local! {
    /// The number of this thread. None is given twice.
    static THREAD: usize = {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        THREADS.fetch_add(1, Ordering::Relaxed)
    };
}

impl Striped {
    #[inline]
    fn increment(&self) {
        let thread = THREAD.with(|thread| *thread);
        match self.own.get(thread) {
            Some(Stripe(own)) => own.store(read(own).wrapping_add(1), Ordering::Relaxed),
            None => increment(&self.shared[thread % self.shared.len()].0),
        }
    }

    fn sum(&self) -> u64 {
        let stripes = self.own.iter().chain(&self.shared);
        stripes.map(|stripe| read(&stripe.0)).sum()
    }
}

impl Default for Striped {
    fn default() -> Self {
        Self {
            own: std::array::from_fn(|_| Stripe::default()),
            shared: std::array::from_fn(|_| Stripe::default()),
        }
    }
}

impl LookupCounters {
    #[inline]
    pub(crate) fn hit(&self) {
        self.hits.increment();
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
            hits: self.hits.sum(),
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

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn hits_of_more_threads_than_there_are_stripes_are_counted() {
        const THREADS: usize = 100;
        const HITS: usize = 1000;
        let counters = LookupCounters::default();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..HITS).for_each(|_| counters.hit()));
            }
        });
        assert_eq!(counters.hits.sum(), (THREADS * HITS) as u64);
    }
}
