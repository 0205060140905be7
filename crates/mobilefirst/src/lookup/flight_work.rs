//! The work of a flight: asks the authorization server, and stores the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::clock::{Clock, Moment};
use crate::error::{Chain, Error, ErrorKind};
use crate::flight::Work;
use crate::header::bearer_challenge::BearerChallenge;
use crate::lookup::cache::TokenCache;
use crate::lookup::cache_key::CacheKey;
use crate::lookup::evidence::{CacheResult, Evidence, UpstreamCall};
use crate::lookup::freshness::Freshness;
use crate::lookup::outcome::Outcome;
use crate::lookup::stats::LookupCounters;
use crate::protocol::Endpoint;
use crate::protocol::question::{Answer, Question};
use crate::telemetry::log_throttle::LogThrottle;
use crate::telemetry::metrics;
use crate::token::introspection::{ActiveToken, Inactive, Introspection};
use crate::upstream::Attempts;

/// What lookups share: where answers are kept, and who is asked.
pub(crate) struct Store {
    pub(crate) freshness: Freshness,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cache: Arc<dyn TokenCache>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) counters: LookupCounters,
    deadline: Duration,
    /// How often something was forgotten.
    forgotten: AtomicU64,
    throttle: LogThrottle<ErrorKind>,
}

/// One question to the authorization server.
#[derive(Clone)]
pub(crate) struct FlightWork {
    store: Arc<Store>,
    key: CacheKey,
    question: Arc<Question>,
    longest: Duration,
    purpose: Purpose,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Lookup,
    /// The cached answer is still fresh, but it shall be replaced.
    Refresh,
}

impl FlightWork {
    /// Looks up what no request knows yet, at most `longest` old.
    pub(crate) fn lookup(
        store: Arc<Store>,
        key: CacheKey,
        question: Question,
        longest: Duration,
    ) -> Self {
        Self {
            store,
            key,
            question: Arc::new(question),
            longest,
            purpose: Purpose::Lookup,
        }
    }

    /// Replaces an answer that is still fresh; one from a remote store may be `longest` old.
    pub(crate) fn refresh(
        store: Arc<Store>,
        key: CacheKey,
        question: Question,
        longest: Duration,
    ) -> Self {
        Self {
            purpose: Purpose::Refresh,
            ..Self::lookup(store, key, question, longest)
        }
    }
}

impl Work for FlightWork {
    type Outcome = Outcome;

    fn ready(&self) -> Option<Outcome> {
        if self.purpose == Purpose::Refresh {
            return None;
        }
        let now = self.store.now();
        let cached = self.store.cached(&self.key, self.longest, now)?;
        Some(Outcome::not_asked(Ok(Answer::Introspection(cached))))
    }

    fn run(self) -> impl Future<Output = Outcome> + Send + 'static {
        match self.purpose {
            Purpose::Lookup => self.store.counters.miss(),
            Purpose::Refresh => self.store.counters.refreshed(),
        }
        // What is logged on the way belongs to the request that started it.
        let span = Span::current();
        async move {
            let Self {
                store,
                key,
                question,
                longest,
                ..
            } = self;
            store.ask(&key, &question, longest).await
        }
        .instrument(span)
    }

    fn land(self, outcome: &Outcome) -> impl Future<Output = ()> + Send + 'static {
        self.store.keep(self.key, outcome)
    }

    fn joined(&self) {
        self.store.counters.joined();
    }

    /// An answer that another request got from a remote store may be too old for this one.
    fn accepts(&self, outcome: &Outcome) -> bool {
        match &outcome.answer {
            Ok(Answer::Introspection(known)) if !outcome.was_asked() => {
                let now = self.store.now();
                self.store.freshness.serves(known, self.longest, now)
            }
            _ => true,
        }
    }
}

impl Store {
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
            forgotten: AtomicU64::new(0),
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
        if max_age.is_some() || !error.is_outage() {
            return None;
        }
        match self.cache.get(key)? {
            Introspection::Active(token) if token.age(self.now()) < longest => Some(token),
            _ => None,
        }
    }

    pub(crate) fn remove(&self, key: &CacheKey) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.remove(key);
    }

    pub(crate) fn clear(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.clear();
    }

    pub(crate) fn cache_changed(&self) {
        if let Some(entries) = self.cache.entries() {
            metrics::cache_entries(entries.active, entries.inactive);
        }
    }

    async fn ask(&self, key: &CacheKey, question: &Question, longest: Duration) -> Outcome {
        let attempts = Attempts::default();
        let begun = Instant::now();
        let work = async {
            match self.fetch(key, longest).await {
                Some(known) => Ok(Outcome::not_asked(Ok(Answer::Introspection(known)))),
                None => Err(self.endpoint.ask(question, &attempts).await),
            }
        };
        let answer = match tokio::time::timeout(self.deadline, work).await {
            Ok(Ok(stored)) => return stored,
            Ok(Err(answer)) => answer,
            Err(_) => Err(Error::timeout()),
        };
        if let Err(error) = &answer {
            self.warn(error);
        }
        let upstream = UpstreamCall {
            latency: begun.elapsed(),
            retries: attempts.retries(),
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
    fn warn(&self, error: &Error) {
        let kind = error.kind();
        if let Some(suppressed) = self.throttle.admit(kind, self.clock.uptime()) {
            tracing::warn!(?kind, error = %Chain(error), suppressed, "tokens cannot be checked");
        }
    }

    /// The entry in a remote store, if it is fresh enough.
    async fn fetch(&self, key: &CacheKey, longest: Duration) -> Option<Introspection> {
        if longest.is_zero() {
            return None;
        }
        let known = self.cache.fetch(key).await?;
        self.freshness
            .serves(&known, longest, self.now())
            .then_some(known)
    }

    /// Caches what may be cached: never an error, never a conflict. The future tells a remote
    /// store what did not come from there: that may have been forgotten.
    fn keep(
        self: Arc<Self>,
        key: CacheKey,
        outcome: &Outcome,
    ) -> impl Future<Output = ()> + Send + use<> {
        let kept = match &outcome.answer {
            _ if self.freshness.max_age.is_zero() => None,
            Ok(Answer::Introspection(known)) => Some(known.clone()),
            Ok(Answer::Refused(challenge)) => self.refused(&key, challenge),
            _ => None,
        };
        if let Some(known) = &kept {
            self.cache.insert(key, known.clone());
            self.cache_changed();
        }
        let news = kept.filter(|_| outcome.was_asked());
        let forgotten = self.forgotten.load(Ordering::SeqCst);
        async move {
            let Some(known) = news else { return };
            self.cache.store(&key, &known).await;
            // What was forgotten while it was being stored is there again. Removing some other
            // entry by mistake costs no more than a call.
            if self.forgotten.load(Ordering::SeqCst) != forgotten {
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
