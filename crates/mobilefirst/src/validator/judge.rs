//! Turns the authorization server's answer into a verdict.

use std::sync::Arc;

use crate::clock::Moment;
use crate::protocol::question::Answer;
use crate::scope::Scope;
use crate::token::introspection::{ActiveToken, Introspection};
use crate::validator::Inner;
use crate::verdict::denial::Denial;
use crate::verdict::origin::Origin;
use crate::verdict::permit::Permit;

impl Inner {
    /// Decides by the authorization server's answer.
    pub(super) fn judge(
        &self,
        answer: Answer,
        required: Scope,
        origin: Origin,
        now: Moment,
    ) -> Result<Permit, Denial> {
        match answer {
            Answer::Introspection(known) => self.judge_known(known, required, origin, now),
            Answer::Stale(token) => {
                let permit = self.judge_token(token, required, origin, now)?;
                Ok(permit.rests_on_a_stale_answer())
            }
            Answer::Conflict(value) => Err(Denial::conflict(value)),
            Answer::Refused(challenge) => Err(Denial::refused(&challenge)),
        }
    }

    /// Judges by the answer that a guard's permit rests on, for the guard's scope and this one.
    pub(super) fn judge_again(
        &self,
        guard: &Permit,
        required: &Scope,
        origin: Origin,
        now: Moment,
    ) -> Result<Permit, Denial> {
        let token = guard.shared().clone();
        let answer = match guard.is_stale() {
            true => Answer::Stale(token),
            false => Answer::Introspection(Introspection::Active(token)),
        };
        self.judge(answer, guard.required().and(required), origin, now)
    }

    #[inline(always)]
    pub(super) fn judge_known(
        &self,
        known: Introspection,
        required: Scope,
        origin: Origin,
        now: Moment,
    ) -> Result<Permit, Denial> {
        match known {
            Introspection::Active(token) => self.judge_token(token, required, origin, now),
            Introspection::Inactive(_) => Err(Denial::invalid_token()),
        }
    }

    // So that a hit's permit is built in its place.
    #[inline(always)]
    fn judge_token(
        &self,
        token: Arc<ActiveToken>,
        required: Scope,
        origin: Origin,
        now: Moment,
    ) -> Result<Permit, Denial> {
        match self.fault(&token, &required, now) {
            None => Ok(Permit::new(token, required).of_check(origin)),
            Some(denial) => Err(denial),
        }
    }

    /// Why the token does not suffice.
    #[inline]
    fn fault(&self, token: &ActiveToken, required: &Scope, now: Moment) -> Option<Denial> {
        if !token.is_current(now, self.limits.leeway) {
            return Some(Denial::invalid_token());
        }
        // Nobody checked the proof of possession (RFC 9449 §7.2).
        if token.is_key_bound {
            return Some(Denial::invalid_token());
        }
        // Before the scope: a challenge would send the client for a token that is refused too.
        if self.limits.devices.refuses(token) {
            return Some(Denial::blocked_device());
        }
        if !token.covers(required) {
            return Some(Denial::insufficient_scope(required));
        }
        None
    }
}
