//! The way of a request: from its `Authorization` field to a verdict, at once or later.

use crate::header::authorization::{self, Bearer, Unusable};
use crate::lookup::cache_key::CacheKey;
use crate::lookup::evidence::{CacheResult, Evidence};
use crate::lookup::outcome::Outcome;
use crate::observe::decision_span::DecisionSpan;
use crate::protocol::question::Question;
use crate::validator::authorize::{Deciding, Judged, Report};
use crate::validator::{Inner, TokenValidator};
use crate::verdict::denial::Denial;
use crate::verdict::origin::{MaxAge, Origin};
use crate::verdict::permit::Permit;
use crate::verdict::requirement::Requirement;

impl TokenValidator {
    /// Decides about a request by its `Authorization` fields. `guard` is the permit that a guard
    /// left with it.
    #[inline]
    pub(super) fn decide(
        &self,
        guard: Option<&Permit>,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        required: Requirement,
    ) -> Deciding {
        let field = authorization::only(authorization);
        let field = match &field {
            Ok(field) => Ok(field.as_ref()),
            Err(unusable) => Err(*unusable),
        };
        self.decide_by(field, guard, required)
    }

    /// Decides by the only `Authorization` field, or by the lack of one.
    // Compiled once, whatever the types of fields and scopes. What is granted is built once, at
    // the end and in its place: each move of it takes as long as a step of the check.
    fn decide_by(
        &self,
        field: Result<&[u8], Unusable>,
        guard: Option<&Permit>,
        required: Requirement,
    ) -> Deciding {
        let inner = &self.inner;
        let lookup = &inner.lookup;
        let report = Report {
            span: DecisionSpan::begin(&inner.observers, &required.scope, lookup.clock()),
            error_body: inner.error_body.for_scope(&required.scope),
        };
        let credentials = match field.and_then(authorization::credentials) {
            Ok(credentials) => credentials,
            Err(unusable) => return refuse(unusable, report),
        };
        // Only credentials that were parsed once can be in the cache, so a cache hit needs
        // no parsing.
        let key = lookup.key(credentials, &required.scope);
        let now = lookup.now();
        if let Some(guard) = guard {
            let origin = inner.origin(&key, &required);
            if guard.stands_for(&origin) {
                let verdict = inner.judge_again(guard, &required.scope, origin, now);
                return Deciding::ready(verdict, CacheResult::Hit.into(), report);
            }
        }
        let Some(cached) = lookup.cached(&key, credentials, &required, now) else {
            return self.decide_later(credentials, key, required, report);
        };
        let cache = match cached.is_refresh_due && inner.refresh(key, credentials, &required) {
            true => CacheResult::Refreshed,
            false => CacheResult::Hit,
        };
        let origin = inner.origin(&key, &required);
        let verdict = inner.judge_known(cached.introspection, required.scope, origin, now);
        Deciding::ready(verdict, cache.into(), report)
    }

    /// Decides once the authorization server, or a remote store, has answered.
    #[cold]
    fn decide_later(
        &self,
        credentials: &[u8],
        key: CacheKey,
        required: Requirement,
        report: Report,
    ) -> Deciding {
        let question = match self.inner.parse(credentials) {
            Ok(bearer) => Question::new(bearer, &required.scope),
            Err(unusable) => return refuse(unusable, report),
        };
        let origin = self.inner.origin(&key, &required);
        let inner = self.inner.clone();
        let work = async move {
            let Outcome { answer, evidence } =
                inner.lookup.ask(key, question, required.max_age).await;
            let verdict = match answer {
                Ok(answer) => inner.judge(answer, required.scope, origin, inner.lookup.now()),
                Err(error) => Err(error.into()),
            };
            Judged { verdict, evidence }
        };
        Deciding::pending(work, report)
    }
}

/// Refuses a request whose token can't be used.
#[cold]
fn refuse(unusable: Unusable, report: Report) -> Deciding {
    let verdict = Err(Denial::unusable(unusable));
    Deciding::ready(verdict, Evidence::default(), report)
}

impl Inner {
    /// Describes the check that looks `key` up.
    #[inline]
    fn origin(&self, key: &CacheKey, required: &Requirement) -> Origin {
        Origin {
            validator: self.number,
            credentials: key.words(),
            max_age: MaxAge::of(required.max_age),
        }
    }

    fn parse<'a>(&self, credentials: &'a [u8]) -> Result<Bearer<'a>, Unusable> {
        let bearer = authorization::parse(credentials, self.limits.max_token_length)?;
        match self.lookup.endpoint().takes(&bearer) {
            true => Ok(bearer),
            false => Err(Unusable::Malformed),
        }
    }

    /// Refreshes a cached answer ahead of time. Returns whether this request started the
    /// refresh.
    #[cold]
    fn refresh(&self, key: CacheKey, credentials: &[u8], required: &Requirement) -> bool {
        let bearer = self.parse(credentials);
        bearer.is_ok_and(|bearer| {
            let question = Question::new(bearer, &required.scope);
            self.lookup.refresh(key, question)
        })
    }
}
