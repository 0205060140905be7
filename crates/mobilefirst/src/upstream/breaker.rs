//! A circuit breaker: leaves a server alone that is down.
//!
//! Ours, because it answers to our clock and to `Retry-After`; the crates that there
//! are do neither.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::telemetry::metrics;

/// So many failures in a row mean that the server is down.
const FAILURES: u32 = 5;

/// How long a server that is down is left alone between two probes.
const PAUSE: Duration = Duration::from_millis(500);

/// A server gets this long at the least before its silence counts against it: a call
/// that waited for its turn may have begun just before the end of its deadline.
const SHORTEST_SILENCE: Duration = Duration::from_millis(100);

#[derive(Default)]
pub(crate) struct Breaker {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    failures: u32,
    /// No probe before this, while the server is down.
    next_probe: Duration,
    /// No call at all before this: the server asked for it.
    not_before: Duration,
}

impl Breaker {
    /// Lets a call through, or says how long to wait.
    pub(crate) fn admit<'a>(&'a self, clock: &'a dyn Clock) -> Result<Pass<'a>, Duration> {
        let now = clock.uptime();
        let mut state = self.lock();
        let is_down = state.failures >= FAILURES;
        let next_call = match is_down {
            true => state.not_before.max(state.next_probe),
            false => state.not_before,
        };
        if now < next_call {
            return Err(next_call - now);
        }
        if is_down {
            // This call is the probe. A server that hangs must not keep the next one
            // waiting, or its return would go unseen for a whole deadline.
            state.next_probe = now + PAUSE;
        }
        Ok(Pass {
            breaker: self,
            clock,
            begun: Instant::now(),
            reported: false,
        })
    }

    fn failed(&self, now: Duration, retry_after: Option<Duration>) {
        let mut state = self.lock();
        state.failures = state.failures.saturating_add(1);
        state.next_probe = now + PAUSE;
        if let Some(pause) = retry_after {
            state.not_before = state.not_before.max(now + pause);
        }
        let opens = state.failures == FAILURES;
        // Whoever writes the log down may be slow, and other calls wait for this lock.
        drop(state);
        if opens {
            metrics::breaker_opened();
            warn!(
                "the authorization server failed {FAILURES} times in a row: it is left alone, \
                 but for a probe every {PAUSE:?}"
            );
        }
    }

    fn succeeded(&self) {
        let failures = std::mem::take(&mut self.lock().failures);
        if failures >= FAILURES {
            metrics::breaker_closed();
            info!("the authorization server answers again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is gone is not open any more.
impl Drop for Breaker {
    fn drop(&mut self) {
        if self.lock().failures >= FAILURES {
            metrics::breaker_closed();
        }
    }
}

/// One call. To drop it without a report, as the end of the deadline does, is a failure
/// of a server that was silent.
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    clock: &'a dyn Clock,
    begun: Instant,
    reported: bool,
}

impl Pass<'_> {
    pub(crate) fn succeeded(mut self) {
        self.reported = true;
        self.breaker.succeeded();
    }

    pub(crate) fn failed(mut self, retry_after: Option<Duration>) {
        self.reported = true;
        self.breaker.failed(self.clock.uptime(), retry_after);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.reported && self.begun.elapsed() >= SHORTEST_SILENCE {
            self.breaker.failed(self.clock.uptime(), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;

    fn fail(breaker: &Breaker, clock: &ManualClock, times: u32) {
        for _ in 0..times {
            breaker.admit(clock).ok().unwrap().failed(None);
        }
    }

    #[test]
    fn some_failures_in_a_row_open_it_and_a_success_closes_it() {
        let (breaker, clock) = (Breaker::default(), ManualClock::default());
        fail(&breaker, &clock, FAILURES - 1);
        breaker.admit(&clock).ok().unwrap().succeeded();
        fail(&breaker, &clock, FAILURES);
        assert_eq!(breaker.admit(&clock).err(), Some(PAUSE));
        clock.advance(PAUSE);
        let probe = breaker.admit(&clock).ok().unwrap();
        assert!(breaker.admit(&clock).is_err(), "one probe at a time");
        probe.succeeded();
        assert!(breaker.admit(&clock).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_counts_once_it_was_long_enough() {
        let (breaker, clock) = (Breaker::default(), ManualClock::default());
        fail(&breaker, &clock, FAILURES - 1);
        drop(breaker.admit(&clock).ok().unwrap());
        let silent = breaker.admit(&clock).ok().unwrap();
        tokio::time::advance(SHORTEST_SILENCE).await;
        drop(silent);
        assert_eq!(breaker.admit(&clock).err(), Some(PAUSE));
    }

    #[test]
    fn a_failed_probe_opens_it_again() {
        let (breaker, clock) = (Breaker::default(), ManualClock::default());
        fail(&breaker, &clock, FAILURES);
        clock.advance(PAUSE);
        fail(&breaker, &clock, 1);
        assert_eq!(breaker.admit(&clock).err(), Some(PAUSE));
    }

    #[test]
    fn the_server_is_left_alone_for_as_long_as_it_asked() {
        let (breaker, clock) = (Breaker::default(), ManualClock::default());
        let seven = Duration::from_secs(7);
        let early = breaker.admit(&clock).ok().unwrap();
        breaker.admit(&clock).ok().unwrap().failed(Some(seven));
        early.succeeded();
        assert_eq!(breaker.admit(&clock).err(), Some(seven));
        clock.advance(seven);
        assert!(breaker.admit(&clock).is_ok());
    }
}
