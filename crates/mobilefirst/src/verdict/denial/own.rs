//! Refusals that handlers make.

use crate::header::bearer_challenge::BearerChallenge;
use crate::scope::Scope;
use crate::verdict::denial::{Denial, Reason};

/// # For checks of your own
///
/// These refusals have no body. A handler with a [`Permit`](crate::Permit) makes them from
/// that, and code without one passes them to
/// [`TokenValidator::deny`](crate::TokenValidator::deny), which add the body.
impl Denial {
    /// Refuses a caller whom no other token would help: 403 without a challenge, which the
    /// client SDKs pass to the app. Usually made with
    /// [`Permit::forbidden`](crate::Permit::forbidden).
    pub fn forbidden() -> Self {
        Self::new(Reason::Forbidden, None)
    }

    /// Refuses a caller whose token lacks a scope: 403 `insufficient_scope`, upon which the
    /// client SDKs get a token for `required` and call again (RFC 6750 §3.1). Usually made
    /// with [`Permit::insufficient_scope`](crate::Permit::insufficient_scope).
    ///
    /// `required` must be all that the request needs, including the scope of the route's
    /// guard: the SDKs get a token for exactly this scope. If it is empty, the refusal is
    /// [`forbidden`](Self::forbidden), because every token covers it.
    pub fn insufficient_scope(required: &Scope) -> Self {
        if required.as_str().is_empty() {
            return Self::forbidden();
        }
        Self::challenging(
            Reason::InsufficientScope,
            &BearerChallenge::new()
                .with_error("insufficient_scope")
                .with_scope(required),
        )
    }

    /// Refuses a caller without a token, on a route where it is
    /// [optional](crate::Authorize::optional) but this request needs one: 401 with a bare
    /// challenge, upon which the client SDKs get a token and call again (RFC 6750 §3).
    pub fn missing_token() -> Self {
        Self::challenging(Reason::MissingToken, &BearerChallenge::new())
    }
}
