//! Tokens that the authorization server asked us not to ask about for a while.

use std::time::Duration;

use quick_cache::sync::Cache;

use crate::error::{Error, ErrorKind};
use crate::lookup::cache_key::CacheKey;

/// How many are remembered.
const CAPACITY: usize = 1024;

/// `Retry-After`, RFC 9110 §10.2.3, by token: what the server says about one token does not stop
/// the others.
pub(crate) struct Pauses(Cache<CacheKey, (Duration, ErrorKind)>);

impl Pauses {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CAPACITY))
    }

    /// Remembers the pause that the answer about `key` asked for, if it did.
    pub(crate) fn put(&self, key: CacheKey, error: &Error, now: Duration) {
        let Some(pause) = error.retry_after() else {
            return;
        };
        // A suspended call has a pause too, but the server said nothing about this token.
        if error.kind() != ErrorKind::Suspended {
            self.0.insert(key, (now + pause, error.kind()));
        }
    }

    /// The error for a question that is not put, because the pause is not over.
    pub(crate) fn get(&self, key: &CacheKey, now: impl FnOnce() -> Duration) -> Option<Error> {
        let (until, kind) = self.0.get(key)?;
        let now = now();
        if until <= now {
            self.0.remove(key);
            return None;
        }
        Some(Error::paused(
            kind,
            "the authorization server asked not to be asked about this token for a while",
            Some(until - now),
        ))
    }
}
