//! What a route requires of a token.

use std::time::Duration;

use crate::scope::Scope;

/// A required scope as a type, for which a [`Permit`](crate::Permit) is the proof.
///
/// [`scopes!`](crate::scopes) declares such types in a line each. By hand:
///
/// ```
/// use mobilefirst::{RequiredScope, Scope};
///
/// struct AccessRestricted;
///
/// impl RequiredScope for AccessRestricted {
///     const SCOPE: Scope = Scope::from_static("accessRestricted");
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a scope that a route can require",
    label = "not a scope",
    note = "declare it: `mobilefirst::scopes! {{ {Self} = \"accessRestricted\"; }}`",
    note = "a scope that is known only at run time is a `Scope`, not a type: pass it to a guard's `new`, or to `authorize_scope`"
)]
pub trait RequiredScope: Send + Sync + 'static {
    /// The scope that a token must cover.
    const SCOPE: Scope;

    /// The maximum age of an answer for this route. Default: `None`, which uses the
    /// validator's [`max_age`](crate::TokenValidatorBuilder::max_age).
    ///
    /// It can only shorten the validator's maximum. Zero asks the authorization server for
    /// every request. A route with its own maximum never gets a stale answer.
    #[doc(alias = "ttl")]
    #[doc(alias = "expiry")]
    const MAX_AGE: Option<Duration> = None;
}

/// The empty scope, which any active token covers.
#[derive(Clone, Copy, Debug)]
pub struct AnyScope;

impl RequiredScope for AnyScope {
    const SCOPE: Scope = Scope::EMPTY;
}

/// What a route requires: a scope, and optionally a maximum age of the answer.
///
/// ```
/// use std::time::Duration;
/// use mobilefirst::{Requirement, Scope};
///
/// const TRANSFER: Scope = Scope::from_static("transferPrivilege");
/// let fresh = Requirement::new(TRANSFER).max_age(Duration::ZERO);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub(crate) scope: Scope,
    pub(crate) max_age: Option<Duration>,
}

impl Requirement {
    /// Requires `scope`, and accepts answers of the validator's maximum age.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            max_age: None,
        }
    }

    /// Returns the requirement that the type `S` describes.
    pub fn of<S: RequiredScope>() -> Self {
        Self {
            scope: S::SCOPE,
            max_age: S::MAX_AGE,
        }
    }

    /// Sets the maximum age of an answer, and excludes stale answers.
    ///
    /// It can only shorten the validator's
    /// [`max_age`](crate::TokenValidatorBuilder::max_age). Zero asks the authorization
    /// server for every request.
    #[doc(alias = "ttl")]
    #[must_use]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }
}

impl From<Scope> for Requirement {
    fn from(scope: Scope) -> Self {
        Self::new(scope)
    }
}

impl From<&Scope> for Requirement {
    fn from(scope: &Scope) -> Self {
        Self::new(scope.clone())
    }
}

impl From<&Requirement> for Requirement {
    fn from(requirement: &Requirement) -> Self {
        requirement.clone()
    }
}
