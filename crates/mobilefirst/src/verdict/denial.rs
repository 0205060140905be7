//! Refusals. No other module decides on a status.

mod own;

use std::fmt;
use std::sync::LazyLock;
use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::clock::{Clock, SystemClock};
use crate::error::{Error, ErrorKind};
use crate::header::authorization::Unusable;
use crate::header::bearer_challenge::BearerChallenge;
use crate::header::mfp_conflict::MFP_CONFLICT;
use crate::telemetry::log_throttle::LogThrottle;
use crate::verdict::error_body::ErrorBody;

/// A refusal, with the status and the header fields of the response to the caller.
///
/// An outage is a refusal too, so code that passes denials on fails closed. The response
/// reveals nothing about the authorization server. If the problem is on our side,
/// [`source`](std::error::Error::source) describes it to the operator.
///
/// ```
/// # use mobilefirst::Denial;
/// fn response(denial: &Denial) -> http::Response<String> {
///     let mut response = http::Response::new(String::new());
///     *response.status_mut() = denial.status();
///     response.headers_mut().extend(denial.headers());
///     response
/// }
/// ```
#[doc(alias = "unauthorized")]
#[doc(alias = "forbidden")]
#[doc(alias = "rejection")]
#[derive(Clone, Debug)]
pub struct Denial {
    reason: Reason,
    // Header and body are boxed because they are rare, and a verdict should stay small.
    header: Option<Box<(HeaderName, HeaderValue)>>,
    body: Option<Box<ErrorBody>>,
    cause: Option<Error>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request has no bearer token: 401 with a bare challenge (RFC 6750 §3).
    MissingToken,
    /// The `Authorization` field is malformed, or there are several: 400
    /// `invalid_request` (RFC 6750 §3.1).
    InvalidRequest,
    /// The token is inactive, expired or not valid yet: 401 `invalid_token`.
    InvalidToken,
    /// The token does not cover the required scope: 403 `insufficient_scope`.
    InsufficientScope,
    /// The device is blocked at the authorization server: 403 without a challenge, because
    /// no other token would help; see [`DevicePolicy`](crate::DevicePolicy).
    BlockedDevice,
    /// A handler refuses the caller: 403 without a challenge, because no other token would
    /// help.
    Forbidden,
    /// The client's state changed during the check, and it should retry: 409.
    Conflict,
    /// The authorization server is temporarily unavailable: 503.
    Unavailable,
    /// A setting is unusable, or the authorization server rejects our credentials or our
    /// own token: 500.
    Misconfigured,
    /// The authorization server's answer is invalid: 500.
    InvalidResponse,
}

impl Reason {
    /// Returns the status of the response.
    pub fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::MissingToken | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope | Self::BlockedDevice | Self::Forbidden => {
                StatusCode::FORBIDDEN
            }
            Self::Conflict => StatusCode::CONFLICT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Misconfigured | Self::InvalidResponse => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the reason as a word for logs and metrics: `missing_token`,
    /// `invalid_request`, `invalid_token`, `insufficient_scope`, `blocked_device`,
    /// `forbidden`, `conflict`, `unavailable`, `misconfigured` or `invalid_response`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingToken => "missing_token",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::BlockedDevice => "blocked_device",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
            Self::Unavailable => "unavailable",
            Self::Misconfigured => "misconfigured",
            Self::InvalidResponse => "invalid_response",
        }
    }
}

impl Denial {
    /// Returns why the request is refused.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.reason.status()
    }

    /// Returns the header fields of the response: one of `WWW-Authenticate`,
    /// `MFP-Conflict` and `Retry-After`, or none.
    pub fn headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        self.header.as_deref().cloned().into_iter()
    }

    /// Returns the body of the response, if
    /// [`error_body`](crate::TokenValidatorBuilder::error_body) is set.
    pub fn body(&self) -> Option<&ErrorBody> {
        self.body.as_deref()
    }

    /// Returns the error, if the problem is on our side.
    pub fn error(&self) -> Option<&Error> {
        self.cause.as_ref()
    }

    pub(crate) fn set_body(&mut self, body: ErrorBody) {
        self.body = Some(Box::new(body));
    }

    #[cold]
    pub(crate) fn unusable(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Missing => Self::missing_token(),
            Unusable::Malformed => Self::challenging(
                Reason::InvalidRequest,
                &BearerChallenge::new().with_error("invalid_request"),
            ),
        }
    }

    #[cold]
    pub(crate) fn invalid_token() -> Self {
        Self::challenging(
            Reason::InvalidToken,
            &BearerChallenge::new().with_error("invalid_token"),
        )
    }

    #[cold]
    pub(crate) fn blocked_device() -> Self {
        Self::new(Reason::BlockedDevice, None)
    }

    /// Creates a refusal from the authorization server's challenge. Its reason is never
    /// [`Reason::MissingToken`], since the request had a token.
    pub(crate) fn refused(challenge: &BearerChallenge) -> Self {
        let reason = match challenge.error() {
            Some("invalid_request") => Reason::InvalidRequest,
            Some("insufficient_scope") => Reason::InsufficientScope,
            _ => Reason::InvalidToken,
        };
        Self::challenging(reason, challenge)
    }

    pub(crate) fn conflict(value: HeaderValue) -> Self {
        Self::new(Reason::Conflict, Some((MFP_CONFLICT, value)))
    }

    fn challenging(reason: Reason, challenge: &BearerChallenge) -> Self {
        Self::new(
            reason,
            Some((WWW_AUTHENTICATE, challenge.to_header_value())),
        )
    }

    fn new(reason: Reason, header: Option<(HeaderName, HeaderValue)>) -> Self {
        Self {
            reason,
            header: header.map(Box::new),
            body: None,
            cause: None,
        }
    }
}

/// # For adapters
impl Denial {
    /// Refuses a request because the application registered no validator.
    ///
    /// Logs `advice` as an error, at most once every ten seconds. It says how to set up the
    /// validator.
    pub fn not_set_up(advice: &'static str) -> Self {
        static THROTTLE: LazyLock<LogThrottle<&str>> = LazyLock::new(LogThrottle::default);
        if let Some(suppressed) = THROTTLE.admit(advice, SystemClock.uptime()) {
            tracing::error!(suppressed, "every request is refused: {advice}");
        }
        Self::from(Error::configuration(advice))
    }
}

/// Turns a problem on our side into a 5xx status, never into an error of the caller.
impl From<Error> for Denial {
    fn from(error: Error) -> Self {
        let (reason, header) = match error.kind() {
            _ if error.is_outage() => {
                let pause = error.retry_after().unwrap_or_default();
                (Reason::Unavailable, Some((RETRY_AFTER, seconds(pause))))
            }
            ErrorKind::InvalidResponse => (Reason::InvalidResponse, None),
            _ => (Reason::Misconfigured, None),
        };
        Self {
            cause: Some(error),
            ..Self::new(reason, header)
        }
    }
}

/// Returns whole seconds, rounded up, at least one (RFC 9110 §10.2.3).
fn seconds(pause: Duration) -> HeaderValue {
    let whole = pause.as_millis().div_ceil(1000).max(1);
    HeaderValue::from(u64::try_from(whole).unwrap_or(u64::MAX))
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            Reason::MissingToken => "the request has no bearer token",
            Reason::InvalidRequest => "the `Authorization` field is malformed",
            Reason::InvalidToken => "the token is not valid",
            Reason::InsufficientScope => "the token does not cover the required scope",
            Reason::BlockedDevice => "the device is blocked at the authorization server",
            Reason::Forbidden => "a handler refuses the caller",
            Reason::Conflict => "the client's state changed during the check",
            Reason::Unavailable => "the authorization server is unavailable",
            Reason::Misconfigured => "this resource server is misconfigured",
            Reason::InvalidResponse => "the authorization server's answer is invalid",
        })
    }
}

impl std::error::Error for Denial {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let cause = self.cause.as_ref()?;
        Some(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_and_never_zero() {
        for (millis, text) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2"), (7000, "7")] {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
    }
}
