//! Where answers come from, and where they are stored.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use crate::clock::{Clock, Moment};
use crate::error::{Chain, Error, ErrorKind};
use crate::header::bearer_challenge::BearerChallenge;
use crate::lookup::cache::TokenCache;
use crate::lookup::cache_key::CacheKey;
use crate::lookup::evidence::{CacheResult, Evidence, UpstreamCall};
use crate::lookup::freshness::Freshness;
use crate::lookup::outcome::Outcome;
use crate::lookup::pauses::Pauses;
use crate::lookup::stats::LookupCounters;
use crate::lookup::tombstones::Tombstones;
use crate::protocol::Endpoint;
use crate::protocol::question::{Answer, Question};
use crate::telemetry::log_throttle::LogThrottle;
use crate::telemetry::metrics;
use crate::token::introspection::{ActiveToken, Inactive, Introspection};
use crate::upstream::call::Call;

/// How many answers may be on their way to a remote store.
const MAX_STORES: usize = 64;

/// Where answers come from: the cache, a remote store, and the authorization server.
pub(crate) struct Sources {
    pub(crate) freshness: Freshness,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cache: Arc<dyn TokenCache>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) counters: LookupCounters,
    pub(crate) deadline: Duration,
    tombstones: Tombstones,
    pub(crate) pauses: Pauses,
    /// Bounds how many answers are on their way to a remote store.
    stores: Semaphore,
    throttle: LogThrottle<ErrorKind>,
}

impl Sources {
    pub(crate) fn new(
        freshness: Freshness,
        deadline: Duration,
        clock: Arc<dyn Clock>,
        cache: Arc<dyn TokenCache>,
        endpoint: Arc<Endpoint>,
    ) -> Self {
        Self {
            freshness,
            clock,
            cache,
            endpoint,
            counters: LookupCounters::default(),
            deadline,
            tombstones: Tombstones::default(),
            pauses: Pauses::new(),
            stores: Semaphore::new(MAX_STORES),
            throttle: LogThrottle::default(),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::read(&*self.clock)
    }

    /// The cache entry, if it is at most `longest` old.
    pub(crate) fn cached(
        &self,
        key: &CacheKey,
        longest: Duration,
        now: Moment,
    ) -> Option<Introspection> {
        if longest.is_zero() {
            return None;
        }
        let known = self.cache.get(key)?;
        self.freshness.serves(&known, longest, now).then_some(known)
    }

    /// The expired cache entry that may be served because the server can't be asked. A route
    /// that wants fresher answers than the others gets none.
    pub(crate) fn stale(
        &self,
        key: &CacheKey,
        max_age: Option<Duration>,
        error: &Error,
    ) -> Option<Arc<ActiveToken>> {
        let longest = self.freshness.longest_stale()?;
        if max_age.is_some() || !error.is_server_failure() {
            return None;
        }
        match self.cache.get(key)? {
            Introspection::Active(token) if token.age(self.now()) < longest => Some(token),
            _ => None,
        }
    }

    pub(crate) fn remove(&self, key: &CacheKey) {
        self.tombstones.forget(*key, self.now(), self.memory());
        self.cache.remove(key);
    }

    pub(crate) fn clear(&self) {
        self.tombstones.forget_all(self.now());
        self.cache.clear();
    }

    /// How long an answer that was asked for by now may still turn up somewhere.
    fn memory(&self) -> Duration {
        let Freshness {
            max_age,
            serve_stale,
            ..
        } = self.freshness;
        max_age
            .saturating_add(serve_stale)
            .saturating_add(self.deadline)
    }

    pub(crate) fn cache_changed(&self) {
        if let Some(entries) = self.cache.entries() {
            metrics::cache_entries(entries.active, entries.inactive);
        }
    }

    pub(crate) async fn ask(
        &self,
        key: &CacheKey,
        question: &Question,
        longest: Duration,
        call: &Call,
    ) -> Outcome {
        let begun = Instant::now();
        if let Some(known) = self.fetch(key, longest, call).await {
            return Outcome::not_asked(Ok(Answer::Introspection(known)));
        }
        let answer = self.endpoint.ask(question, call).await;
        if let Err(error) = &answer {
            self.pauses.put(*key, error, self.clock.uptime());
            self.warn(error);
        }
        let upstream = UpstreamCall {
            latency: begun.elapsed(),
            retries: call.retries(),
            suspended: matches!(&answer, Err(error) if error.kind() == ErrorKind::Suspended),
        };
        let evidence = Evidence {
            cache: Some(CacheResult::Miss),
            upstream: Some(upstream),
        };
        Outcome { answer, evidence }
    }

    /// The one warning about trouble with the authorization server. The error says what to do,
    /// where anything can be done here.
    pub(crate) fn warn(&self, error: &Error) {
        let kind = error.kind();
        if let Some(suppressed) = self.throttle.admit(kind, self.clock.uptime()) {
            tracing::warn!(?kind, error = %Chain(error), suppressed, "tokens cannot be checked");
        }
    }

    /// The entry in a remote store, if it is fresh enough and was not forgotten since.
    async fn fetch(&self, key: &CacheKey, longest: Duration, call: &Call) -> Option<Introspection> {
        if longest.is_zero() {
            return None;
        }
        let fetched = timeout_at(call.begins_by(), self.cache.fetch(key)).await;
        let known = fetched.ok().flatten()?;
        let serves = self.freshness.serves(&known, longest, self.now());
        (serves && !self.tombstones.covers(key, &known)).then_some(known)
    }

    /// Caches what may be cached: never an error, never a conflict. The future tells a remote
    /// store what did not come from there: that may have been forgotten.
    pub(crate) fn keep(
        self: Arc<Self>,
        key: CacheKey,
        epoch: u64,
        outcome: &Outcome,
    ) -> impl Future<Output = ()> + Send + use<> {
        let kept = match &outcome.answer {
            _ if self.freshness.max_age.is_zero() => None,
            Ok(Answer::Introspection(known)) => Some(known.clone()),
            Ok(Answer::Refused(challenge)) => self.refused(&key, challenge),
            _ => None,
        };
        if let Some(known) = &kept {
            self.cache.insert(key, known.clone(), epoch);
            self.cache_changed();
        }
        let news = kept.filter(|_| outcome.was_asked());
        let forgotten = self.tombstones.count();
        async move {
            let Some(known) = news else { return };
            // A store that is too slow to keep up gets fewer answers.
            let Ok(_place) = self.stores.try_acquire() else {
                return;
            };
            let _ = timeout(self.deadline, self.cache.store(&key, &known)).await;
            // What was forgotten while it was being stored is there again. Removing some other
            // entry by mistake costs no more than a call.
            if self.tombstones.count() != forgotten {
                self.cache.remove(&key);
            }
        }
    }

    /// What a refusal says about the token, without the server's words. Any refusal ends what
    /// was known.
    fn refused(&self, key: &CacheKey, challenge: &BearerChallenge) -> Option<Introspection> {
        if challenge.error() == Some("invalid_token") {
            let received = self.now();
            return Some(Introspection::Inactive(Inactive { received }));
        }
        self.cache.remove(key);
        None
    }
}
