//! Checks of a request that a guard has let through already.

use crate::header::authorization;
use crate::lookup::evidence::CacheResult;
use crate::observe::decision_span::DecisionSpan;
use crate::protocol::question::Answer;
use crate::token::introspection::Introspection;
use crate::validator::TokenValidator;
use crate::validator::authorize::{Authorize, Judged};
use crate::verdict::origin::Origin;
use crate::verdict::permit::Permit;
use crate::verdict::requirement::{RequiredScope, Requirement};

/// # For adapters
impl TokenValidator {
    /// Decides like [`authorize`](Self::authorize), about a request that `guard` may have let
    /// through already: the permit that a guard left with this request.
    ///
    /// The two make one check. The guard's answer is judged again, at the current time and for
    /// this scope, without looking it up and without asking the authorization server, if the
    /// same validator gave that permit for the same credentials, and if the guard's maximum
    /// age was at most this [`MAX_AGE`](RequiredScope::MAX_AGE). Otherwise, the permit is
    /// ignored. In version 7, where an answer holds for one scope, that must be the same too.
    ///
    /// Observers are told of both decisions, of this one as a cache hit. If the request is
    /// refused for its scope, the challenge names the guard's scope as well, because the client
    /// SDKs get a token for exactly what the challenge names.
    ///
    /// # Errors
    ///
    /// Returns a [`Denial`](crate::Denial), like [`authorize`](Self::authorize).
    pub fn authorize_behind<S: RequiredScope>(
        &self,
        guard: Option<&Permit>,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Authorize<S> {
        self.judge_behind(guard, authorization, Requirement::of::<S>())
            .of()
    }

    /// Decides like [`authorize_scope`](Self::authorize_scope), about a request that `guard`
    /// may have let through already; see [`authorize_behind`](Self::authorize_behind).
    ///
    /// # Errors
    ///
    /// Returns a [`Denial`](crate::Denial), like [`authorize`](Self::authorize).
    pub fn authorize_scope_behind(
        &self,
        guard: Option<&Permit>,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        requirement: impl Into<Requirement>,
    ) -> Authorize {
        self.judge_behind(guard, authorization, requirement.into())
    }

    fn judge_behind(
        &self,
        guard: Option<&Permit>,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        required: Requirement,
    ) -> Authorize {
        let error_body = self.inner.error_body.for_scope(&required.scope);
        let verdict = match authorization::only(authorization) {
            Ok(field) => {
                let field = field.as_ref();
                let again = guard.and_then(|permit| self.judge_again(permit, field, &required));
                again.unwrap_or_else(|| self.judge_field(Ok(field), required))
            }
            Err(unusable) => self.judge_field(Err(unusable), required),
        };
        verdict.with_error_body(error_body)
    }

    /// Judges by the answer that `permit` rests on. `None` if that does not prove enough.
    fn judge_again(
        &self,
        permit: &Permit,
        field: &[u8],
        required: &Requirement,
    ) -> Option<Authorize> {
        let inner = &self.inner;
        let credentials = authorization::credentials(field).ok()?;
        let later = Origin {
            validator: inner.number,
            credentials: inner.lookup.key(credentials, &required.scope).words(),
            max_age: required.max_age,
        };
        if !permit.stands_for(&later) {
            return None;
        }
        let now = inner.lookup.now();
        let span = DecisionSpan::begin(&inner.observers, &required.scope, inner.lookup.clock());
        let token = permit.shared().clone();
        let answer = match permit.is_stale() {
            true => Answer::Stale(token),
            false => Answer::Introspection(Introspection::Active(token)),
        };
        let both = permit.required().and(&required.scope);
        let verdict = inner.judge(answer, both, now);
        let judged = Judged {
            verdict: verdict.map(|again| again.of_check(later)),
            evidence: CacheResult::Hit.into(),
        };
        Some(Authorize::ready(judged, span))
    }
}
