//! A circuit breaker: leaves a server alone that is down.
//!
//! Ours, because it answers to our clock and to `Retry-After`, and because callers must not be
//! able to open it: what the server says about one token is an answer, whatever its status.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{info, warn};

use crate::telemetry::metrics;

/// How long a server that is down is left alone between two probes.
const PAUSE: Duration = Duration::from_millis(500);

/// Calls are counted for one to two of these.
const WINDOW: Duration = Duration::from_secs(5);

/// Interval between calls after the server asked us to slow down.
const SLOW_INTERVAL: Duration = Duration::from_millis(100);

/// When the server counts as down.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// Fewer failures than this say nothing.
    min_failures: u32,
    /// The failures must be those of this many different tokens.
    min_subjects: usize,
    cause: Cause,
}

/// Who causes the calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Callers, with tokens of their choice. An error status answers one of them, and a 429
    /// slows the others down.
    Callers,
    /// Only we. An error status is a failure, and a 429 is obeyed.
    Us,
}

impl Rules {
    /// For calls that callers cause, with tokens of their choice.
    pub(crate) const CALLERS: Self = Self {
        min_failures: 10,
        min_subjects: 8,
        cause: Cause::Callers,
    };

    /// For calls that only we make.
    pub(crate) const OWN: Self = Self {
        min_failures: 5,
        min_subjects: 1,
        cause: Cause::Us,
    };
}

pub(crate) struct Breaker {
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Window,
    previous: Window,
    is_open: bool,
    /// No probe before this, while the breaker is open.
    next_probe: Duration,
    /// No call at all before this: the server asked for it.
    not_before: Duration,
    /// Calls are spaced out until this.
    slow_until: Duration,
    next_slot: Duration,
}

/// What happened in one stretch of time.
#[derive(Default)]
struct Window {
    begun: Duration,
    answered: u32,
    failed: u32,
    /// Different tokens among the failures; no more than the rules ask for.
    subjects: Vec<u64>,
    /// The shortest pause that a failed call was asked for.
    pause: Option<Duration>,
}

/// A call that may be made.
pub(crate) enum Admission<'a> {
    Now(Pass<'a>),
    /// In this long, because the server asked us to slow down.
    Later(Pass<'a>, Duration),
}

/// What a call says about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// The server answered, whatever it said about the token.
    Answered,
    /// It answered with an error, and perhaps `Retry-After`.
    ErrorStatus(Option<Duration>),
    /// It asks us to slow down, for this long.
    TooMany(Option<Duration>),
    /// It can't be reached, is silent, or a gateway says that it can't serve.
    Failed(Option<Duration>),
}

impl Breaker {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            state: Mutex::default(),
        }
    }

    /// Lets a call through that begins `now`, or says how long to wait.
    pub(crate) fn admit<'a>(
        &'a self,
        now: Duration,
        subject: u64,
    ) -> Result<Admission<'a>, Duration> {
        let pass = Pass {
            breaker: self,
            subject,
        };
        let mut state = self.lock();
        let next_call = match state.is_open {
            true => state.not_before.max(state.next_probe),
            false => state.not_before,
        };
        if now < next_call {
            return Err(next_call - now);
        }
        if state.is_open {
            // This call is the probe. A server that hangs must not keep the next one waiting,
            // or its return would go unseen for a whole deadline.
            state.next_probe = now + PAUSE;
            return Ok(Admission::Now(pass));
        }
        if now >= state.slow_until {
            return Ok(Admission::Now(pass));
        }
        let slot = state.next_slot.max(now);
        state.next_slot = slot + SLOW_INTERVAL;
        Ok(Admission::Later(pass, slot - now))
    }

    fn report(&self, now: Duration, subject: u64, report: Report) {
        let change = self.lock().record(self.rules, now, subject, report);
        // Writing the log may take time, and other calls wait for the lock.
        match change {
            Some(Change::Opened) => {
                metrics::breaker_opened();
                warn!(
                    "the authorization server fails: it is left alone, except for a probe every \
                     {PAUSE:?}"
                );
            }
            Some(Change::Closed) => {
                metrics::breaker_closed();
                info!("the authorization server answers again");
            }
            None => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Change {
    Opened,
    Closed,
}

impl State {
    fn record(
        &mut self,
        rules: Rules,
        now: Duration,
        subject: u64,
        report: Report,
    ) -> Option<Change> {
        self.roll(now);
        match (report, rules.cause) {
            (Report::Answered, _) | (Report::ErrorStatus(_), Cause::Callers) => {
                self.current.answered += 1;
                self.slow_until = now;
                self.close()
            }
            (Report::TooMany(pause), Cause::Callers) => {
                self.current.answered += 1;
                self.slow_until = self.slow_until.max(now + pause.unwrap_or_default());
                self.close()
            }
            (Report::ErrorStatus(pause) | Report::TooMany(pause), Cause::Us)
            | (Report::Failed(pause), _) => {
                if let (Some(pause), Cause::Us) = (pause, rules.cause) {
                    self.not_before = self.not_before.max(now + pause);
                }
                self.next_probe = now + PAUSE;
                self.current.fail(subject, pause, rules.min_subjects);
                self.open(rules, now)
            }
        }
    }

    fn open(&mut self, rules: Rules, now: Duration) -> Option<Change> {
        let (current, previous) = (&self.current, &self.previous);
        let failed = current.failed + previous.failed;
        let answered = current.answered + previous.answered;
        let known = |subject: &&u64| !current.subjects.contains(subject);
        let subjects = current.subjects.len() + previous.subjects.iter().filter(known).count();
        if self.is_open
            || failed < rules.min_failures
            || subjects < rules.min_subjects
            || failed < answered
        {
            return None;
        }
        self.is_open = true;
        // All of them were asked to wait: the server means it.
        if let Some(pause) = current.pause {
            self.not_before = self.not_before.max(now + pause);
        }
        Some(Change::Opened)
    }

    /// The server answers, so what failed before says nothing any more.
    fn close(&mut self) -> Option<Change> {
        if !std::mem::take(&mut self.is_open) {
            return None;
        }
        self.current = Window {
            begun: self.current.begun,
            ..Window::default()
        };
        self.previous = Window::default();
        Some(Change::Closed)
    }

    fn roll(&mut self, now: Duration) {
        let age = now.saturating_sub(self.current.begun);
        if age < WINDOW {
            return;
        }
        let ended = std::mem::take(&mut self.current);
        self.previous = match age < 2 * WINDOW {
            true => ended,
            false => Window::default(),
        };
        self.current.begun = now;
    }
}

impl Window {
    fn fail(&mut self, subject: u64, pause: Option<Duration>, enough: usize) {
        if self.failed == 0 {
            self.pause = pause;
        }
        self.pause = self.pause.min(pause);
        self.failed += 1;
        if self.subjects.len() < enough && !self.subjects.contains(&subject) {
            self.subjects.push(subject);
        }
    }
}

/// A breaker that is gone is not open any more.
impl Drop for Breaker {
    fn drop(&mut self) {
        if self.lock().is_open {
            metrics::breaker_closed();
        }
    }
}

/// One call. Dropped without a report, it says nothing: its runtime was shut down, or nobody
/// waits for it.
#[must_use]
pub(crate) struct Pass<'a> {
    breaker: &'a Breaker,
    subject: u64,
}

impl Pass<'_> {
    /// What the call said, as it ended `now`.
    pub(crate) fn report(self, now: Duration, report: Report) {
        self.breaker.report(now, self.subject, report);
    }
}

#[cfg(test)]
mod tests;
