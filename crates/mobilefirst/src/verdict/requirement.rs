//! What a route asks of a token.

use std::time::Duration;

use crate::scope::Scope;

/// A required scope, as a type: what a [`Permit`] is a proof of.
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
pub trait RequiredScope: Send + Sync + 'static {
    /// The scope that a token must cover.
    const SCOPE: Scope;

    /// The oldest answer that will do, for a route that wants fresher ones than the
    /// validator's [`max_age`](crate::TokenValidatorBuilder::max_age) allows; zero asks
    /// about every request. It can only shorten that, and such a route gets no stale
    /// answer. Default: no wish of its own.
    const MAX_AGE: Option<Duration> = None;
}

/// The empty scope: any active token.
#[derive(Clone, Copy, Debug)]
pub struct AnyScope;

impl RequiredScope for AnyScope {
    const SCOPE: Scope = Scope::EMPTY;
}

/// What a route asks: a scope, and perhaps a fresher answer than others.
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
    /// Requires `scope`, and takes an answer as old as the validator allows.
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            max_age: None,
        }
    }

    /// What the type `S` says.
    pub fn of<S: RequiredScope>() -> Self {
        Self {
            scope: S::SCOPE,
            max_age: S::MAX_AGE,
        }
    }

    /// Takes no answer that is older than this, nor a stale one. Zero asks the
    /// authorization server about every request. It can only shorten the validator's
    /// [`max_age`](crate::TokenValidatorBuilder::max_age).
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
