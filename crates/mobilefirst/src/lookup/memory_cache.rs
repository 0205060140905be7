//! The default cache, in memory and bounded.

use std::fmt;
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::lookup::cache::{CacheEntries, TokenCache};
use crate::lookup::cache_key::CacheKey;
use crate::lookup::epochs::Epochs;
use crate::token::introspection::{ActiveToken, Inactive, Introspection};

/// An answer of up to this many bytes counts as one entry; a longer one counts as several, so
/// that a few huge answers can't take the memory of many.
const BYTES_PER_UNIT: usize = 2048;

/// Stores introspections in memory, up to a number of entries.
///
/// When it is full, entries that were not used again go first. Inactive answers have a pool of
/// their own, so a flood of bad tokens evicts no good one.
pub struct MemoryCache {
    active: Cache<CacheKey, Arc<ActiveToken>, BySize>,
    inactive: Cache<CacheKey, Inactive>,
    epochs: Epochs,
}

impl MemoryCache {
    /// A cache for `capacity` active tokens, and a quarter as many inactive ones.
    ///
    /// An answer of more than 2 KiB counts as several entries, but never as more than a sixteenth
    /// of `capacity`, so that every answer finds room.
    pub fn new(capacity: usize) -> Self {
        Self {
            active: Cache::with_weighter(capacity, capacity as u64, BySize::of(capacity)),
            inactive: Cache::new(capacity.div_ceil(4)),
            epochs: Epochs::new(),
        }
    }
}

impl TokenCache for MemoryCache {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        if let Some(token) = self.active.get(key) {
            return Some(Introspection::Active(token));
        }
        self.inactive.get(key).map(Introspection::Inactive)
    }

    fn insert(&self, key: CacheKey, introspection: Introspection, epoch: u64) {
        // Held until the entry is there, so that no removal comes in between.
        let group = self.epochs.of(&key);
        if group.epoch(&key) != epoch {
            return;
        }
        match introspection {
            Introspection::Active(token) => {
                self.inactive.remove(&key);
                self.active.insert(key, token);
            }
            Introspection::Inactive(inactive) => {
                self.active.remove(&key);
                self.inactive.insert(key, inactive);
            }
        }
    }

    fn epoch(&self, key: &CacheKey) -> u64 {
        self.epochs.of(key).epoch(key)
    }

    fn remove(&self, key: &CacheKey) {
        let mut group = self.epochs.of(key);
        group.remove(*key);
        self.active.remove(key);
        self.inactive.remove(key);
    }

    fn clear(&self) {
        let _groups = self.epochs.clear();
        self.active.clear();
        self.inactive.clear();
    }

    fn entries(&self) -> Option<CacheEntries> {
        Some(CacheEntries {
            active: self.active.len(),
            inactive: self.inactive.len(),
        })
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache")
            .field("active", &self.active.len())
            .field("inactive", &self.inactive.len())
            .finish()
    }
}

#[derive(Clone)]
struct BySize {
    heaviest: u64,
}

impl BySize {
    fn of(capacity: usize) -> Self {
        Self {
            heaviest: (capacity as u64 / 16).max(1),
        }
    }
}

impl Weighter<CacheKey, Arc<ActiveToken>> for BySize {
    fn weight(&self, _key: &CacheKey, token: &Arc<ActiveToken>) -> u64 {
        let units = token.size().div_ceil(BYTES_PER_UNIT) as u64;
        units.min(self.heaviest)
    }
}
