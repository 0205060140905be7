//! Checks of a request that a guard has let through already.

use crate::validator::TokenValidator;
use crate::validator::authorize::Authorize;
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
        self.decide(guard, authorization, Requirement::of::<S>())
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
        self.decide(guard, authorization, requirement.into()).of()
    }
}
