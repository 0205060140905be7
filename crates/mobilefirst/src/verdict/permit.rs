//! Proof that a request was authorized.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::token::introspection::ActiveToken;
use crate::verdict::requirement::AnyScope;

/// Proof that the caller bears an active token that covers the scope `S`.
///
/// Only a [`TokenValidator`](crate::TokenValidator) makes one. Where the scope was a
/// value at run time, the proof is of [`AnyScope`].
pub struct Permit<S = AnyScope> {
    token: Arc<ActiveToken>,
    is_stale: bool,
    scope: PhantomData<fn() -> S>,
}

impl<S> Permit<S> {
    pub(crate) fn fresh(token: Arc<ActiveToken>) -> Self {
        Self {
            token,
            is_stale: false,
            scope: PhantomData,
        }
    }

    pub(crate) fn stale(token: Arc<ActiveToken>) -> Self {
        Self {
            is_stale: true,
            ..Self::fresh(token)
        }
    }

    /// Whether the authorization server could not be asked, and this rests on what it
    /// said earlier: see [`serve_stale`](crate::TokenValidatorBuilder::serve_stale).
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// What the authorization server says about the caller's token.
    pub fn token(&self) -> &ActiveToken {
        &self.token
    }

    pub(crate) fn shared(&self) -> &Arc<ActiveToken> {
        &self.token
    }

    /// The same permit, as a proof of less: one type for callers of every route.
    pub fn into_any(self) -> Permit {
        self.retyped()
    }

    fn retyped<T>(&self) -> Permit<T> {
        Permit {
            token: self.token.clone(),
            is_stale: self.is_stale,
            scope: PhantomData,
        }
    }
}

// Derived, these would ask the same of `S`, which is only a name.

impl<S> Clone for Permit<S> {
    fn clone(&self) -> Self {
        self.retyped()
    }
}

impl<S> fmt::Debug for Permit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.token).finish()
    }
}
