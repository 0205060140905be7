//! Where answers come from, and where they are stored.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Moment};
use crate::error::{Chain, Error, ErrorKind};
use crate::header::bearer_challenge::BearerChallenge;
use crate::lookup::cache::TokenCache;
use crate::lookup::cache_key::CacheKey;
use crate::lookup::evidence::{CacheResult, Evidence, UpstreamCall};
use crate::lookup::forgotten::{Asked, Forgotten};
use crate::lookup::freshness::Freshness;
use crate::lookup::keys::Keys;
use crate::lookup::outcome::Outcome;
use crate::lookup::pauses::Pauses;
use crate::lookup::remote::Remote;
use crate::lookup::stats::LookupCounters;
use crate::lookup::store_key::StoreKey;
use crate::protocol::Endpoint;
use crate::protocol::question::{Answer, Question};
use crate::telemetry::log_throttle::LogThrottle;
use crate::telemetry::metrics;
use crate::token::introspection::{ActiveToken, Inactive, Introspection};
use crate::token::stored::StoredAnswer;
use crate::upstream::call::Call;

/// Where answers come from: the cache, a remote store, and the authorization server.
pub(crate) struct Sources {
    pub(crate) freshness: Freshness,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cache: Arc<dyn TokenCache>,
    pub(crate) remote: Option<Remote>,
    pub(crate) endpoint: Arc<Endpoint>,
    pub(crate) keys: Keys,
    pub(crate) forgotten: Arc<Forgotten>,
    pub(crate) counters: LookupCounters,
    pub(crate) deadline: Duration,
    pub(crate) pauses: Pauses,
    pub(crate) throttle: LogThrottle<ErrorKind>,
}

/// When the authorization server was asked.
#[derive(Clone, Copy)]
pub(crate) struct Begun {
    /// The number of the last removal before.
    pub(crate) after: u64,
    /// The time; only a remote store has to know.
    pub(crate) at: Option<Moment>,
}

impl Sources {
    pub(crate) fn begun(&self) -> Begun {
        Begun {
            after: self.forgotten.last(),
            at: self.remote.as_ref().map(|_| self.now()),
        }
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        self.clock.read()
    }

    /// The cache entry, if it is at most `longest` old and was not forgotten. `store_key` makes
    /// its key in a remote store.
    #[inline]
    pub(crate) fn cached(
        &self,
        key: &CacheKey,
        longest: Duration,
        now: Moment,
        store_key: impl FnOnce() -> StoreKey,
    ) -> Option<Introspection> {
        if longest.is_zero() {
            return None;
        }
        // Looked at in its place: to move it takes as long as to look at it.
        let found = self.cache.get(key);
        let known = found.as_ref()?;
        let longest = longest.min(self.forgotten.longest());
        match self.freshness.serves(known, longest, now) && self.still_counts(known, store_key) {
            true => found,
            false => None,
        }
    }

    /// The expired cache entry that may be served because the server can't be asked. A route
    /// that wants fresher answers than the others gets none.
    pub(crate) fn stale(
        &self,
        key: &CacheKey,
        max_age: Option<Duration>,
        error: &Error,
        store_key: impl FnOnce() -> StoreKey,
    ) -> Option<Arc<ActiveToken>> {
        let longest = self.freshness.longest_stale()?;
        if max_age.is_some() || !error.is_server_failure() {
            return None;
        }
        let longest = longest.min(self.forgotten.longest());
        let known = self.cache.get(key)?;
        match &known {
            Introspection::Active(token)
                if token.age(self.now()) < longest && self.still_counts(&known, store_key) =>
            {
                Some(token.clone())
            }
            _ => None,
        }
    }

    /// Whether `known` was not forgotten since it was asked for. Usually nothing was.
    #[inline]
    pub(crate) fn still_counts(
        &self,
        known: &Introspection,
        store_key: impl FnOnce() -> StoreKey,
    ) -> bool {
        let last = self.forgotten.last();
        if known.asked_after() == last {
            return true;
        }
        self.was_not_forgotten(known, last, store_key())
    }

    /// Whether `known` is none of what was forgotten up to the removal `last`.
    #[cold]
    fn was_not_forgotten(&self, known: &Introspection, last: u64, store_key: StoreKey) -> bool {
        let names = self.keys.names(store_key, known);
        if self
            .forgotten
            .covers(Asked::After(known.asked_after()), names)
        {
            return false;
        }
        if let Introspection::Active(token) = known {
            // The next request needs to look no further.
            token.note_asked_after(last);
        }
        true
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
        asked: Begun,
        call: &Call,
    ) -> Outcome {
        if let Some(remote) = &self.remote
            && let Some(known) = Box::pin(self.fetch(remote, question, longest, call)).await
        {
            return Outcome::not_asked(Ok(Answer::Introspection(known)));
        }
        let answer = self.endpoint.ask(question, call).await;
        let answer = answer.map(|answer| answer.asked_for_after(asked.after));
        if let Err(error) = &answer {
            self.pauses.put(*key, error, self.clock.uptime());
            self.warn(error);
        }
        let suspended = matches!(&answer, Err(error) if error.kind() == ErrorKind::Suspended);
        let upstream = UpstreamCall::new(call.begun.elapsed(), call.retries(), suspended);
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

    /// The answer in a remote store, if it is fresh enough and was not forgotten since.
    async fn fetch(
        &self,
        remote: &Remote,
        question: &Question,
        longest: Duration,
        call: &Call,
    ) -> Option<Introspection> {
        let longest = longest.min(self.forgotten.longest());
        if longest.is_zero() {
            return None;
        }
        let key = self.keys.question_key(question);
        // The time left counts from a moment during the call. Counted from before it, an answer
        // never looks younger than it is, however late we learn of a removal or go on.
        let begun = self.now();
        let stored = remote.fetch(&key, call.begins_by()).await?;
        let last = self.forgotten.last();
        let known = stored.read(begun).ok()?;
        if !self.freshness.serves(&known, longest, self.now()) {
            return None;
        }
        let asked = Asked::At(known.received().uptime());
        if last > 0 && self.forgotten.covers(asked, self.keys.names(key, &known)) {
            return None;
        }
        Some(known.asked_for_after(last))
    }

    /// Caches what may be cached: never an error, a conflict, or an answer that was forgotten
    /// before it arrived. The future tells a remote store what did not come from there.
    pub(crate) fn keep(
        self: Arc<Self>,
        key: CacheKey,
        epoch: u64,
        question: &Question,
        asked: Begun,
        outcome: &Outcome,
    ) -> impl Future<Output = ()> + Send + use<> {
        let store_key = || self.keys.question_key(question);
        let kept = match &outcome.answer {
            _ if self.freshness.max_age.is_zero() => None,
            Ok(Answer::Introspection(known)) => Some(known.clone()),
            Ok(Answer::Refused(challenge)) => {
                let known = self.refused(&key, challenge);
                known.map(|known| known.asked_for_after(asked.after))
            }
            _ => None,
        };
        let kept = kept.filter(|known| self.still_counts(known, store_key));
        if let Some(known) = &kept {
            self.cache.insert(key, known.clone(), epoch);
            self.cache_changed();
        }
        let news = match (asked.at, kept) {
            (Some(asked), Some(Introspection::Active(token))) if outcome.was_asked() => {
                Some((store_key(), token, asked))
            }
            _ => None,
        };
        let shared = news.map(|(key, token, asked)| {
            Box::pin(async move { self.share(key, token, asked).await })
        });
        async move {
            if let Some(shared) = shared {
                shared.await;
            }
        }
    }

    /// Tells the remote store an answer that was `asked` for.
    async fn share(&self, key: StoreKey, token: Arc<ActiveToken>, asked: Moment) {
        let lifetime = self.freshness.max_age;
        let (Some(remote), Some(answer)) = (
            &self.remote,
            StoredAnswer::write(&token, asked, lifetime, self.now()),
        ) else {
            return;
        };
        remote.store(&key, answer).await;
        // What was forgotten while it was being stored is there again.
        if !self.still_counts(&Introspection::Active(token), || key) {
            let _ = remote.invalidate(&key).await;
        }
    }

    /// Tells the remote store what was forgotten.
    pub(crate) async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error> {
        let Some(remote) = &self.remote else {
            return Ok(());
        };
        let told = remote.invalidate(subject).await;
        if let Err(error) = &told
            && let Some(suppressed) = self.throttle.admit(error.kind(), self.clock.uptime())
        {
            let error = Chain(error);
            tracing::warn!(%error, suppressed, "other processes may not learn of an invalidation");
        }
        told
    }

    /// What a refusal says about the token, without the server's words. Any refusal ends what
    /// was known.
    fn refused(&self, key: &CacheKey, challenge: &BearerChallenge) -> Option<Introspection> {
        if challenge.error() == Some("invalid_token") {
            let received = self.now();
            return Some(Introspection::Inactive(Inactive::new(received)));
        }
        self.cache.remove(key);
        None
    }
}
