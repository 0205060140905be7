//! Errors on our side: in the settings, or upstream.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// An unusable setting, or a failed call to the authorization server.
///
/// [`kind`](Self::kind) says what went wrong, and [`source`](StdError::source) says why.
/// An error never contains a token or a secret. Cloning is cheap: requests that shared
/// one call share its error.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting is unusable; the message says how to fix it.
    Configuration,
    /// No connection to the authorization server: refused, unknown host, or TLS failure.
    Unreachable,
    /// The connection ended before an answer arrived.
    Interrupted,
    /// The deadline passed before an answer arrived.
    Timeout,
    /// A gateway, or the authorization server itself, answered that it cannot serve: 502, 503 or
    /// 504.
    Unavailable,
    /// The authorization server answered this one question with another 5xx status.
    ErrorStatus,
    /// The authorization server answered this one question with 429.
    TooManyRequests,
    /// The question was never sent: too many wait, or too little of the deadline was left.
    NotSent,
    /// The authorization server was not asked, because it failed recently or told us to wait.
    Suspended,
    /// The authorization server rejects our client's credentials.
    CredentialsRejected,
    /// The authorization server rejects the token that it issued to our client.
    OwnTokenRejected,
    /// The authorization server does not grant our client the scope it asks for.
    ScopeRejected,
    /// The authorization server's answer is invalid.
    InvalidResponse,
}

impl Error {
    /// Creates an error, such as an [`HttpBackend`](crate::HttpBackend) returns.
    ///
    /// The message is for the operator and must not contain a secret.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::from_parts(kind, message.into(), None, None)
    }

    /// Creates an error with its cause, whose text must not contain a secret either.
    pub fn with_source(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::from_parts(kind, message.into(), None, Some(source.into()))
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns how long the authorization server will not be asked, if known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Whether this is a temporary failure to get an answer, not a wrong setting.
    pub(crate) fn is_outage(&self) -> bool {
        matches!(
            self.inner.kind,
            ErrorKind::Unreachable
                | ErrorKind::Interrupted
                | ErrorKind::Timeout
                | ErrorKind::Unavailable
                | ErrorKind::ErrorStatus
                | ErrorKind::TooManyRequests
                | ErrorKind::NotSent
                | ErrorKind::Suspended
        )
    }

    /// Whether it is the authorization server that fails, for reasons that no caller can bring
    /// about: only then may an expired answer be served.
    pub(crate) fn is_server_failure(&self) -> bool {
        matches!(
            self.inner.kind,
            ErrorKind::Unreachable
                | ErrorKind::Interrupted
                | ErrorKind::Timeout
                | ErrorKind::Unavailable
                | ErrorKind::Suspended
        )
    }

    /// Creates the error for a question that was never sent.
    pub(crate) fn not_sent(message: &'static str) -> Self {
        Self::new(ErrorKind::NotSent, message)
    }

    /// Creates the error for a deadline that passed before an answer arrived.
    pub(crate) fn timeout() -> Self {
        Self::new(
            ErrorKind::Timeout,
            "the authorization server did not answer within the deadline",
        )
    }

    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn invalid_response(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InvalidResponse, message)
    }

    /// Creates the error for an authorization server that does not serve for a while.
    pub(crate) fn paused(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        retry_after: Option<Duration>,
    ) -> Self {
        Self::from_parts(kind, message.into(), retry_after, None)
    }

    fn from_parts(
        kind: ErrorKind,
        message: Cow<'static, str>,
        retry_after: Option<Duration>,
        source: Option<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                kind,
                message,
                retry_after,
                source,
            }),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("message", &self.inner.message)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.inner.source.as_deref()?;
        Some(source)
    }
}

/// An error with all its causes on one line, for a log.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn StdError);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
