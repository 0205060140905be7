//! Failed attempts: what they say about the server, and whether a second one may help.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Response, StatusCode};

use crate::error::{Error, ErrorKind};
use crate::upstream::breaker::Report;

/// Maximum pause that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A failed attempt.
pub(crate) enum Failure {
    /// A second attempt may help.
    Passing(Error),
    /// It would not.
    Lasting(Error),
    /// The deadline passed without an answer.
    Silent,
}

impl Failure {
    /// Makes an error of a status that says that the server can't serve.
    pub(crate) fn judge(
        response: Response<Bytes>,
        now: impl FnOnce() -> SystemTime,
    ) -> Result<Response<Bytes>, Self> {
        let status = response.status();
        if status == StatusCode::REQUEST_TIMEOUT {
            // RFC 9110 §15.5.9: the server closes an idle connection; another one will do.
            return Err(Self::Passing(answered(
                ErrorKind::Interrupted,
                status,
                None,
            )));
        }
        if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
            return Ok(response);
        }
        let pause = retry_after(response.headers(), now());
        // RFC 9110 §15.6: these come from a gateway, or pass by themselves. Any other status
        // answers this one question.
        Err(match status.as_u16() {
            502..=504 if pause.is_none() => {
                Self::Passing(answered(ErrorKind::Unavailable, status, pause))
            }
            502..=504 => Self::Lasting(answered(ErrorKind::Unavailable, status, pause)),
            429 => Self::Lasting(answered(ErrorKind::TooManyRequests, status, pause)),
            _ => Self::Lasting(answered(ErrorKind::ErrorStatus, status, pause)),
        })
    }

    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Passing(error) | Self::Lasting(error) => error,
            Self::Silent => Error::timeout(),
        }
    }

    /// What it says about the server.
    pub(crate) fn report(&self) -> Report {
        let (Self::Passing(error) | Self::Lasting(error)) = self else {
            return Report::Failed(None);
        };
        let pause = error.retry_after();
        match error.kind() {
            // An answer that makes no sense is no sign of a server that is down.
            ErrorKind::InvalidResponse => Report::Answered,
            ErrorKind::TooManyRequests => Report::TooMany(pause),
            ErrorKind::ErrorStatus => Report::ErrorStatus(pause),
            _ => Report::Failed(pause),
        }
    }

    /// Whether the attempt got no answer that can be used.
    pub(crate) fn is_trouble(&self) -> bool {
        let (Self::Passing(error) | Self::Lasting(error)) = self else {
            return true;
        };
        error.kind() != ErrorKind::InvalidResponse
    }
}

fn answered(kind: ErrorKind, status: StatusCode, pause: Option<Duration>) -> Error {
    let message = format!("the authorization server answered {status}");
    Error::paused(kind, message, pause)
}

/// RFC 9110 §10.2.3: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            date.duration_since(now).ok()?
        }
    };
    (!pause.is_zero()).then(|| pause.min(LONGEST_PAUSE))
}
