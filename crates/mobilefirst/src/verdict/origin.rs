//! Which check a permit comes from.

use std::time::Duration;

/// The check that a permit is the result of, so that a later one about the same request need
/// not ask again.
#[derive(Clone, Copy)]
pub(crate) struct Origin {
    /// The number of the validator that made the check.
    pub(crate) validator: u64,
    /// The key of the credentials that it was about.
    pub(crate) credentials: [u64; 2],
    /// What the route allowed, in place of the validator's own maximum.
    pub(crate) max_age: Option<Duration>,
}

impl Origin {
    /// Whether a check that this one stands for would have been at most as strict.
    ///
    /// Without a maximum of its own, a check may rest on an older answer, or on a stale one.
    /// It proves nothing to one that has a maximum, whatever the age of its answer was.
    #[inline]
    pub(crate) fn stands_for(&self, later: &Self) -> bool {
        let is_fresh_enough = match (self.max_age, later.max_age) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(kept), Some(asked)) => kept <= asked,
        };
        self.validator == later.validator
            && self.credentials == later.credentials
            && is_fresh_enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(validator: u64, credentials: u64, max_age: Option<u64>) -> Origin {
        Origin {
            validator,
            credentials: [credentials, 0],
            max_age: max_age.map(Duration::from_secs),
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
            ((2, 1, None), (1, 1, None), false),
            ((1, 2, None), (1, 1, None), false),
        ] {
            let [one, other] = [earlier, later].map(|(v, c, age)| origin(v, c, age));
            assert_eq!(one.stands_for(&other), stands, "{earlier:?} / {later:?}");
        }
    }
}
