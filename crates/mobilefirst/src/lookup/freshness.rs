//! How fresh an answer must be.

use std::time::Duration;

use crate::clock::Moment;
use crate::token::introspection::Introspection;

/// How old an answer may get.
#[derive(Clone, Debug)]
pub(crate) struct Freshness {
    pub(crate) max_age: Duration,
    pub(crate) inactive_max_age: Duration,
    pub(crate) serve_stale: Duration,
    /// The age at which a token in use is refreshed; `None`: never.
    pub(crate) refresh_after: Option<Duration>,
}

impl Freshness {
    /// A route can only shorten what the validator allows.
    #[inline]
    pub(crate) fn longest(&self, max_age: Option<Duration>) -> Duration {
        max_age.map_or(self.max_age, |own| own.min(self.max_age))
    }

    /// The age up to which an active answer serves in an outage; `None`: it doesn't.
    pub(crate) fn longest_stale(&self) -> Option<Duration> {
        let longest = self.max_age.saturating_add(self.serve_stale);
        (!self.serve_stale.is_zero()).then_some(longest)
    }

    /// How long an answer that was asked for by now may still be served somewhere.
    pub(crate) fn memory(&self, deadline: Duration) -> Duration {
        let longest = self.max_age.saturating_add(self.serve_stale);
        longest.saturating_add(deadline)
    }

    /// Whether `known` may be served where answers may be at most `longest` old.
    #[inline]
    pub(crate) fn serves(&self, known: &Introspection, longest: Duration, now: Moment) -> bool {
        let longest = match known {
            Introspection::Active(_) => longest,
            Introspection::Inactive(_) => longest.min(self.inactive_max_age),
        };
        known.age(now) < longest
    }

    #[inline]
    pub(crate) fn refreshes(&self, age: Duration) -> bool {
        self.refresh_after.is_some_and(|due| age >= due)
    }
}
