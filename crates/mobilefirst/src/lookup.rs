//! Looking up what is known about a token: in the cache, or by asking the authorization server.

pub(crate) mod cache;
pub(crate) mod cache_key;
pub(crate) mod epochs;
pub(crate) mod evidence;
pub(crate) mod flight_work;
pub(crate) mod forgotten;
pub(crate) mod freshness;
pub(crate) mod invalidation;
pub(crate) mod keys;
pub(crate) mod memory_cache;
pub(crate) mod outcome;
pub(crate) mod pauses;
pub(crate) mod remote;
pub(crate) mod remote_store;
pub(crate) mod sources;
pub(crate) mod stats;
pub(crate) mod store_key;
pub(crate) mod subject;

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tracing::debug_span;

use crate::clock::{Clock, Moment};
use crate::error::{Error, ErrorKind};
use crate::flight::{Flights, Lost, Role, Shared};
use crate::lookup::cache_key::CacheKey;
use crate::lookup::evidence::CacheResult;
use crate::lookup::flight_work::FlightWork;
use crate::lookup::invalidation::Invalidation;
use crate::lookup::outcome::Outcome;
use crate::lookup::sources::Sources;
use crate::lookup::stats::CacheStats;
use crate::lookup::store_key::StoreKey;
use crate::lookup::subject::Subject;
use crate::protocol::Endpoint;
use crate::protocol::question::{Answer, Question};
use crate::scope::Scope;
use crate::token::introspection::{ActiveToken, Introspection};
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
    flights: Flights<CacheKey, Outcome>,
}

/// A fresh entry in the cache.
pub(crate) struct Cached {
    pub(crate) introspection: Introspection,
    /// The entry is near its end, and this request is the one to start a refresh.
    pub(crate) is_refresh_due: bool,
}

/// Whether this request is the one to refresh what it found.
#[cold]
fn begins_refresh(active: &ActiveToken) -> bool {
    // Checked before the flag is set, or a request outside a runtime would use it up.
    Handle::try_current().is_ok() && active.begin_refresh()
}

impl Lookup {
    pub(crate) fn new(sources: Sources) -> Self {
        let patience = sources.deadline.saturating_add(GRACE);
        let inner = Inner {
            sources: Arc::new(sources),
            flights: Flights::new(patience),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.sources.clock
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        self.inner.sources.now()
    }

    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.inner.sources.endpoint
    }

    /// The key for the credentials of a request, on a route that requires `scope`.
    #[inline]
    pub(crate) fn key(&self, credentials: &[u8], scope: &Scope) -> CacheKey {
        self.inner.sources.keys.cache_key(credentials, scope)
    }

    /// The cache entry, if it is fresh enough. Neither waits nor allocates, unless something was
    /// forgotten since it was last used.
    #[inline]
    pub(crate) fn cached(
        &self,
        key: &CacheKey,
        credentials: &[u8],
        required: &Requirement,
        now: Moment,
    ) -> Option<Cached> {
        let sources = &self.inner.sources;
        let longest = sources.freshness.longest(required.max_age);
        let store_key = || sources.keys.store_key(credentials, &required.scope);
        let introspection = sources.cached(key, longest, now, store_key)?;
        sources.counters.hit();
        let is_refresh_due = match &introspection {
            Introspection::Active(active) => {
                sources.freshness.refreshes(active.age(now)) && begins_refresh(active)
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
        let question = Arc::new(question);
        let outcome = self.fresh(key, question.clone(), max_age).await;
        let Err(error) = &outcome.answer else {
            return outcome;
        };
        let sources = &self.inner.sources;
        let store_key = || sources.keys.question_key(&question);
        match sources.stale(&key, max_age, error, store_key) {
            Some(token) => {
                sources.counters.stale();
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
        let question = Arc::new(question);
        let work = FlightWork::refresh(self.inner.sources.clone(), key, question, longest);
        // It may outlive the request, whose spans must not stay open for it.
        let _entered = debug_span!(parent: None, "refresh").entered();
        matches!(self.inner.flights.join(&key, &work), Role::Led(_))
    }

    /// Forgets what is known about `subject`, and any answer that is still on its way.
    pub(crate) fn forget(&self, subject: Subject<'_>) -> Invalidation {
        let Inner { sources, flights } = &*self.inner;
        let name = sources.keys.subject(subject);
        if name == sources.keys.all {
            return self.forget_all();
        }
        let key = match subject {
            Subject::Token(token) => sources.keys.token_key(token),
            _ => None,
        };
        match key {
            // In one step, so that nobody joins a flight that has to be replaced. Validators that
            // share the cache see this too.
            Some(key) => flights.forget(&key, || {
                sources.forgotten.forget(name);
                sources.cache.remove(&key);
            }),
            None => sources.forgotten.forget(name),
        }
        sources.cache_changed();
        self.tell(name)
    }

    pub(crate) fn forget_all(&self) -> Invalidation {
        let Inner { sources, flights } = &*self.inner;
        flights.forget_all(|| {
            sources.forgotten.forget_all();
            sources.cache.clear();
        });
        sources.cache_changed();
        self.tell(sources.keys.all)
    }

    /// Tells the remote store, in the background, what was forgotten.
    fn tell(&self, subject: StoreKey) -> Invalidation {
        let sources = self.inner.sources.clone();
        if sources.remote.is_none() {
            return Invalidation::local();
        }
        Invalidation::begin(async move { sources.invalidate(&subject).await })
    }

    pub(crate) fn stats(&self) -> CacheStats {
        let sources = &self.inner.sources;
        sources.counters.read(&*sources.cache)
    }

    async fn fresh(
        &self,
        key: CacheKey,
        question: Arc<Question>,
        max_age: Option<Duration>,
    ) -> Outcome {
        let Inner { sources, flights } = &*self.inner;
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
