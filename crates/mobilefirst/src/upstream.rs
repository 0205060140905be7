//! Calls to the authorization server, and calm when it is in trouble.

pub(crate) mod breaker;
pub(crate) mod bulkhead;
pub(crate) mod call;
pub(crate) mod default_backend;
pub(crate) mod failure;
pub(crate) mod form;
pub(crate) mod http_backend;
#[cfg(feature = "reqwest")]
pub(crate) mod pem;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(feature = "opentelemetry")]
pub(crate) mod trace_context;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::field::Empty;
use tracing::{Instrument, Span, debug, debug_span};

use crate::clock::{Clock, Moment};
use crate::error::{Chain, Error, ErrorKind};
use crate::telemetry::metrics::Timing;
use crate::upstream::breaker::{Admission, Breaker, Report, Rules};
use crate::upstream::call::{Call, Target};
use crate::upstream::failure::Failure;
use crate::upstream::http_backend::HttpBackend;

type Outcome = Result<Response<Bytes>, Failure>;

/// A response, and when it came.
pub(crate) struct Received {
    pub(crate) response: Response<Bytes>,
    pub(crate) at: Moment,
}

/// The authorization server: one retry where that can help, and no call at all while it is known
/// to be down.
pub(crate) struct Upstream {
    backend: Arc<dyn HttpBackend>,
    clock: Arc<dyn Clock>,
    /// Counts how often the connections were renewed.
    connections: Mutex<u64>,
    /// Trouble of one endpoint says nothing about the other.
    token: Breaker,
    questions: Breaker,
}

impl Upstream {
    pub(crate) fn new(backend: Arc<dyn HttpBackend>, clock: Arc<dyn Clock>) -> Self {
        Self {
            backend,
            clock,
            connections: Mutex::default(),
            token: Breaker::new(Rules::OWN),
            questions: Breaker::new(Rules::CALLERS),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn now(&self) -> Moment {
        self.clock().read()
    }

    /// Sends what `request` makes, twice if need be, and waits until the call's deadline. A
    /// status that says that the server can't serve is an error.
    pub(crate) async fn send(
        &self,
        target: Target,
        call: &Call,
        request: impl Fn() -> Request<Bytes>,
    ) -> Result<Received, Error> {
        let now = Instant::now();
        if call.is_late(now) {
            return Err(Error::not_sent(
                "too little of the deadline was left for the authorization server",
            ));
        }
        let (pass, now) = match self.admit(target, call)? {
            Admission::Now(pass) => (pass, now),
            Admission::Later(pass, wait) => {
                Box::pin(timeout_at(call.begins_by(), sleep(wait)))
                    .await
                    .map_err(|_| {
                        Error::not_sent("the authorization server asked us to slow down (429)")
                    })?;
                (pass, Instant::now())
            }
        };
        let outcome = self.exchange(target, call, now, request).await;
        let ended = self.now();
        pass.report(
            ended.uptime(),
            match &outcome {
                Ok(_) => Report::Answered,
                Err(failure) => failure.report(),
            },
        );
        match outcome {
            Ok(response) => Ok(Received {
                response,
                at: ended,
            }),
            Err(failure) => Err(failure.into_error()),
        }
    }

    fn admit(&self, target: Target, call: &Call) -> Result<Admission<'_>, Error> {
        let breaker = match target {
            Target::Token => &self.token,
            Target::Introspection | Target::Validation => &self.questions,
        };
        let admission = breaker.admit(self.clock.uptime(), call.subject);
        admission.map_err(|pause| {
            Error::paused(
                ErrorKind::Suspended,
                "the authorization server is left alone for a moment: it failed, or asked for it",
                Some(pause),
            )
        })
    }

    /// Two attempts at most. A connection that was used before may be dead without anyone
    /// knowing, so the second attempt uses a new one, and only its failure says something about
    /// the server.
    async fn exchange(
        &self,
        target: Target,
        call: &Call,
        now: Instant,
        request: impl Fn() -> Request<Bytes>,
    ) -> Outcome {
        let used = *self.lock_connections();
        let attempt = |now| self.attempt(target, call, now, &request);
        let mut first = pin!(attempt(now));
        let silent_at = (now + call.share()).min(call.ends_at());
        let second = match timeout_at(silent_at, first.as_mut()).await {
            Ok(Err(Failure::Passing(error))) => {
                self.renew_connections(used);
                debug!(error = %Chain(&error), "trying once more");
                let pause = Duration::from_millis(fastrand::u64(20..100));
                let again = async {
                    sleep(pause).await;
                    attempt(Instant::now()).await
                };
                // Boxed, like all that is rare: every call has to carry the room for it around.
                Box::pin(timeout_at(call.ends_at(), again)).await
            }
            Ok(outcome) => return outcome,
            Err(_) if self.renew_connections(used) => {
                debug!("the server is silent: trying a new connection");
                let second = Box::pin(attempt(Instant::now()));
                Box::pin(timeout_at(call.ends_at(), either(first, second))).await
            }
            Err(_) => Box::pin(timeout_at(call.ends_at(), first)).await,
        };
        second.unwrap_or(Err(Failure::Silent))
    }

    /// Stops using the connections that were opened so far, unless that has happened since a
    /// call began that saw `used`. False where there is nothing to renew.
    fn renew_connections(&self, used: u64) -> bool {
        // Held until they are renewed: of many calls on dead connections one renews them, and
        // all of them try again.
        let mut renewals = self.lock_connections();
        if *renewals == used && self.backend.renew_connections() {
            *renewals += 1;
        }
        *renewals != used
    }

    fn lock_connections(&self) -> MutexGuard<'_, u64> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn attempt(
        &self,
        target: Target,
        call: &Call,
        now: Instant,
        request: &impl Fn() -> Request<Bytes>,
    ) -> Outcome {
        call.attempt();
        let span = debug_span!(
            "upstream",
            otel.kind = "client",
            target = target.as_str(),
            http.response.status_code = Empty,
        );
        let timing = Timing::begin(target.as_str(), now);
        // Passed on at once: the future of a request is small, and a request is not.
        let sent = span.in_scope(|| self.sent(request()));
        let outcome = self.judged(sent).instrument(span).await;
        timing.end(match &outcome {
            Err(failure) if failure.is_trouble() => "failed",
            _ => "answered",
        });
        outcome
    }

    fn sent<'a>(
        &'a self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, Error>> + Send + 'a {
        #[cfg(feature = "opentelemetry")]
        let request = {
            let mut request = request;
            self::trace_context::inject(request.headers_mut());
            request
        };
        self.backend.send(request)
    }

    async fn judged(&self, sent: impl Future<Output = Result<Response<Bytes>, Error>>) -> Outcome {
        match sent.await {
            Ok(response) => {
                Span::current().record("http.response.status_code", response.status().as_u16());
                Failure::judge(response, || self.clock.now())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(Failure::Passing(error)),
            Err(error) => Err(Failure::Lasting(error)),
        }
    }
}

/// The first answer of two attempts, or the second failure.
async fn either(
    mut first: Pin<&mut impl Future<Output = Outcome>>,
    mut second: Pin<Box<impl Future<Output = Outcome>>>,
) -> Outcome {
    let mut failed = [false; 2];
    poll_fn(|cx| {
        if !failed[0]
            && let Poll::Ready(outcome) = first.as_mut().poll(cx)
        {
            failed[0] = outcome.is_err();
            if !failed[0] || failed[1] {
                return Poll::Ready(outcome);
            }
        }
        if !failed[1]
            && let Poll::Ready(outcome) = second.as_mut().poll(cx)
        {
            failed[1] = outcome.is_err();
            // The new connection says more about the server than the old one.
            return Poll::Ready(outcome);
        }
        Poll::Pending
    })
    .await
}
