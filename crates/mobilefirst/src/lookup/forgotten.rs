//! What was forgotten, so that no answer that was asked for before comes back.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use crate::clock::Clock;
use crate::lookup::store_key::StoreKey;

/// With more than this, everything counts as forgotten.
const CAPACITY: usize = 65_536;

/// No limit, as milliseconds.
const UNLIMITED: u64 = u64::MAX;

/// Makes a validator forget what it knows, at the word of a [`RemoteStore`](crate::RemoteStore).
///
/// Clones share state. A handle does not keep its validator alive. Once the validator is dropped,
/// the handle does nothing, and a store that keeps many can [tell](Self::is_orphaned).
#[derive(Clone)]
pub struct Invalidator {
    forgotten: Weak<Forgotten>,
}

impl Invalidator {
    pub(crate) fn new(forgotten: &Arc<Forgotten>) -> Self {
        Self {
            forgotten: Arc::downgrade(forgotten),
        }
    }

    /// Whether the validator is gone, so that the handle can be dropped too.
    pub fn is_orphaned(&self) -> bool {
        self.forgotten.strong_count() == 0
    }

    /// Forgets what is known about `subject`. An answer that was asked for before is not cached
    /// when it arrives. Takes effect at once, and neither waits nor scans the cache.
    pub fn forget(&self, subject: &StoreKey) {
        if let Some(forgotten) = self.forgotten.upgrade() {
            forgotten.forget(*subject);
        }
    }

    /// Forgets everything.
    pub fn forget_all(&self) {
        if let Some(forgotten) = self.forgotten.upgrade() {
            forgotten.forget_all();
        }
    }

    /// Limits the age of answers from the cache and the store, stale ones too, while it is not
    /// certain that the store's word arrives. `None` lifts the limit. Rounded down to milliseconds.
    pub fn limit_age(&self, longest: Option<Duration>) {
        if let Some(forgotten) = self.forgotten.upgrade() {
            forgotten.limit_age(longest);
        }
    }
}

impl fmt::Debug for Invalidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invalidator").finish_non_exhaustive()
    }
}

/// What was forgotten lately.
///
/// Each removal has a number, and each answer the number of the last removal before it was asked
/// for. As long as both are the same, a hit takes a single load to see that nothing happened.
pub(crate) struct Forgotten {
    /// The number of the last removal.
    last: AtomicU64,
    /// The age that cached answers may have, in milliseconds.
    longest: AtomicU64,
    /// How long an answer that was asked for by now may still turn up somewhere.
    memory: Duration,
    clock: Arc<dyn Clock>,
    removals: Mutex<Removals>,
}

#[derive(Default)]
struct Removals {
    subjects: HashMap<StoreKey, Removal>,
    all: Option<Removal>,
}

#[derive(Clone, Copy)]
struct Removal {
    number: u64,
    uptime: Duration,
}

/// When an answer was asked for.
#[derive(Clone, Copy)]
pub(crate) enum Asked {
    /// In this process, after the removal of this number.
    After(u64),
    /// By another process, at this uptime of our clock.
    At(Duration),
}

impl Forgotten {
    pub(crate) fn new(memory: Duration, clock: Arc<dyn Clock>) -> Self {
        Self {
            last: AtomicU64::new(0),
            longest: AtomicU64::new(UNLIMITED),
            memory,
            clock,
            removals: Mutex::default(),
        }
    }

    /// The number of the last removal.
    #[inline]
    pub(crate) fn last(&self) -> u64 {
        self.last.load(Ordering::Acquire)
    }

    /// The age that cached answers may have.
    #[inline]
    pub(crate) fn longest(&self) -> Duration {
        match self.longest.load(Ordering::Relaxed) {
            UNLIMITED => Duration::MAX,
            millis => Duration::from_millis(millis),
        }
    }

    pub(crate) fn forget(&self, subject: StoreKey) {
        let now = self.clock.uptime();
        let mut removals = self.lock();
        if removals.subjects.len() >= CAPACITY {
            removals
                .subjects
                .retain(|_, removal| now.saturating_sub(removal.uptime) < self.memory);
        }
        if removals.subjects.len() >= CAPACITY {
            return self.remove_all(removals, now);
        }
        let removal = self.next(now);
        removals.subjects.insert(subject, removal);
    }

    pub(crate) fn forget_all(&self) {
        self.remove_all(self.lock(), self.clock.uptime());
    }

    fn limit_age(&self, longest: Option<Duration>) {
        let millis = longest.map(|longest| u64::try_from(longest.as_millis()).unwrap_or(UNLIMITED));
        self.longest
            .store(millis.unwrap_or(UNLIMITED), Ordering::Relaxed);
    }

    /// Whether an answer that goes by these `names` was forgotten since it was asked for.
    pub(crate) fn covers(&self, asked: Asked, names: impl IntoIterator<Item = StoreKey>) -> bool {
        let removals = self.lock();
        let since = |removal: &Removal| match asked {
            Asked::After(number) => removal.number > number,
            Asked::At(uptime) => removal.uptime >= uptime,
        };
        if removals.all.as_ref().is_some_and(since) {
            return true;
        }
        let mut names = names.into_iter();
        names.any(|name| removals.subjects.get(&name).is_some_and(since))
    }

    fn remove_all(&self, mut removals: MutexGuard<'_, Removals>, now: Duration) {
        removals.subjects.clear();
        removals.all = Some(self.next(now));
    }

    /// A removal's number is visible no earlier than the removal, which is entered under the
    /// same lock.
    fn next(&self, uptime: Duration) -> Removal {
        let number = self.last.fetch_add(1, Ordering::AcqRel) + 1;
        Removal { number, uptime }
    }

    fn lock(&self) -> MutexGuard<'_, Removals> {
        self.removals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
