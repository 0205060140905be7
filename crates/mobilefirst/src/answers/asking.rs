//! The work of a flight: asks, and keeps what may be kept.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::Inner;
use crate::cache::CacheKey;
use crate::challenge::BearerChallenge;
use crate::clock::Moment;
use crate::endpoint::{Answer, Question};
use crate::error::Chain;
use crate::introspection::{Inactive, Introspection};
use crate::observer::Trip;
use crate::upstream::{Attempts, timeout};
use crate::{Error, ErrorKind, metrics};

/// What a flight brings.
#[derive(Clone)]
pub(super) struct Landing {
    pub(super) outcome: Result<Found, Error>,
    /// `None` where the server was not asked.
    pub(super) trip: Option<Trip>,
}

/// An answer, by where it comes from.
#[derive(Clone)]
pub(super) enum Found {
    /// Kept here or in a store further away: perhaps too old for some who wait for it.
    Kept(Introspection),
    /// Just told by the authorization server.
    Told(Answer),
}

impl Landing {
    /// What came without asking the server.
    pub(super) fn of(outcome: Result<Found, Error>) -> Self {
        Self {
            outcome,
            trip: None,
        }
    }
}

impl Inner {
    /// The work of a flight, within the deadline.
    pub(super) async fn ask(
        &self,
        key: &CacheKey,
        question: &Question,
        longest: Duration,
    ) -> Landing {
        let attempts = Attempts::default();
        let begun = Instant::now();
        let work = async {
            match self.fetch(key, longest).await {
                Some(known) => Ok(Found::Kept(known)),
                None => self
                    .endpoint
                    .ask(question, &attempts)
                    .await
                    .map(Found::Told),
            }
        };
        let outcome = tokio::time::timeout(self.freshness.deadline, work)
            .await
            .unwrap_or_else(|_| Err(timeout()));
        if let Err(error) = &outcome {
            self.warn(error);
        }
        let trip = Trip {
            latency: begun.elapsed(),
            retries: attempts.retries(),
            suspended: matches!(&outcome, Err(error) if error.kind() == ErrorKind::Suspended),
        };
        let was_asked = !matches!(outcome, Ok(Found::Kept(_)));
        Landing {
            outcome,
            trip: was_asked.then_some(trip),
        }
    }

    /// The one place where trouble with the authorization server is warned of. The error
    /// says what to do, where anything can be done here.
    fn warn(&self, error: &Error) {
        let kind = error.kind();
        if let Some(unlogged) = self.quiet.admit(kind, self.clock.uptime()) {
            tracing::warn!(?kind, error = %Chain(error), unlogged, "tokens cannot be checked");
        }
    }

    /// What a store further away holds, if it is fresh enough.
    async fn fetch(&self, key: &CacheKey, longest: Duration) -> Option<Introspection> {
        if longest.is_zero() {
            return None;
        }
        let known = self.cache.fetch(key).await?;
        let now = Moment::read(&*self.clock);
        self.freshness.serves(&known, longest, now).then_some(known)
    }

    /// Keeps what may be kept: never an error, never a conflict. The future tells a
    /// store further away what did not come from there: that may have forgotten it.
    pub(super) fn keep(
        self: Arc<Self>,
        key: CacheKey,
        outcome: &Result<Found, Error>,
    ) -> impl Future<Output = ()> + use<> {
        let (kept, is_news) = match outcome {
            _ if self.freshness.max_age.is_zero() => (None, false),
            Ok(Found::Told(Answer::Introspection(known))) => (Some(known.clone()), true),
            Ok(Found::Told(Answer::Refused(challenge))) => (self.refused(&key, challenge), true),
            Ok(Found::Kept(known)) => (Some(known.clone()), false),
            _ => (None, false),
        };
        if let Some(known) = &kept {
            self.cache.insert(key, known.clone());
            metrics::cache_changed(&*self.cache);
        }
        let told = kept.filter(|_| is_news);
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        async move {
            let Some(known) = told else { return };
            self.cache.store(&key, &known).await;
            // What was forgotten while it was being stored is there again. To remove
            // another entry than that one costs no more than a call.
            if self.forgotten.load(Ordering::SeqCst) != forgotten {
                self.cache.remove(&key);
            }
        }
    }

    /// What a refusal leaves to keep: that the token is not good, without the server's
    /// words. Any other refusal ends what was known.
    fn refused(&self, key: &CacheKey, challenge: &BearerChallenge) -> Option<Introspection> {
        if challenge.error() == Some("invalid_token") {
            let received = Moment::read(&*self.clock);
            return Some(Introspection::Inactive(Inactive { received }));
        }
        self.cache.remove(key);
        None
    }
}
