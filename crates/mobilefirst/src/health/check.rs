//! Runs the check: at most one at a time, with a result that is shared and cached.

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tracing::Span;

use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind};
use crate::flight::{Flights, Lost, Shared, Work};
use crate::health::{Finding, Health};
use crate::protocol::Endpoint;
use crate::telemetry::log_throttle::LogThrottle;
use crate::upstream::call::Call;

/// How long a result is cached. A health endpoint is often public, and callers must not be
/// able to trigger calls to the authorization server at will.
const MAX_AGE: Duration = Duration::from_secs(5);

/// Checks the authorization server, and caches the result. Clones share state.
#[derive(Clone)]
pub(crate) struct HealthCheck {
    inner: Arc<Inner>,
}

struct Inner {
    endpoint: Arc<Endpoint>,
    clock: Arc<dyn Clock>,
    deadline: Duration,
    last: Mutex<Option<(Moment, Health)>>,
    flights: Flights<(), Health>,
    throttle: LogThrottle<ErrorKind>,
}

impl HealthCheck {
    pub(crate) fn new(endpoint: Arc<Endpoint>, clock: Arc<dyn Clock>, deadline: Duration) -> Self {
        let inner = Inner {
            endpoint,
            clock,
            deadline,
            last: Mutex::default(),
            flights: Flights::new(deadline),
            throttle: LogThrottle::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Forgets the last result, so that the next check asks.
    pub(crate) fn forget(&self) {
        *self.inner.lock() = None;
    }

    pub(crate) async fn health(self) -> Health {
        if Handle::try_current().is_err() {
            return self.inner.failed(Error::configuration(
                "the check cannot run outside a tokio runtime: await it within one",
            ));
        }
        let flight = self.inner.flights.outcome(&(), &self).await;
        match flight {
            Ok(Shared::Ready(health) | Shared::Joined(health) | Shared::Led(health)) => health,
            // Its runtime stands still.
            Err(Lost::Overdue) => self.inner.failed(Error::timeout()),
            // Most likely the HTTP backend panicked, and would panic again: cache that.
            Err(_) => {
                let interrupted = Error::new(ErrorKind::Interrupted, "the check was interrupted");
                let health = self.inner.failed(interrupted);
                self.inner.record(&health);
                health
            }
        }
    }
}

impl Work for HealthCheck {
    type Outcome = Health;

    fn ready(&self) -> Option<Health> {
        self.inner.cached()
    }

    fn begin(&self, _: Instant) -> Self {
        self.clone()
    }

    async fn run(&self, _: Span) -> Health {
        let inner = &self.inner;
        let call = Call::own(inner.deadline);
        let outcome = timeout_at(call.ends_at(), inner.endpoint.check(&call)).await;
        inner.health(outcome.unwrap_or_else(|_| Err(Error::timeout())))
    }

    fn complete(self, health: &Health, _: u64) -> impl Future<Output = ()> + Send + 'static {
        self.inner.record(health);
        ready(())
    }
}

impl Inner {
    /// Returns the last result, unless it is too old.
    fn cached(&self) -> Option<Health> {
        let now = self.clock.read();
        let last = self.lock();
        let (checked_at, health) = last.as_ref()?;
        (checked_at.age(now) < MAX_AGE).then(|| health.clone())
    }

    fn failed(&self, error: Error) -> Health {
        self.health(Err(error))
    }

    fn health(&self, outcome: Result<(), Error>) -> Health {
        match self.endpoint.has_credentials() {
            true => Health::with_credentials(outcome),
            false => Health::without_credentials(outcome),
        }
    }

    /// Logs a failure, and caches the result.
    fn record(&self, health: &Health) {
        for (subject, finding) in health.findings() {
            if let Some(error) = finding.error() {
                self.warn(error.kind(), subject, finding);
            }
        }
        *self.lock() = Some((self.clock.read(), health.clone()));
    }

    fn warn(&self, kind: ErrorKind, subject: &str, finding: &Finding) {
        if let Some(suppressed) = self.throttle.admit(kind, self.clock.uptime()) {
            tracing::warn!(?kind, suppressed, "{subject}: {finding}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Moment, Health)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
