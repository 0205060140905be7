//! The work of a flight: one question to the authorization server.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::flight::{Load, Work};
use crate::lookup::cache_key::CacheKey;
use crate::lookup::outcome::Outcome;
use crate::lookup::sources::{Begun, Sources};
use crate::lookup::store_key::StoreKey;
use crate::protocol::question::{Answer, Question};
use crate::token::introspection::Introspection;
use crate::upstream::call::{Call, Priority};

/// The room for questions under way, in bytes: the tokens, and what else a question takes.
const MAX_LOAD: usize = 24 * 1024 * 1024;
const OVERHEAD: usize = 1536;

/// One question to the authorization server.
pub(crate) struct FlightWork {
    sources: Arc<Sources>,
    key: CacheKey,
    question: Arc<Question>,
    longest: Duration,
    purpose: Purpose,
    priority: Priority,
    /// The call, once the work begins.
    call: Option<Call>,
    /// When this request came, and then when the work began.
    begun: Begun,
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
        sources: Arc<Sources>,
        key: CacheKey,
        question: Arc<Question>,
        longest: Duration,
    ) -> Self {
        let priority = match sources.cache.get(&key) {
            Some(Introspection::Active(_)) => Priority::Known,
            _ => Priority::New,
        };
        let begun = sources.begun();
        Self {
            sources,
            key,
            question,
            longest,
            purpose: Purpose::Lookup,
            priority,
            call: None,
            begun,
        }
    }

    /// Replaces an answer that is still fresh; one from a remote store may be `longest` old.
    pub(crate) fn refresh(
        sources: Arc<Sources>,
        key: CacheKey,
        question: Arc<Question>,
        longest: Duration,
    ) -> Self {
        Self {
            purpose: Purpose::Refresh,
            ..Self::lookup(sources, key, question, longest)
        }
    }
}

impl Work for FlightWork {
    type Outcome = Outcome;

    fn ready(&self) -> Option<Outcome> {
        if self.purpose == Purpose::Refresh {
            return None;
        }
        let sources = &self.sources;
        let cached = match self.longest.is_zero() {
            true => None,
            false => {
                let now = sources.now();
                sources.cached(&self.key, self.longest, now, || self.store_key())
            }
        };
        let answer = match cached {
            Some(cached) => Ok(Answer::Introspection(cached)),
            None => Err(sources.pauses.get(&self.key, || sources.clock.uptime())?),
        };
        Some(Outcome::not_asked(answer))
    }

    fn begin(&self, now: Instant) -> Self {
        Self {
            sources: self.sources.clone(),
            question: self.question.clone(),
            call: Some(self.new_call(now)),
            begun: self.sources.begun(),
            ..*self
        }
    }

    fn run(&self, span: Span) -> impl Future<Output = Outcome> + Send {
        let Self {
            sources,
            key,
            question,
            longest,
            begun,
            ..
        } = self;
        // What is logged on the way belongs to the request that started it.
        async move {
            let late;
            let call = match &self.call {
                Some(call) => call,
                None => {
                    late = self.new_call(Instant::now());
                    &late
                }
            };
            let outcome = sources.ask(key, question, *longest, *begun, call).await;
            match self.purpose {
                Purpose::Lookup if call.was_sent() => sources.counters.miss(),
                Purpose::Lookup => {}
                Purpose::Refresh => sources.counters.refreshed(),
            }
            outcome
        }
        .instrument(span)
    }

    fn complete(self, outcome: &Outcome, epoch: u64) -> impl Future<Output = ()> + Send + 'static {
        let Self {
            sources,
            key,
            question,
            begun,
            ..
        } = self;
        sources.keep(key, epoch, &question, begun, outcome)
    }

    /// What was sent is paid for, and its answer is worth keeping.
    fn is_abandonable(&self) -> bool {
        self.purpose == Purpose::Lookup && !self.call.as_ref().is_some_and(|call| call.was_sent())
    }

    fn load(&self) -> Load {
        let limit = match self.priority {
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
        self.sources.cache.epoch(&self.key)
    }

    fn joined(&self) {
        self.sources.counters.joined();
    }

    /// An answer that another request got may be too old for this one: it came from a remote
    /// store, or was asked for before it was forgotten.
    fn accepts(&self, outcome: &Outcome) -> bool {
        let Ok(Answer::Introspection(known)) = &outcome.answer else {
            return true;
        };
        let is_fresh = outcome.was_asked() || {
            let now = self.sources.now();
            self.sources.freshness.serves(known, self.longest, now)
        };
        let was_forgotten = known.asked_after() < self.begun.after
            && !self.sources.still_counts(known, || self.store_key());
        is_fresh && !was_forgotten
    }
}

impl FlightWork {
    fn new_call(&self, now: Instant) -> Call {
        Call::new(self.priority, self.key.hash(), now, self.sources.deadline)
    }

    fn store_key(&self) -> StoreKey {
        self.sources.keys.question_key(&self.question)
    }
}
