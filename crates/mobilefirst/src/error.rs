//! What went wrong on our side: in the settings, or upstream.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A setting that cannot be used, or a call to the authorization server that failed.
///
/// [`kind`](Self::kind) says what, [`source`](StdError::source) says why.
/// Neither ever holds a token or a secret. Clones are cheap: all who waited for
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

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting cannot be used; the message says what to do.
    Configuration,
    /// No connection to the authorization server: refused, no such host, TLS failure.
    Unreachable,
    /// The connection ended before an answer came.
    Interrupted,
    /// The deadline passed before an answer came.
    Timeout,
    /// A gateway, or the authorization server itself, says that it cannot serve: 502, 503 or 504.
    Unavailable,
    /// The authorization server answered this one question with another 5xx status.
    ErrorStatus,
    /// The authorization server answered this one question with 429.
    TooManyRequests,
    /// The question was never sent: too many wait, or too little of the deadline was left.
    NotSent,
    /// Not asked: the authorization server failed a moment ago, or told us to wait.
    Suspended,
    /// The authorization server refuses our client's credentials.
    CredentialsRejected,
    /// The authorization server refuses the token that it issued to our client.
    OwnTokenRejected,
    /// The authorization server refuses our client the scope that it asks for.
    ScopeRejected,
    /// The authorization server's answer makes no sense.
    InvalidResponse,
}

impl Error {
    /// An error of this kind; `message` is for the operator and holds no secret.
    ///
    /// An implementation of [`HttpBackend`](crate::HttpBackend) reports its
    /// failures so.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::from_parts(kind, message.into(), None, None)
    }

    /// The same with what caused it. The cause's text must hold no secret either.
    pub fn with_source(
        kind: ErrorKind,
        message: impl Into<Cow<'static, str>>,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::from_parts(kind, message.into(), None, Some(source.into()))
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// How long the authorization server is left alone, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Whether the authorization server could not be asked, which is no fault of anyone's
    /// settings and will pass.
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

    /// A question that was never sent.
    pub(crate) fn not_sent(message: &'static str) -> Self {
        Self::new(ErrorKind::NotSent, message)
    }

    /// The deadline passed before an answer came.
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

    /// A refusal of the authorization server to serve for a while.
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
