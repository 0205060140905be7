//! Keeps the log readable when the same thing goes wrong with every request.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::ErrorKind;

/// Of errors of one kind, so long after one was logged, none is.
const PAUSE: Duration = Duration::from_secs(10);

/// Says which errors to log: of each kind, the first, and then one every ten seconds.
#[derive(Default)]
pub(crate) struct Quiet {
    kinds: Mutex<HashMap<ErrorKind, Logged>>,
}

struct Logged {
    at: Duration,
    unlogged: u64,
}

impl Quiet {
    /// `None` where an error of this kind was logged a moment ago; else how many were not
    /// logged since.
    pub(crate) fn admit(&self, kind: ErrorKind, now: Duration) -> Option<u64> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(logged) = kinds.get_mut(&kind) else {
            let first = Logged {
                at: now,
                unlogged: 0,
            };
            kinds.insert(kind, first);
            return Some(0);
        };
        if now < logged.at + PAUSE {
            logged.unlogged += 1;
            return None;
        }
        logged.at = now;
        Some(std::mem::take(&mut logged.unlogged))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_kind_is_logged_every_ten_seconds() {
        let quiet = Quiet::default();
        let at = Duration::from_millis;
        assert_eq!(quiet.admit(ErrorKind::Timeout, at(5)), Some(0));
        assert_eq!(quiet.admit(ErrorKind::Timeout, at(6)), None);
        assert_eq!(quiet.admit(ErrorKind::Unreachable, at(7)), Some(0));
        assert_eq!(quiet.admit(ErrorKind::Timeout, at(10_004)), None);
        assert_eq!(quiet.admit(ErrorKind::Timeout, at(10_005)), Some(2));
        assert_eq!(quiet.admit(ErrorKind::Timeout, at(10_006)), None);
    }
}
