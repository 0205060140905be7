//! What goes wrong with the store.

mod advice;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Minimum interval between log lines about the same kind of trouble.
const INTERVAL: Duration = Duration::from_secs(10);

/// Why the store could not do what it should.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// It did not answer in time.
    Silent,
    /// The client library reports this.
    Failed(RedisError),
    /// It answered something that makes no sense.
    Nonsense,
    /// Its data are gone, or are those of another server.
    Replaced,
}

impl Trouble {
    /// One of a few words.
    pub(crate) fn kind(&self) -> &'static str {
        let Self::Failed(error) = self else {
            return match self {
                Self::Silent => "timeout",
                Self::Replaced => "replaced",
                _ => "invalid_response",
            };
        };
        if advice::about_tls(error).is_some() {
            return "tls";
        }
        match (error.kind(), error.code()) {
            (_, Some("OOM")) => "full",
            (_, Some("MISCONF")) => "read_only",
            (_, Some("WRONGPASS" | "NOAUTH")) => "authentication_failed",
            (ErrorKind::Server(ServerErrorKind::ReadOnly), _) => "read_only",
            (ErrorKind::Server(ServerErrorKind::BusyLoading), _) => "loading",
            (ErrorKind::Server(ServerErrorKind::NoPerm), _) => "no_permission",
            (ErrorKind::AuthenticationFailed, _) => "authentication_failed",
            (ErrorKind::InvalidClientConfig, _) => "invalid_configuration",
            (ErrorKind::Io, _) => "unreachable",
            (ErrorKind::Parse | ErrorKind::UnexpectedReturnType, _) => "invalid_response",
            _ => "failed",
        }
    }

    /// Whether the connection is of no use any more.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Failed(error) => {
                let kind = error.kind();
                error.is_unrecoverable_error()
                    || error.is_io_error()
                    || kind == ErrorKind::Server(ServerErrorKind::ReadOnly)
            }
            Self::Silent | Self::Nonsense | Self::Replaced => false,
        }
    }
}

impl From<RedisError> for Trouble {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            // The message of these quotes the answer.
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Self::Nonsense,
            _ => Self::Failed(error),
        }
    }
}

impl From<tokio::time::error::Elapsed> for Trouble {
    fn from(_: tokio::time::error::Elapsed) -> Self {
        Self::Silent
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("no answer in time"),
            Self::Failed(error) => match advice::about_tls(error) {
                Some(advice) => write!(f, "{error}: {advice}"),
                None => error.fmt(f),
            },
            Self::Nonsense => f.write_str("the answer cannot be read"),
            Self::Replaced => {
                f.write_str("the data were replaced, or another server is the master")
            }
        }
    }
}

/// Keeps the log readable: at most one line about each kind of trouble every ten seconds.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    logged: Mutex<HashMap<&'static str, (Instant, u64)>>,
}

impl Throttle {
    /// How many lines were suppressed since the last one of this kind; `None` where this one is
    /// suppressed too.
    pub(crate) fn admit(&self, kind: &'static str, now: Instant) -> Option<u64> {
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        match logged.get_mut(kind) {
            Some((at, suppressed)) if now.saturating_duration_since(*at) < INTERVAL => {
                *suppressed += 1;
                None
            }
            _ => {
                let last = logged.insert(kind, (now, 0));
                Some(last.map_or(0, |(_, suppressed)| suppressed))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_logged_at_most_every_ten_seconds() {
        let throttle = Throttle::default();
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        assert_eq!(throttle.admit("timeout", at(0)), Some(0));
        assert_eq!(throttle.admit("timeout", at(9999)), None);
        assert_eq!(throttle.admit("full", at(9999)), Some(0));
        assert_eq!(throttle.admit("timeout", at(10_000)), Some(1));
        assert_eq!(throttle.admit("timeout", at(10_001)), None);
    }

    #[test]
    fn what_the_store_answered_is_never_shown() {
        let value = redis::Value::SimpleString("a user's data".to_owned());
        let error = redis::from_redis_value::<u64>(value).unwrap_err();
        let trouble = Trouble::from(RedisError::from(error));
        assert!(!format!("{trouble} {trouble:?}").contains("user"));
        assert_eq!(trouble.kind(), "invalid_response");
    }
}
