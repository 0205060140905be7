//! What is known about a token: from the cache, or by asking.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::bearer::{self, Bearer};
use crate::cache::flight::{Boarding, Flights};
use crate::cache::{CacheKey, CacheStats, Counters, KeySpace, TokenCache};
use crate::challenge::BearerChallenge;
use crate::clock::{Clock, Moment};
use crate::endpoint::{Answer, Endpoint, Question};
use crate::error::Chain;
use crate::introspection::{Inactive, Introspection};
use crate::upstream::timeout;
use crate::{Error, ErrorKind, Requirement, Scope};

/// How old an answer may get, and how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Freshness {
    pub(crate) max_age: Duration,
    pub(crate) inactive_max_age: Duration,
    pub(crate) serve_stale: Duration,
    /// The age at which a token in use is asked about ahead of time; `None`: never.
    pub(crate) refresh_after: Option<Duration>,
    pub(crate) deadline: Duration,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// An answer that is fresh enough.
    Fresh(Answer),
    /// The server cannot be asked; this is what it said last.
    Stale(Introspection),
}

type Outcome = Result<Answer, Error>;

/// The answers about tokens. Clones are one.
#[derive(Clone)]
pub(crate) struct Answers {
    inner: Arc<Inner>,
}

struct Inner {
    freshness: Freshness,
    clock: Arc<dyn Clock>,
    cache: Arc<dyn TokenCache>,
    keys: KeySpace,
    flights: Flights<CacheKey, Outcome>,
    endpoint: Endpoint,
    counters: Counters,
}

impl Answers {
    pub(crate) fn new(
        freshness: Freshness,
        clock: Arc<dyn Clock>,
        cache: Arc<dyn TokenCache>,
        keys: KeySpace,
        endpoint: Endpoint,
    ) -> Self {
        let inner = Inner {
            freshness,
            clock,
            cache,
            keys,
            flights: Flights::new(),
            endpoint,
            counters: Counters::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn now(&self) -> Moment {
        Moment::read(&*self.inner.clock)
    }

    /// The key for what a caller presented, as it was written, on a route with this scope.
    pub(crate) fn key(&self, credentials: &[u8], scope: &Scope) -> CacheKey {
        let Inner { endpoint, keys, .. } = &*self.inner;
        endpoint.key(keys, credentials, scope)
    }

    /// Whether it can be asked about tokens such as these.
    pub(crate) fn takes(&self, bearer: &Bearer<'_>) -> bool {
        self.inner.endpoint.takes(bearer)
    }

    /// What the cache holds, if it is fresh enough. Neither waits nor allocates.
    pub(crate) fn cached(
        &self,
        key: &CacheKey,
        credentials: &[u8],
        required: &Requirement,
        now: Moment,
    ) -> Option<Introspection> {
        let known = self.inner.look(key, required.max_age, now)?;
        self.inner.counters.hit(key);
        if let Introspection::Active(active) = &known
            && self.inner.freshness.refreshes(active.age(now))
            && active.begin_refresh()
        {
            self.refresh(*key, credentials, &required.scope);
        }
        Some(known)
    }

    /// Asks the authorization server: one call for all who wait for the same token.
    pub(crate) async fn ask(
        &self,
        key: CacheKey,
        question: Question,
        max_age: Option<Duration>,
    ) -> Result<Known, Error> {
        let outcome = self.fresh(key, &Arc::new(question), max_age).await;
        let error = match outcome {
            Ok(answer) => return Ok(Known::Fresh(answer)),
            Err(error) => error,
        };
        match self.inner.stale(&key, max_age, &error) {
            Some(known) => {
                self.inner.counters.stale();
                Ok(Known::Stale(known))
            }
            None => Err(error),
        }
    }

    pub(crate) fn forget(&self, token: &str) {
        let Inner { endpoint, keys, .. } = &*self.inner;
        let Some(key) = endpoint.only_key(keys, token) else {
            return self.forget_all();
        };
        let forget = || self.inner.cache.remove(&key);
        self.inner.flights.forget(&key, forget);
    }

    pub(crate) fn forget_all(&self) {
        let forget = || self.inner.cache.clear();
        self.inner.flights.forget_all(forget);
    }

    pub(crate) fn stats(&self) -> CacheStats {
        self.inner.counters.read(&*self.inner.cache)
    }

    async fn fresh(
        &self,
        key: CacheKey,
        question: &Arc<Question>,
        max_age: Option<Duration>,
    ) -> Outcome {
        // A flight is cut off only where its runtime is shut down: then this request
        // begins another.
        for _ in 0..3 {
            let landed = || {
                let known = self.inner.look(&key, max_age, self.now())?;
                Some(Ok(Answer::Introspection(known)))
            };
            match self.board(key, question.clone(), landed) {
                Boarding::Landed(outcome) => {
                    self.inner.counters.joined();
                    return outcome;
                }
                Boarding::Joined(flight) => {
                    self.inner.counters.joined();
                    if let Some(outcome) = flight.outcome().await {
                        return outcome;
                    }
                }
                Boarding::Begun(flight) => {
                    self.inner.counters.miss();
                    if let Some(outcome) = flight.outcome().await {
                        return outcome;
                    }
                }
            }
        }
        Err(Error::new(
            ErrorKind::Interrupted,
            "the introspection was cut off",
        ))
    }

    /// Asks ahead of time; nobody waits. What cannot begin here, a request begins later.
    fn refresh(&self, key: CacheKey, credentials: &[u8], scope: &Scope) {
        // They were parsed, and found to be within the limit, when they were asked about.
        let Ok(bearer) = bearer::parse(credentials, usize::MAX) else {
            return;
        };
        let question = Arc::new(Question::new(bearer, scope));
        if Handle::try_current().is_ok()
            && let Boarding::Begun(_) = self.board(key, question, || None)
        {
            self.inner.counters.refreshed();
        }
    }

    fn board(
        &self,
        key: CacheKey,
        question: Arc<Question>,
        landed: impl FnOnce() -> Option<Outcome>,
    ) -> Boarding<Outcome> {
        let (asker, keeper) = (self.inner.clone(), self.inner.clone());
        self.inner.flights.board(
            key,
            landed,
            || async move { asker.ask(&key, &question).await },
            move |outcome| keeper.keep(key, outcome),
        )
    }
}

impl Inner {
    fn look(
        &self,
        key: &CacheKey,
        max_age: Option<Duration>,
        now: Moment,
    ) -> Option<Introspection> {
        let longest = self.freshness.longest(max_age);
        if longest.is_zero() {
            return None;
        }
        let known = self.cache.get(key)?;
        let longest = match &known {
            Introspection::Active(_) => longest,
            Introspection::Inactive(_) => longest.min(self.freshness.inactive_max_age),
        };
        (known.age(now) < longest).then_some(known)
    }

    /// What may be served although it is too old, since the server cannot be asked. A
    /// route that wants fresher answers than the others gets none.
    fn stale(
        &self,
        key: &CacheKey,
        max_age: Option<Duration>,
        error: &Error,
    ) -> Option<Introspection> {
        let longest = self
            .freshness
            .max_age
            .saturating_add(self.freshness.serve_stale);
        if self.freshness.serve_stale.is_zero() || max_age.is_some() || !error.is_outage() {
            return None;
        }
        let known = self.cache.get(key)?;
        let is_active = matches!(known, Introspection::Active(_));
        let age = known.age(Moment::read(&*self.clock));
        (is_active && age < longest).then_some(known)
    }

    /// The work of a flight, within the deadline.
    async fn ask(&self, key: &CacheKey, question: &Question) -> Outcome {
        let work = async {
            match self.fetch(key).await {
                Some(known) => Ok(Answer::Introspection(known)),
                None => self.endpoint.ask(question).await,
            }
        };
        let outcome = tokio::time::timeout(self.freshness.deadline, work)
            .await
            .unwrap_or_else(|_| Err(timeout()));
        if let Err(error) = &outcome {
            tracing::error!(kind = ?error.kind(), error = %Chain(error), "a token cannot be checked");
        }
        outcome
    }

    /// What a store further away holds, if it is fresh enough.
    async fn fetch(&self, key: &CacheKey) -> Option<Introspection> {
        if self.freshness.max_age.is_zero() {
            return None;
        }
        let known = self.cache.fetch(key).await?;
        let longest = match &known {
            Introspection::Active(_) => self.freshness.max_age,
            Introspection::Inactive(_) => self.freshness.inactive_max_age,
        };
        (known.age(Moment::read(&*self.clock)) < longest).then_some(known)
    }

    /// Keeps what may be kept: never an error, never a conflict. The future tells a
    /// store further away.
    fn keep(self: Arc<Self>, key: CacheKey, outcome: &Outcome) -> impl Future<Output = ()> + use<> {
        let kept = match outcome {
            _ if self.freshness.max_age.is_zero() => None,
            Ok(Answer::Introspection(known)) => Some(known.clone()),
            Ok(Answer::Refused(challenge)) => self.refused(&key, challenge),
            _ => None,
        };
        if let Some(known) = &kept {
            self.cache.insert(key, known.clone());
        }
        async move {
            if let Some(known) = kept {
                self.cache.store(&key, &known).await;
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

impl Freshness {
    /// A route can only shorten what the validator allows.
    fn longest(&self, max_age: Option<Duration>) -> Duration {
        max_age.map_or(self.max_age, |own| own.min(self.max_age))
    }

    fn refreshes(&self, age: Duration) -> bool {
        self.refresh_after.is_some_and(|due| age >= due)
    }
}
