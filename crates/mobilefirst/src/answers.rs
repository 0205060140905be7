//! What is known about a token: from the cache, or by asking.

mod asking;
mod freshness;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing::{Instrument, debug_span};

use self::asking::{Found, Landing};
pub(crate) use self::freshness::Freshness;
use crate::bearer::{self, Bearer};
use crate::cache::flight::{Boarding, Flights};
use crate::cache::{CacheKey, CacheStats, Counters, KeySpace, TokenCache};
use crate::clock::{Clock, Moment};
use crate::endpoint::{Answer, Endpoint, Question};
use crate::introspection::Introspection;
use crate::observer::Evidence;
use crate::quiet::Quiet;
use crate::upstream::timeout;
use crate::{CacheResult, Error, ErrorKind, Requirement, Scope, metrics};

/// A flight ends at its deadline, and knows best why. Whoever joined one gives up this much
/// later, in case that its runtime stands still.
const GRACE: Duration = Duration::from_millis(50);

/// What came of asking.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    /// An answer that is fresh enough.
    Fresh(Answer),
    /// The server cannot be asked; this is what it said last.
    Stale(Introspection),
}

/// The same, and how it was come by.
pub(crate) struct Asked {
    pub(crate) outcome: Result<Known, Error>,
    pub(crate) evidence: Evidence,
}

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
    flights: Flights<CacheKey, Landing>,
    endpoint: Arc<Endpoint>,
    counters: Counters,
    /// How often something was forgotten.
    forgotten: AtomicU64,
    quiet: Quiet,
}

impl Answers {
    pub(crate) fn new(
        freshness: Freshness,
        clock: Arc<dyn Clock>,
        cache: Arc<dyn TokenCache>,
        keys: KeySpace,
        endpoint: Arc<Endpoint>,
    ) -> Self {
        let inner = Inner {
            freshness,
            clock,
            cache,
            keys,
            flights: Flights::new(),
            endpoint,
            counters: Counters::default(),
            forgotten: AtomicU64::new(0),
            quiet: Quiet::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
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
    ) -> Option<(Introspection, CacheResult)> {
        let known = self.inner.look(key, required.max_age, now)?;
        self.inner.counters.hit(key);
        if let Introspection::Active(active) = &known
            && self.inner.freshness.refreshes(active.age(now))
            && active.begin_refresh()
            && self.refresh(*key, credentials, &required.scope)
        {
            return Some((known, CacheResult::Refreshed));
        }
        Some((known, CacheResult::Hit))
    }

    /// Asks the authorization server: one call for all who wait for the same token.
    pub(crate) async fn ask(
        &self,
        key: CacheKey,
        question: Question,
        max_age: Option<Duration>,
    ) -> Asked {
        let (landing, cache) = self.fresh(key, &Arc::new(question), max_age).await;
        let mut evidence = Evidence {
            cache: Some(cache),
            upstream: landing.trip,
        };
        let outcome = match landing.outcome {
            Ok(Found::Told(answer)) => Ok(Known::Fresh(answer)),
            Ok(Found::Kept(known)) => Ok(Known::Fresh(Answer::Introspection(known))),
            Err(error) => match self.inner.stale(&key, max_age, &error) {
                Some(known) => {
                    self.inner.counters.stale();
                    evidence.cache = Some(CacheResult::Stale);
                    Ok(Known::Stale(known))
                }
                None => Err(error),
            },
        };
        Asked { outcome, evidence }
    }

    pub(crate) fn forget(&self, token: &str) {
        let Inner { endpoint, keys, .. } = &*self.inner;
        let Some(key) = endpoint.only_key(keys, token) else {
            return self.forget_all();
        };
        let forget = || {
            self.inner.forgotten.fetch_add(1, Ordering::SeqCst);
            self.inner.cache.remove(&key);
        };
        self.inner.flights.forget(&key, forget);
        metrics::cache_changed(&*self.inner.cache);
    }

    pub(crate) fn forget_all(&self) {
        let forget = || {
            self.inner.forgotten.fetch_add(1, Ordering::SeqCst);
            self.inner.cache.clear();
        };
        self.inner.flights.forget_all(forget);
        metrics::cache_changed(&*self.inner.cache);
    }

    pub(crate) fn stats(&self) -> CacheStats {
        self.inner.counters.read(&*self.inner.cache)
    }

    async fn fresh(
        &self,
        key: CacheKey,
        question: &Arc<Question>,
        max_age: Option<Duration>,
    ) -> (Landing, CacheResult) {
        let longest = self.inner.freshness.longest(max_age);
        let begun = Instant::now();
        let limit = self.inner.freshness.deadline.saturating_add(GRACE);
        // A flight is cut off only where its runtime is shut down, and brings too old an
        // answer only where another began it: then this request begins one of its own.
        for _ in 0..3 {
            let landed = || {
                let known = self.inner.look(&key, max_age, self.now())?;
                Some(Landing::of(Ok(Found::Kept(known))))
            };
            let (landing, cache) = match self.board(key, question.clone(), longest, landed) {
                Boarding::Landed(landing) => {
                    self.inner.counters.joined();
                    (Some(landing), CacheResult::Joined)
                }
                Boarding::Joined(flight) => {
                    self.inner.counters.joined();
                    let left = limit.saturating_sub(begun.elapsed());
                    let landing = tokio::time::timeout(left, flight.outcome()).await;
                    let gave_up = |_| Some(Landing::of(Err(timeout())));
                    (landing.unwrap_or_else(gave_up), CacheResult::Joined)
                }
                // Its deadline runs on this very runtime.
                Boarding::Begun(flight) => {
                    self.inner.counters.miss();
                    (flight.outcome().await, CacheResult::Miss)
                }
            };
            let Some(landing) = landing else {
                continue;
            };
            match &landing.outcome {
                Ok(Found::Kept(known))
                    if !self.inner.freshness.serves(known, longest, self.now()) => {}
                _ => return (landing, cache),
            }
        }
        let cut_off = Error::new(ErrorKind::Interrupted, "the introspection was cut off");
        (Landing::of(Err(cut_off)), CacheResult::Miss)
    }

    /// Asks ahead of time; nobody waits. What cannot begin here, a request begins later.
    fn refresh(&self, key: CacheKey, credentials: &[u8], scope: &Scope) -> bool {
        // They were parsed, and found to be within the limit, when they were asked about.
        let Ok(bearer) = bearer::parse(credentials, usize::MAX) else {
            return false;
        };
        let question = Arc::new(Question::new(bearer, scope));
        // What is due for a refresh here, is so in a store further away.
        let longest = self.inner.freshness.refresh_after.unwrap_or_default();
        // It may outlive the request, whose spans must not stay open for it.
        let _entered = debug_span!(parent: None, "refresh").entered();
        let begun = Handle::try_current().is_ok()
            && matches!(
                self.board(key, question, longest, || None),
                Boarding::Begun(_)
            );
        if begun {
            self.inner.counters.refreshed();
        }
        begun
    }

    fn board(
        &self,
        key: CacheKey,
        question: Arc<Question>,
        longest: Duration,
        landed: impl FnOnce() -> Option<Landing>,
    ) -> Boarding<Landing> {
        let (asker, keeper) = (self.inner.clone(), self.inner.clone());
        let ask = || async move { asker.ask(&key, &question, longest).await };
        self.inner.flights.board(
            key,
            landed,
            // What is logged on the way belongs to the request that began it.
            || ask().in_current_span(),
            move |landing| keeper.keep(key, &landing.outcome),
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
        self.freshness.serves(&known, longest, now).then_some(known)
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
}
