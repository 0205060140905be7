//! What a route asks of a token.

use std::time::Duration;

use crate::{RequiredScope, Scope};

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
