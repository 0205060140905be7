//! Proof that a request was authorized.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::token::introspection::ActiveToken;
use crate::verdict::requirement::AnyScope;

/// Proof that the caller has an active token that covers the scope `S`.
///
/// Only a [`TokenValidator`](crate::TokenValidator) can create one. If the scope is only
/// known at run time, `S` is [`AnyScope`].
pub struct Permit<S = AnyScope> {
    token: Arc<ActiveToken>,
    is_stale: bool,
    scope: PhantomData<fn() -> S>,
}

impl Permit {
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
}

impl<S> Permit<S> {
    /// Whether the permit rests on a stale answer, because the authorization server could
    /// not be asked; see [`serve_stale`](crate::TokenValidatorBuilder::serve_stale).
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// Returns what the authorization server said about the caller's token.
    pub fn token(&self) -> &ActiveToken {
        &self.token
    }

    pub(crate) fn shared(&self) -> &Arc<ActiveToken> {
        &self.token
    }

    /// Erases the scope from the type, so that code for several routes can share one type.
    pub fn into_any(self) -> Permit {
        self.retyped()
    }

    #[inline]
    pub(crate) fn retyped<T>(self) -> Permit<T> {
        Permit {
            token: self.token,
            is_stale: self.is_stale,
            scope: PhantomData,
        }
    }
}

// A derive would require `S: Clone` and `S: Debug`, though `S` is only a marker.

impl<S> Clone for Permit<S> {
    fn clone(&self) -> Self {
        Self {
            token: self.token.clone(),
            is_stale: self.is_stale,
            scope: PhantomData,
        }
    }
}

impl<S> fmt::Debug for Permit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.token).finish()
    }
}
