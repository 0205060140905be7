//! An authorization server that is starting: its endpoints do not exist yet.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// How long a 404 may mean that the server is still starting. After that, the URL is wrong.
const STARTUP: Duration = Duration::from_secs(20);

/// Since when an endpoint has answered 404, without any other answer.
#[derive(Default)]
pub(crate) struct Startup(Mutex<Option<Duration>>);

impl Startup {
    /// The endpoint is there.
    pub(crate) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The error for a 404: an outage at first, and then `wrong`.
    pub(crate) fn not_found(&self, now: Duration, wrong: &'static str) -> Error {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *since.get_or_insert(now);
        if now.saturating_sub(since) < STARTUP {
            return Error::new(ErrorKind::ErrorStatus, wrong);
        }
        Error::invalid_response(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_404_is_an_outage_until_it_lasts() {
        let startup = Startup::default();
        let at = Duration::from_secs;
        let kind = |now| startup.not_found(at(now), "wrong").kind();
        assert_eq!(kind(5), ErrorKind::ErrorStatus);
        assert_eq!(kind(24), ErrorKind::ErrorStatus);
        assert_eq!(kind(25), ErrorKind::InvalidResponse);
        startup.end();
        assert_eq!(kind(26), ErrorKind::ErrorStatus);
    }
}
