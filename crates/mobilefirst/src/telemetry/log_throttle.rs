//! Keeps the log readable when the same thing goes wrong with every request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Minimum interval between log lines with the same key.
const INTERVAL: Duration = Duration::from_secs(10);

/// Decides what is logged: at most one line per key every ten seconds.
pub(crate) struct LogThrottle<K> {
    keys: Mutex<HashMap<K, Logged>>,
}

struct Logged {
    at: Duration,
    suppressed: u64,
}

impl<K: Eq + Hash> LogThrottle<K> {
    /// How many lines were suppressed since the last one with this key; `None` where this one
    /// is suppressed too.
    pub(crate) fn admit(&self, key: K, now: Duration) -> Option<u64> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(logged) = keys.get_mut(&key) else {
            let first = Logged {
                at: now,
                suppressed: 0,
            };
            keys.insert(key, first);
            return Some(0);
        };
        if now < logged.at + INTERVAL {
            logged.suppressed += 1;
            return None;
        }
        logged.at = now;
        Some(std::mem::take(&mut logged.suppressed))
    }
}

impl<K> Default for LogThrottle<K> {
    fn default() -> Self {
        Self {
            keys: Mutex::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_logged_at_most_every_ten_seconds() {
        let throttle = LogThrottle::default();
        let at = Duration::from_millis;
        assert_eq!(throttle.admit("timeout", at(5)), Some(0));
        assert_eq!(throttle.admit("timeout", at(6)), None);
        assert_eq!(throttle.admit("unreachable", at(7)), Some(0));
        assert_eq!(throttle.admit("timeout", at(10_004)), None);
        assert_eq!(throttle.admit("timeout", at(10_005)), Some(2));
        assert_eq!(throttle.admit("timeout", at(10_006)), None);
    }
}
