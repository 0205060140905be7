//! Leaving a store alone that fails.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// With this many failures in a row it opens.
const FAILURES: u32 = 5;

/// Time between two probes.
const PAUSE: Duration = Duration::from_millis(500);

/// A circuit breaker. Each time is since the start of this process.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: AtomicU32,
    /// While it is open: when the next probe is due, in milliseconds.
    probe_at: AtomicU64,
}

impl Breaker {
    /// Whether the store may be called: always while it is closed, otherwise once in a while.
    pub(crate) fn admits(&self, now: Duration) -> bool {
        if self.failures.load(Ordering::Relaxed) < FAILURES {
            return true;
        }
        let due = self.probe_at.load(Ordering::Relaxed);
        if millis(now) < due {
            return false;
        }
        // Of those that find the probe due, one sends it.
        let next = millis(now + PAUSE);
        let won = self
            .probe_at
            .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
        won.is_ok()
    }

    pub(crate) fn succeeded(&self) {
        // Usually nothing is to be written, and no other core's cache line is taken away.
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Relaxed);
        }
    }

    pub(crate) fn failed(&self, now: Duration) {
        self.probe_at.store(millis(now + PAUSE), Ordering::Relaxed);
        let add = |failures: u32| Some(failures.saturating_add(1));
        let _ = self
            .failures
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_in_a_row_open_it_and_one_success_closes_it() {
        let breaker = Breaker::default();
        let at = Duration::from_millis;
        for _ in 0..4 {
            breaker.failed(at(0));
        }
        breaker.succeeded();
        for _ in 0..4 {
            breaker.failed(at(0));
            assert!(breaker.admits(at(0)));
        }
        breaker.failed(at(0));
        let admitted = [0, 499, 500, 500, 999, 1000, 1001].map(|now| breaker.admits(at(now)));
        assert_eq!(admitted, [false, false, true, false, false, true, false]);
        breaker.failed(at(1001));
        assert!(!breaker.admits(at(1500)));
        breaker.succeeded();
        assert!(breaker.admits(at(1500)) && breaker.admits(at(1500)));
    }
}
