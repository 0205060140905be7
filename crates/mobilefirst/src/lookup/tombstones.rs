//! What was forgotten, so that no remote store brings it back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Moment;
use crate::lookup::cache_key::CacheKey;
use crate::token::introspection::Introspection;

/// With more than this, everything counts as forgotten.
const CAPACITY: usize = 65_536;

/// When each key was forgotten. A store's own removal may be late, or lost.
#[derive(Default)]
pub(crate) struct Tombstones {
    /// How often something was forgotten.
    count: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: HashMap<CacheKey, Moment>,
    all: Option<Moment>,
}

impl Tombstones {
    /// Remembers for `memory` that `key` was forgotten `now`.
    pub(crate) fn forget(&self, key: CacheKey, now: Moment, memory: Duration) {
        self.count.fetch_add(1, Ordering::SeqCst);
        let mut state = self.lock();
        if state.keys.len() >= CAPACITY {
            state
                .keys
                .retain(|_, forgotten| forgotten.age(now) < memory);
        }
        if state.keys.len() >= CAPACITY {
            state.keys.clear();
            state.all = Some(now);
        }
        state.keys.insert(key, now);
    }

    pub(crate) fn forget_all(&self, now: Moment) {
        self.count.fetch_add(1, Ordering::SeqCst);
        let mut state = self.lock();
        state.keys.clear();
        state.all = Some(now);
    }

    /// How often something was forgotten.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Whether `known` is older than the moment at which its key was forgotten.
    pub(crate) fn covers(&self, key: &CacheKey, known: &Introspection) -> bool {
        if self.count() == 0 {
            return false;
        }
        let state = self.lock();
        // Dates in a store have milliseconds: the same one may be an earlier moment.
        let by =
            |forgotten: &Moment| known.received().date.as_millis() <= forgotten.date.as_millis();
        state.all.as_ref().is_some_and(by) || state.keys.get(key).is_some_and(by)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
