//! How it is found out: seldom, and once for all who ask.

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout_at;

use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind};
use crate::flight::{Flights, Lost, Shared, Work};
use crate::health::{Finding, Health};
use crate::protocol::Endpoint;
use crate::telemetry::log_throttle::LogThrottle;
use crate::upstream::call::Call;

/// How long a finding holds. An endpoint for it is often open to strangers, who shall not
/// drive calls to the authorization server.
const HOLDS_FOR: Duration = Duration::from_secs(5);

/// Finds out, and remembers for a moment. Clones are one.
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

    pub(crate) async fn health(self) -> Health {
        if Handle::try_current().is_err() {
            return self.inner.failed(Error::configuration(
                "the check cannot be made outside a tokio runtime: await it within one",
            ));
        }
        let flight = self.inner.flights.outcome(&(), &self).await;
        match flight {
            Ok(Shared::Ready(health) | Shared::Joined(health) | Shared::Led(health)) => health,
            // Its runtime stands still.
            Err(Lost::Overdue) => self.inner.failed(Error::timeout()),
            // The HTTP backend panics, most likely, and would do so again.
            Err(_) => {
                let cut_off = Error::new(ErrorKind::Interrupted, "the check was cut off");
                let health = self.inner.failed(cut_off);
                self.inner.keep(&health);
                health
            }
        }
    }
}

impl Work for HealthCheck {
    type Outcome = Health;

    fn ready(&self) -> Option<Health> {
        self.inner.last()
    }

    async fn run(self) -> Health {
        let inner = &self.inner;
        let call = Call::own(inner.deadline);
        let outcome = timeout_at(call.ends_at(), inner.endpoint.check(&call)).await;
        inner.health(outcome.unwrap_or_else(|_| Err(Error::timeout())))
    }

    fn land(self, health: &Health, _: u64) -> impl Future<Output = ()> + Send + 'static {
        self.inner.keep(health);
        ready(())
    }
}

impl Inner {
    /// What was found a moment ago.
    fn last(&self) -> Option<Health> {
        let now = Moment::read(&*self.clock);
        let last = self.lock();
        let (found, health) = last.as_ref()?;
        (found.age(now) < HOLDS_FOR).then(|| health.clone())
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

    fn keep(&self, health: &Health) {
        for (subject, finding) in health.findings() {
            if let Some(error) = finding.error() {
                self.warn(error.kind(), subject, finding);
            }
        }
        *self.lock() = Some((Moment::read(&*self.clock), health.clone()));
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
