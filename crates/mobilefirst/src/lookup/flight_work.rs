//! The work of a flight: asks the authorization server, and stores the answer.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument, Span};

use crate::clock::{Clock, Moment};
use crate::error::{Chain, Error, ErrorKind};
use crate::flight::{Load, Work};
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
use crate::upstream::call::{Call, Priority};

/// The room for questions under way, in bytes: the tokens, and what else a question takes.
const MAX_LOAD: usize = 24 * 1024 * 1024;
const OVERHEAD: usize = 1536;

/// How many answers may be on their way to a remote store.
const MAX_STORES: usize = 64;

/// What lookups share: where answers are kept, and who is asked.
pub(crate) struct Store {
    pub(crate) freshness: Freshness,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cache: Arc<dyn TokenCache>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) counters: LookupCounters,
    deadline: Duration,
    tombstones: Tombstones,
    pauses: Pauses,
    /// Bounds how many answers are on their way to a remote store.
    stores: Semaphore,
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
    call: Arc<Call>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Lookup,
    /// The cached answer is still fresh, but has to be replaced.
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
        let priority = match store.cache.get(&key) {
            Some(Introspection::Active(_)) => Priority::Known,
            _ => Priority::New,
        };
        let call = Call::new(priority, key.hash(), store.deadline);
        Self {
            store,
            key,
            question: Arc::new(question),
            longest,
            purpose: Purpose::Lookup,
            call: Arc::new(call),
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
        let cached = self.store.cached(&self.key, self.longest, now);
        let answer = match cached {
            Some(cached) => Ok(Answer::Introspection(cached)),
            None => Err(self.store.pauses.get(&self.key, now.uptime)?),
        };
        Some(Outcome::not_asked(answer))
    }

    fn run(self) -> impl Future<Output = Outcome> + Send + 'static {
        // What is logged on the way belongs to the request that started it.
        let span = Span::current();
        async move {
            let Self {
                store,
                key,
                question,
                longest,
                purpose,
                call,
                ..
            } = self;
            let outcome = store.ask(&key, &question, longest, &call).await;
            match purpose {
                Purpose::Lookup if call.was_sent() => store.counters.miss(),
                Purpose::Lookup => {}
                Purpose::Refresh => store.counters.refreshed(),
            }
            outcome
        }
        .instrument(span)
    }

    fn complete(self, outcome: &Outcome, epoch: u64) -> impl Future<Output = ()> + Send + 'static {
        self.store.keep(self.key, epoch, outcome)
    }

    /// What was sent is paid for, and its answer is worth keeping.
    fn is_abandonable(&self) -> bool {
        self.purpose == Purpose::Lookup && !self.call.was_sent()
    }

    fn load(&self) -> Load {
        let limit = match self.call.priority {
            Priority::New => MAX_LOAD,
            // A flood of new tokens leaves room for those that are known.
            Priority::Known | Priority::Own => 2 * MAX_LOAD,
        };
        Load {
            weight: self.question.len() + OVERHEAD,
            limit,
        }
    }

    fn epoch(&self) -> u64 {
        self.store.cache.epoch(&self.key)
    }

    fn begin(mut self) -> Self {
        let Call {
            priority, subject, ..
        } = *self.call;
        self.call = Arc::new(Call::new(priority, subject, self.store.deadline));
        self
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

    async fn ask(
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
    fn keep(
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
