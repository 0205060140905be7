//! Calls to the authorization server, and calm when it is in trouble.

pub(crate) mod breaker;
pub(crate) mod bulkhead;
pub(crate) mod default_backend;
pub(crate) mod form;
pub(crate) mod http_backend;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(feature = "opentelemetry")]
pub(crate) mod trace_context;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{HeaderMap, Request, Response, StatusCode};
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, debug_span};

use crate::clock::{Clock, Moment};
use crate::error::{Chain, Error, ErrorKind};
use crate::telemetry::metrics::Timing;
use crate::upstream::breaker::Breaker;
use crate::upstream::http_backend::HttpBackend;

/// A server may ask to be left alone for this long, not longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// What is called there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Token,
    Introspection,
    Validation,
}

impl Target {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Introspection => "introspection",
            Self::Validation => "validation",
        }
    }
}

/// How often a question was sent. It is counted while it is under way, so that it is known
/// too where a deadline cuts that off.
#[derive(Default)]
pub(crate) struct Attempts(AtomicU32);

impl Attempts {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn retries(&self) -> u32 {
        self.0.load(Ordering::Relaxed).saturating_sub(1)
    }
}

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
        target: Target,
        attempts: &Attempts,
        request: impl Fn() -> Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        let attempt = || self.attempt(target, attempts, request());
        match attempt().await {
            Err(Failure::Passing(error)) => {
                debug!(error = %Chain(&error), "trying once more");
                tokio::time::sleep(Duration::from_millis(fastrand::u64(20..100))).await;
                attempt().await.map_err(Failure::into_error)
            }
            outcome => outcome.map_err(Failure::into_error),
        }
    }

    async fn attempt(
        &self,
        target: Target,
        attempts: &Attempts,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Failure> {
        let pass = self
            .breaker
            .admit(self.clock())
            .map_err(|pause| Failure::Lasting(suspended(pause)))?;
        attempts.count();
        let span = debug_span!(
            "upstream",
            otel.kind = "client",
            target = target.as_str(),
            http.response.status_code = Empty,
        );
        let timing = Timing::begin(target.as_str());
        let outcome = self.call(request).instrument(span).await;
        match &outcome {
            Err(failure) if failure.is_trouble() => {
                timing.end("failed");
                pass.failed(failure.retry_after());
            }
            _ => {
                timing.end("answered");
                pass.succeeded();
            }
        }
        outcome
    }

    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
        #[cfg(feature = "opentelemetry")]
        let request = {
            let mut request = request;
            self::trace_context::inject(request.headers_mut());
            request
        };
        match self.backend.send(request).await {
            Ok(response) => self.judge(response),
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(Failure::Passing(error)),
            Err(error) => Err(Failure::Lasting(error)),
        }
    }

    fn judge(&self, response: Response<Bytes>) -> Result<Response<Bytes>, Failure> {
        let status = response.status();
        Span::current().record("http.response.status_code", status.as_u16());
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
