//! Dates in milliseconds since the epoch.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The end of a `lifetime` that begins at `now`, saturating.
pub(crate) fn after(now: u64, lifetime: Duration) -> u64 {
    let lifetime = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
    now.saturating_add(lifetime)
}

/// Milliseconds since the epoch; 0 for earlier dates.
pub(crate) fn milliseconds(date: SystemTime) -> u64 {
    let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
