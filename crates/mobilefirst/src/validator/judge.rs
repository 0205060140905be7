//! Turns the authorization server's answer into a verdict.

use std::sync::Arc;

use crate::clock::Moment;
use crate::protocol::question::Answer;
use crate::scope::Scope;
use crate::token::introspection::{ActiveToken, Introspection};
use crate::validator::Inner;
use crate::verdict::denial::Denial;
use crate::verdict::permit::Permit;

impl Inner {
    /// Decides by the authorization server's answer.
    pub(super) fn judge(
        &self,
        answer: Answer,
        required: Scope,
        now: Moment,
    ) -> Result<Permit, Denial> {
        match answer {
            Answer::Introspection(known) => self.judge_known(known, required, now),
            Answer::Stale(token) => {
                let permit = self.judge_token(token, required, now)?;
                Ok(permit.rests_on_a_stale_answer())
            }
            Answer::Conflict(value) => Err(Denial::conflict(value)),
            Answer::Refused(challenge) => Err(Denial::refused(&challenge)),
        }
    }

    #[inline]
    pub(super) fn judge_known(
        &self,
        known: Introspection,
        required: Scope,
        now: Moment,
    ) -> Result<Permit, Denial> {
        match known {
            Introspection::Active(token) => self.judge_token(token, required, now),
            Introspection::Inactive(_) => Err(Denial::invalid_token()),
        }
    }

    #[inline]
    fn judge_token(
        &self,
        token: Arc<ActiveToken>,
        required: Scope,
        now: Moment,
    ) -> Result<Permit, Denial> {
        if !token.is_current(now, self.limits.leeway) {
            return Err(Denial::invalid_token());
        }
        // Nobody checked the proof of possession (RFC 9449 §7.2).
        if token.is_key_bound {
            return Err(Denial::invalid_token());
        }
        // Before the scope: a challenge would send the client for a token that is refused too.
        if self.limits.devices.refuses(&token) {
            return Err(Denial::blocked_device());
        }
        if !token.covers(&required) {
            return Err(Denial::insufficient_scope(&required));
        }
        Ok(Permit::new(token, required))
    }
}
