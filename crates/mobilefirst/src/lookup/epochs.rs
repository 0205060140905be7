//! Counting removals, so that an answer that was asked for before a removal does not undo it.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::lookup::cache_key::CacheKey;

const GROUPS: usize = 256;

/// A group remembers so many keys. With more, all of its keys count as removed, which costs a
/// call each.
const CAPACITY: usize = 64;

/// The removals, by groups of keys so that threads don't contend.
pub(crate) struct Epochs(Box<[Mutex<Group>]>);

#[derive(Default)]
pub(crate) struct Group {
    last: u64,
    /// Every key was removed by then.
    floor: u64,
    removed: HashMap<CacheKey, u64>,
}

impl Epochs {
    pub(crate) fn new() -> Self {
        Self((0..GROUPS).map(|_| Mutex::default()).collect())
    }

    /// The group of `key`, locked.
    pub(crate) fn of(&self, key: &CacheKey) -> MutexGuard<'_, Group> {
        lock(&self.0[key.group(GROUPS)])
    }

    /// Counts every key as removed. The groups stay locked as long as the guards live.
    pub(crate) fn clear(&self) -> Vec<MutexGuard<'_, Group>> {
        let mut groups: Vec<_> = self.0.iter().map(lock).collect();
        for group in &mut groups {
            group.clear();
        }
        groups
    }
}

impl Group {
    /// The number of the last removal of `key`.
    pub(crate) fn epoch(&self, key: &CacheKey) -> u64 {
        self.removed.get(key).copied().unwrap_or(self.floor)
    }

    pub(crate) fn remove(&mut self, key: CacheKey) {
        if self.removed.len() >= CAPACITY {
            self.clear();
        }
        self.last += 1;
        self.removed.insert(key, self.last);
    }

    fn clear(&mut self) {
        self.last += 1;
        self.floor = self.last;
        self.removed.clear();
    }
}

fn lock(group: &Mutex<Group>) -> MutexGuard<'_, Group> {
    group.lock().unwrap_or_else(PoisonError::into_inner)
}
