//! Looking up what is known about a token: in the cache, or by asking the authorization server.

pub(crate) mod cache;
pub(crate) mod cache_key;
pub(crate) mod epochs;
pub(crate) mod evidence;
pub(crate) mod flight_work;
pub(crate) mod freshness;
pub(crate) mod memory_cache;
pub(crate) mod outcome;
pub(crate) mod pauses;
pub(crate) mod sources;
pub(crate) mod stats;
pub(crate) mod tombstones;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::debug_span;

use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind};
use crate::flight::{Flights, Lost, Role, Shared};
use crate::lookup::cache::TokenCache;
use crate::lookup::cache_key::{CacheKey, KeySpace};
use crate::lookup::evidence::CacheResult;
use crate::lookup::flight_work::FlightWork;
use crate::lookup::freshness::Freshness;
use crate::lookup::outcome::Outcome;
use crate::lookup::sources::Sources;
use crate::lookup::stats::CacheStats;
use crate::protocol::Endpoint;
use crate::protocol::question::{Answer, Question};
use crate::scope::Scope;
use crate::token::introspection::Introspection;
use crate::verdict::requirement::Requirement;

/// A flight ends at its deadline, and then it knows best why. A request that joined one gives up
/// this much later, in case the flight's runtime stands still.
const GRACE: Duration = Duration::from_millis(50);

/// Lookups of tokens. Clones share state.
#[derive(Clone)]
pub(crate) struct Lookup {
    inner: Arc<Inner>,
}

struct Inner {
    sources: Arc<Sources>,
    keys: KeySpace,
    flights: Flights<CacheKey, Outcome>,
}

/// A fresh entry in the cache.
pub(crate) struct Cached {
    pub(crate) introspection: Introspection,
    /// The entry is near its end, and this request is the one to start a refresh.
    pub(crate) is_refresh_due: bool,
}

impl Lookup {
    pub(crate) fn new(
        freshness: Freshness,
        deadline: Duration,
        clock: Arc<dyn Clock>,
        cache: Arc<dyn TokenCache>,
        keys: KeySpace,
        endpoint: Arc<Endpoint>,
    ) -> Self {
        let inner = Inner {
            sources: Arc::new(Sources::new(freshness, deadline, clock, cache, endpoint)),
            keys,
            flights: Flights::new(deadline.saturating_add(GRACE)),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.sources.clock
    }

    pub(crate) fn now(&self) -> Moment {
        self.inner.sources.now()
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.inner.sources.endpoint
    }

    /// The key for the credentials of a request, on a route that requires `scope`. Where the
    /// server checks the scope, its answer is good for that scope only. Spaces between two
    /// tokens make no difference, however many there are.
    pub(crate) fn key(&self, credentials: &[u8], scope: &Scope) -> CacheKey {
        if !self.endpoint().checks_scope() {
            return self.inner.keys.key(credentials, []);
        }
        let words = credentials.split(|byte| *byte == b' ');
        let tokens = words.filter(|word| !word.is_empty());
        let parts = tokens.chain([scope.as_str().as_bytes()]);
        self.inner.keys.key(b"", parts)
    }

    /// The cache entry, if it is fresh enough. Neither waits nor allocates.
    pub(crate) fn cached(
        &self,
        key: &CacheKey,
        required: &Requirement,
        now: Moment,
    ) -> Option<Cached> {
        let sources = &self.inner.sources;
        let longest = sources.freshness.longest(required.max_age);
        let introspection = sources.cached(key, longest, now)?;
        sources.counters.hit(key);
        let is_refresh_due = match &introspection {
            Introspection::Active(active) => {
                // Checked before the flag is set, or a request outside a runtime would use it up.
                sources.freshness.refreshes(active.age(now))
                    && Handle::try_current().is_ok()
                    && active.begin_refresh()
            }
            Introspection::Inactive(_) => false,
        };
        Some(Cached {
            introspection,
            is_refresh_due,
        })
    }

    /// Asks the authorization server: one call for everyone who waits for the same token.
    pub(crate) async fn ask(
        &self,
        key: CacheKey,
        question: Question,
        max_age: Option<Duration>,
    ) -> Outcome {
        let outcome = self.fresh(key, question, max_age).await;
        let Err(error) = &outcome.answer else {
            return outcome;
        };
        match self.inner.sources.stale(&key, max_age, error) {
            Some(token) => {
                self.inner.sources.counters.stale();
                Outcome {
                    answer: Ok(Answer::Stale(token)),
                    ..outcome.from(CacheResult::Stale)
                }
            }
            None => outcome,
        }
    }

    /// Asks ahead of time, in the background; says whether this request started it. Must be
    /// called within a runtime.
    pub(crate) fn refresh(&self, key: CacheKey, question: Question) -> bool {
        // What is due for a refresh here is due in a remote store too.
        let longest = self
            .inner
            .sources
            .freshness
            .refresh_after
            .unwrap_or_default();
        let work = FlightWork::refresh(self.inner.sources.clone(), key, question, longest);
        // It may outlive the request, whose spans must not stay open for it.
        let _entered = debug_span!(parent: None, "refresh").entered();
        matches!(self.inner.flights.join(key, work), Role::Led(_))
    }

    /// Forgets an access token: its entry, and any answer that is still on its way.
    pub(crate) fn forget(&self, token: &str) {
        // Entries that were checked for a scope have keys that can't be computed any more.
        if self.endpoint().checks_scope() {
            return self.forget_all();
        }
        let key = self.inner.keys.key(token.as_bytes(), []);
        let sources = &self.inner.sources;
        self.inner.flights.forget(&key, || sources.remove(&key));
        sources.cache_changed();
    }

    pub(crate) fn forget_all(&self) {
        let sources = &self.inner.sources;
        self.inner.flights.forget_all(|| sources.clear());
        sources.cache_changed();
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let sources = &self.inner.sources;
        sources.counters.read(&*sources.cache)
    }

    async fn fresh(&self, key: CacheKey, question: Question, max_age: Option<Duration>) -> Outcome {
        let Inner {
            sources, flights, ..
        } = &*self.inner;
        let longest = sources.freshness.longest(max_age);
        let work = FlightWork::lookup(sources.clone(), key, question, longest);
        match flights.outcome(&key, &work).await {
            Ok(Shared::Led(outcome)) => outcome,
            Ok(Shared::Ready(outcome)) => {
                sources.counters.joined();
                outcome.from(CacheResult::Joined)
            }
            Ok(Shared::Joined(outcome)) => outcome.from(CacheResult::Joined),
            Err(Lost::Overdue) => {
                Outcome::not_asked(Err(Error::timeout())).from(CacheResult::Joined)
            }
            Err(Lost::Full) => {
                sources.counters.not_sent();
                let error = Error::not_sent("too many tokens wait to be checked");
                sources.warn(&error);
                Outcome::not_asked(Err(error))
            }
            Err(Lost::CutOff) => Outcome::not_asked(Err(Error::new(
                ErrorKind::Interrupted,
                "the introspection was cut off",
            ))),
        }
    }
}
