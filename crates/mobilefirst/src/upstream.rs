//! Calls to the authorization server, and calm when it is in trouble.

mod breaker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Request, Response, StatusCode};

use self::breaker::Breaker;
use crate::clock::{Clock, Moment};
use crate::{Error, ErrorKind, HttpBackend};

/// A server may ask to be left alone for this long, not longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// The authorization server: one retry where that can help, and none at all while it
/// is known to be down.
pub(crate) struct Upstream {
    backend: Arc<dyn HttpBackend>,
    clock: Arc<dyn Clock>,
    breaker: Breaker,
}

impl Upstream {
    pub(crate) fn new(backend: Arc<dyn HttpBackend>, clock: Arc<dyn Clock>) -> Self {
        Self {
            backend,
            clock,
            breaker: Breaker::default(),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::read(self.clock())
    }

    /// Sends what `request` makes, twice if need be. A status that says that the server
    /// cannot serve is an error.
    pub(crate) async fn send(
        &self,
        request: impl Fn() -> Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        match self.attempt(request()).await {
            Err(Failure::Passing(_)) => {
                tokio::time::sleep(Duration::from_millis(fastrand::u64(20..100))).await;
                self.attempt(request()).await.map_err(Failure::into_error)
            }
            outcome => outcome.map_err(Failure::into_error),
        }
    }

    async fn attempt(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        let pass = self
            .breaker
            .admit(self.clock())
            .map_err(|pause| Failure::Lasting(suspended(pause)))?;
        let outcome = match self.backend.send(request).await {
            Ok(response) => self.judge(response),
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(Failure::Passing(error)),
            Err(error) => Err(Failure::Lasting(error)),
        };
        match &outcome {
            Err(failure) if failure.is_trouble() => pass.failed(failure.retry_after()),
            _ => pass.succeeded(),
        }
        outcome
    }

    fn judge(&self, response: Response<Bytes>) -> Result<Response<Bytes>, Failure> {
        let status = response.status();
        if !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS {
            return Ok(response);
        }
        let retry_after = self.retry_after(response.headers());
        let error = Error::paused(
            ErrorKind::Unavailable,
            format!("the authorization server answered {status}"),
            retry_after,
        );
        // RFC 9110 §15.6: these come from a gateway, or pass by themselves.
        let passing = matches!(status.as_u16(), 502..=504) && retry_after.is_none();
        Err(if passing {
            Failure::Passing(error)
        } else {
            Failure::Lasting(error)
        })
    }

    /// RFC 9110 §10.2.3: seconds, or a date.
    fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let pause = match text.parse() {
            Ok(seconds) => Duration::from_secs(seconds),
            Err(_) => httpdate::parse_http_date(text)
                .ok()?
                .duration_since(self.clock.now())
                .ok()?,
        };
        (!pause.is_zero()).then(|| pause.min(LONGEST_PAUSE))
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").finish_non_exhaustive()
    }
}

/// The error at the end of a deadline.
pub(crate) fn timeout() -> Error {
    Error::new(
        ErrorKind::Timeout,
        "the authorization server did not answer within the deadline",
    )
}

fn suspended(pause: Duration) -> Error {
    Error::paused(
        ErrorKind::Suspended,
        "the authorization server is left alone for a moment: it failed, or asked for it",
        Some(pause),
    )
}

/// A failed attempt, by whether a second one may help.
enum Failure {
    Passing(Error),
    Lasting(Error),
}

impl Failure {
    fn error(&self) -> &Error {
        match self {
            Self::Passing(error) | Self::Lasting(error) => error,
        }
    }

    fn into_error(self) -> Error {
        match self {
            Self::Passing(error) | Self::Lasting(error) => error,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        self.error().retry_after()
    }

    /// An answer that makes no sense is no sign of a server that is down.
    fn is_trouble(&self) -> bool {
        self.error().kind() != ErrorKind::InvalidResponse
    }
}
