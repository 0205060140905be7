//! How fresh an answer must be.

use std::time::Duration;

use crate::clock::Moment;
use crate::introspection::Introspection;

/// How old an answer may get, and how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Freshness {
    pub(crate) max_age: Duration,
    pub(crate) inactive_max_age: Duration,
    pub(crate) serve_stale: Duration,
    /// The age at which a token in use is asked about ahead of time; `None`: never.
    pub(crate) refresh_after: Option<Duration>,
    pub(crate) deadline: Duration,
}

impl Freshness {
    /// A route can only shorten what the validator allows.
    pub(super) fn longest(&self, max_age: Option<Duration>) -> Duration {
        max_age.map_or(self.max_age, |own| own.min(self.max_age))
    }

    /// Whether what is known is fresh enough where it may be `longest` old.
    pub(super) fn serves(&self, known: &Introspection, longest: Duration, now: Moment) -> bool {
        let longest = match known {
            Introspection::Active(_) => longest,
            Introspection::Inactive(_) => longest.min(self.inactive_max_age),
        };
        known.age(now) < longest
    }

    pub(super) fn refreshes(&self, age: Duration) -> bool {
        self.refresh_after.is_some_and(|due| age >= due)
    }
}
