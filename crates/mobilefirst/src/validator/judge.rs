//! Turns the authorization server's answer into a verdict.

use crate::clock::Moment;
use crate::protocol::question::Answer;
use crate::scope::Scope;
use crate::token::introspection::Introspection;
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
        let permit = match answer {
            Answer::Introspection(Introspection::Active(token)) => Permit::fresh(token),
            Answer::Stale(token) => Permit::stale(token),
            Answer::Introspection(Introspection::Inactive(_)) => {
                return Err(Denial::invalid_token());
            }
            Answer::Conflict(value) => return Err(Denial::conflict(value)),
            Answer::Refused(challenge) => return Err(Denial::refused(&challenge)),
        };
        if !permit.token().is_current(now, self.limits.leeway) {
            return Err(Denial::invalid_token());
        }
        // Nobody checked the proof of possession (RFC 9449 §7.2).
        if permit.token().is_key_bound {
            return Err(Denial::invalid_token());
        }
        // Before the scope: a challenge would send the client for a token that is refused too.
        if self.limits.devices.refuses(permit.token()) {
            return Err(Denial::blocked_device());
        }
        if !permit.token().covers(&required) {
            return Err(Denial::insufficient_scope(&required));
        }
        Ok(permit.requiring(required))
    }
}
