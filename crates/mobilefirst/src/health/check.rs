//! How it is found out: seldom, and once for all who ask.

use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;

use super::{Finding, Health, Trouble};
use crate::cache::flight::{Boarding, Flights};
use crate::clock::{Clock, Moment};
use crate::endpoint::Endpoint;
use crate::quiet::Quiet;
use crate::upstream::timeout;
use crate::{Error, ErrorKind};

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
    quiet: Quiet,
}

impl HealthCheck {
    pub(crate) fn new(endpoint: Arc<Endpoint>, clock: Arc<dyn Clock>, deadline: Duration) -> Self {
        let inner = Inner {
            endpoint,
            clock,
            deadline,
            last: Mutex::default(),
            flights: Flights::new(),
            quiet: Quiet::default(),
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
        // A flight has this deadline too; but its runtime may have been left standing.
        match tokio::time::timeout(self.inner.deadline, self.found()).await {
            Ok(health) => health,
            Err(_) => self.inner.failed(timeout()),
        }
    }

    async fn found(&self) -> Health {
        // A flight is cut off where its runtime is shut down: then this one begins
        // another. Or else where the HTTP backend panics, which it is likely to do again.
        for _ in 0..2 {
            let (worker, keeper) = (self.inner.clone(), self.inner.clone());
            let boarding = self.inner.flights.board(
                (),
                || self.inner.last(),
                || async move { worker.find_out().await },
                move |health| {
                    keeper.keep(health);
                    ready(())
                },
            );
            match boarding {
                Boarding::Landed(health) => return health,
                Boarding::Joined(flight) | Boarding::Begun(flight) => {
                    if let Some(health) = flight.outcome().await {
                        return health;
                    }
                }
            }
        }
        let cut_off = Error::new(ErrorKind::Interrupted, "the check was cut off");
        let health = self.inner.failed(cut_off);
        self.inner.keep(&health);
        health
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

    async fn find_out(&self) -> Health {
        let outcome = tokio::time::timeout(self.deadline, self.endpoint.check()).await;
        self.health(outcome.unwrap_or_else(|_| Err(Trouble::Server(timeout()))))
    }

    fn failed(&self, error: Error) -> Health {
        self.health(Err(Trouble::Server(error)))
    }

    fn health(&self, outcome: Result<(), Trouble>) -> Health {
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
        if let Some(unlogged) = self.quiet.admit(kind, self.clock.uptime()) {
            tracing::warn!(?kind, unlogged, "{subject}: {finding}");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Moment, Health)>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
