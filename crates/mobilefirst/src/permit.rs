//! Proof that a request was authorized.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::introspection::ActiveToken;
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
}

/// The empty scope: any active token.
#[derive(Clone, Copy, Debug)]
pub struct AnyScope;

impl RequiredScope for AnyScope {
    const SCOPE: Scope = Scope::EMPTY;
}

/// Proof that the caller bears an active token that covers the scope `S`.
///
/// Only a [`TokenValidator`](crate::TokenValidator) makes one. Where the scope was a
/// value at run time, the proof is of [`AnyScope`].
pub struct Permit<S = AnyScope> {
    token: Arc<ActiveToken>,
    scope: PhantomData<fn() -> S>,
}

impl<S> Permit<S> {
    pub(crate) fn new(token: Arc<ActiveToken>) -> Self {
        Self {
            token,
            scope: PhantomData,
        }
    }

    /// What the authorization server says about the caller's token.
    pub fn token(&self) -> &ActiveToken {
        &self.token
    }

    /// The same permit, as a proof of less: one type for callers of every route.
    pub fn into_any(self) -> Permit {
        Permit::new(self.token)
    }
}

// Derived, these would ask the same of `S`, which is only a name.

impl<S> Clone for Permit<S> {
    fn clone(&self) -> Self {
        Self::new(self.token.clone())
    }
}

impl<S> fmt::Debug for Permit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.token).finish()
    }
}
