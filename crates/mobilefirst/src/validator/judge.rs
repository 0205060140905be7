//! Turns the authorization server's answer into a verdict.

use crate::clock::Moment;
use crate::protocol::question::Answer;
use crate::token::introspection::Introspection;
use crate::validator::Inner;
use crate::verdict::denial::Denial;
use crate::verdict::permit::Permit;
use crate::verdict::requirement::Requirement;

impl Inner {
    /// Decides by the authorization server's answer.
    pub(super) fn judge(
        &self,
        answer: Answer,
        required: &Requirement,
        now: Moment,
    ) -> Result<Permit, Denial> {
        let permit = match answer {
            Answer::Introspection(Introspection::Active(token)) => Permit::fresh(token),
            Answer::Stale(token) => Permit::stale(token),
            Answer::Introspection(Introspection::Inactive(_)) => {
                return self.deny(Denial::invalid_token());
            }
            Answer::Conflict(value) => return self.deny(Denial::conflict(value)),
            Answer::Refused(challenge) => return self.deny(Denial::refused(&challenge)),
        };
        if !permit.token().is_current(now, self.limits.leeway) {
            return self.deny(Denial::invalid_token());
        }
        if !permit.token().covers(&required.scope) {
            return self.deny(Denial::insufficient_scope(&required.scope));
        }
        Ok(permit)
    }

    pub(super) fn deny(&self, denial: Denial) -> Result<Permit, Denial> {
        Err(match &self.error_body {
            Some(body) => {
                let body = body(&denial);
                denial.with_body(body)
            }
            None => denial,
        })
    }
}
