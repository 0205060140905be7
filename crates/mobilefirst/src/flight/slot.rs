//! Where the outcome of a flight arrives, for those who wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, SetOnce};
use tokio::time::Instant;

/// Where the outcome of a flight arrives.
pub(super) struct Slot<V> {
    /// `None` where the work was cut off.
    outcome: SetOnce<Option<V>>,
    waiting: AtomicUsize,
    /// Notified when nobody waits any more.
    left: Notify,
}

impl<V> Default for Slot<V> {
    fn default() -> Self {
        Self {
            outcome: SetOnce::new(),
            waiting: AtomicUsize::new(0),
            left: Notify::new(),
        }
    }
}

impl<V> Slot<V> {
    /// Sets the outcome; `None` where the work was cut off. The first one counts.
    pub(super) fn set(&self, outcome: Option<V>) {
        let _ = self.outcome.set(outcome);
    }

    /// Ends when somebody was the last to leave; others may have come since.
    pub(super) fn left(&self) -> Notified<'_> {
        self.left.notified()
    }

    pub(super) fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }
}

/// A flight under way, for one who waits for it.
pub(crate) struct Flight<V> {
    begun: Instant,
    slot: Arc<Slot<V>>,
}

impl<V> Flight<V> {
    pub(super) fn new(begun: Instant, slot: Arc<Slot<V>>) -> Self {
        slot.waiting.fetch_add(1, Ordering::Relaxed);
        Self { begun, slot }
    }

    pub(super) fn begun(&self) -> Instant {
        self.begun
    }
}

impl<V: Clone> Flight<V> {
    /// The outcome; `None` where the work was cut off.
    pub(super) async fn outcome(self) -> Option<V> {
        self.slot.outcome.wait().await.clone()
    }
}

impl<V> Drop for Flight<V> {
    fn drop(&mut self) {
        if self.slot.waiting.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.slot.left.notify_one();
        }
    }
}
