//! Which check a permit comes from.

use std::num::NonZeroU64;
use std::time::Duration;

/// The check that a permit is the result of, so that a later one about the same request need
/// not ask again.
// Every permit carries it, so it is kept small.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    /// The number of the validator that made the check.
    pub(crate) validator: NonZeroU64,
    /// The key of the credentials that it was about.
    pub(crate) credentials: [u64; 2],
    /// What the route allowed, in place of the validator's own maximum.
    pub(crate) max_age: MaxAge,
}

/// The maximum age that a route allows, in nanoseconds. Having none allows more than any.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MaxAge(u64);

impl Origin {
    /// Whether a check that this one stands for would have been at most as strict.
    ///
    /// Without a maximum of its own, a check may rest on an older answer, or on a stale one.
    /// It proves nothing to one that has a maximum, whatever the age of its answer was.
    #[inline]
    pub(crate) fn stands_for(&self, later: &Self) -> bool {
        self.validator == later.validator
            && self.credentials == later.credentials
            && self.max_age <= later.max_age
    }
}

impl MaxAge {
    const NONE: u64 = u64::MAX;

    /// Longer than 584 years is 584 years.
    #[inline]
    pub(crate) fn of(max_age: Option<Duration>) -> Self {
        let nanos = |age: Duration| u64::try_from(age.as_nanos()).unwrap_or(Self::NONE);
        Self(max_age.map_or(Self::NONE, |age| nanos(age).min(Self::NONE - 1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(validator: u64, credentials: u64, max_age: Option<u64>) -> Origin {
        Origin {
            validator: NonZeroU64::new(validator).unwrap(),
            credentials: [credentials, 0],
            max_age: MaxAge::of(max_age.map(Duration::from_secs)),
        }
    }

    #[test]
    fn only_a_check_that_was_as_strict_stands_for_another_g11() {
        for (earlier, later, stands) in [
            ((1, 1, None), (1, 1, None), true),
            ((1, 1, Some(0)), (1, 1, None), true),
            ((1, 1, Some(0)), (1, 1, Some(0)), true),
            ((1, 1, Some(5)), (1, 1, Some(9)), true),
            ((1, 1, Some(5)), (1, 1, Some(5)), true),
            ((1, 1, Some(5)), (1, 1, Some(4)), false),
            ((1, 1, Some(5)), (1, 1, Some(0)), false),
            ((1, 1, None), (1, 1, Some(0)), false),
            ((1, 1, None), (1, 1, Some(3600)), false),
            ((1, 1, None), (1, 1, Some(u64::MAX)), false),
            ((1, 1, Some(u64::MAX)), (1, 1, None), true),
            ((2, 1, None), (1, 1, None), false),
            ((1, 2, None), (1, 1, None), false),
        ] {
            let [one, other] = [earlier, later].map(|(v, c, age)| origin(v, c, age));
            assert_eq!(one.stands_for(&other), stands, "{earlier:?} / {later:?}");
        }
    }
}
