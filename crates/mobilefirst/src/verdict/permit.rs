//! Proof that a request was authorized.

#[cfg(feature = "test-util")]
mod handmade;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use crate::scope::Scope;
use crate::token::introspection::ActiveToken;
use crate::verdict::denial::Denial;
use crate::verdict::error_body_hook::RequestHook;
use crate::verdict::origin::Origin;
use crate::verdict::requirement::{AnyScope, RequiredScope};

/// Proof that the caller has an active token that covers the scope `S`.
///
/// Only a [`TokenValidator`](crate::TokenValidator) can create one. If the scope is only
/// known at run time, `S` is [`AnyScope`].
///
/// It derefs to [`ActiveToken`], which says who the caller is:
///
/// ```
/// # use mobilefirst::Permit;
/// fn greet<S>(caller: &Permit<S>) -> String {
///     format!("hello, {}", caller.username().unwrap_or("stranger"))
/// }
/// ```
///
/// A handler that has checks of its own makes its refusals with [`forbidden`](Self::forbidden),
/// [`insufficient_scope`](Self::insufficient_scope) and [`narrow`](Self::narrow). They have
/// the body that [`error_body`](crate::TokenValidatorBuilder::error_body) gives them.
#[doc(alias = "principal")]
#[doc(alias = "identity")]
#[doc(alias = "subject")]
pub struct Permit<S = AnyScope> {
    token: Arc<ActiveToken>,
    is_stale: bool,
    /// The scope that the route requires. `S` does not say, if it was only known at run time.
    required: Scope,
    error_body: RequestHook,
    /// `None` if nobody may rely on it in place of a check.
    origin: Option<Origin>,
    scope: PhantomData<fn() -> S>,
}

impl Permit {
    /// A permit for a route that requires `required`.
    #[inline]
    pub(crate) fn new(token: Arc<ActiveToken>, required: Scope) -> Self {
        Self {
            token,
            is_stale: false,
            required,
            error_body: RequestHook::default(),
            origin: None,
            scope: PhantomData,
        }
    }

    pub(crate) fn rests_on_a_stale_answer(self) -> Self {
        Self {
            is_stale: true,
            ..self
        }
    }

    /// Notes which check this is the result of.
    #[inline]
    pub(crate) fn of_check(self, origin: Origin) -> Self {
        Self {
            origin: Some(origin),
            ..self
        }
    }

    /// Adds the hook for the bodies of the handler's own refusals.
    #[inline]
    pub(crate) fn set_error_body(&mut self, error_body: RequestHook) {
        self.error_body = error_body;
    }

    /// Whether `later`, a check of the same request, would find what this permit rests on.
    pub(crate) fn stands_for(&self, later: &Origin) -> bool {
        self.origin.is_some_and(|origin| origin.stands_for(later))
    }

    /// The scope that the guard required which made this permit, and those before it.
    pub(crate) fn required(&self) -> &Scope {
        &self.required
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

    /// Creates a refusal for a caller whom no other token would help: 403 without a
    /// challenge, which the client SDKs pass to the app.
    ///
    /// ```
    /// use mobilefirst::{Denial, Permit};
    ///
    /// fn only_managers<S>(caller: &Permit<S>) -> Result<(), Denial> {
    ///     let user = caller.user().unwrap_or_default();
    ///     match user.has_attribute("roles", "manager") {
    ///         true => Ok(()),
    ///         false => Err(caller.forbidden()),
    ///     }
    /// }
    /// ```
    pub fn forbidden(&self) -> Denial {
        self.error_body
            .complete_own(Denial::forbidden(), &self.required)
    }

    /// Creates a refusal for a caller whose token should also cover `scope`: 403
    /// `insufficient_scope`, upon which the client SDKs get another token and call again.
    ///
    /// The challenge names the scope of the route's guard too, since the SDKs get a token for
    /// exactly the scope in the challenge. If the token covers all of it, another one would
    /// not help, and the refusal is [`forbidden`](Self::forbidden).
    pub fn insufficient_scope(&self, scope: &Scope) -> Denial {
        let required = self.required.and(scope);
        let denial = match self.token.covers(scope) {
            true => Denial::forbidden(),
            false => Denial::insufficient_scope(&required),
        };
        self.error_body.complete_own(denial, &required)
    }

    /// Turns this permit into one for the scope `N`, if the token covers that too.
    ///
    /// For a handler in which only some requests need the further scope. It rests on the same
    /// answer and asks nobody. So `N` must not have a
    /// [`MAX_AGE`](RequiredScope::MAX_AGE), which this permit may not meet; the compiler
    /// refuses that. Guard the route with `N` instead.
    ///
    /// ```
    /// use mobilefirst::{Denial, Permit, RequiredScope, Scope};
    ///
    /// struct LargeTransfer;
    /// impl RequiredScope for LargeTransfer {
    ///     const SCOPE: Scope = Scope::from_static("largeTransfer");
    /// }
    ///
    /// fn transfer<S>(caller: &Permit<S>, amount: u64) -> Result<(), Denial> {
    ///     if amount > 1000 {
    ///         let caller = caller.narrow::<LargeTransfer>()?;
    ///         return large_transfer(&caller, amount);
    ///     }
    ///     Ok(())
    /// }
    /// # fn large_transfer(_: &Permit<LargeTransfer>, _: u64) -> Result<(), Denial> { Ok(()) }
    /// ```
    ///
    /// ```compile_fail
    /// # use std::time::Duration;
    /// # use mobilefirst::{Denial, Permit, RequiredScope, Scope};
    /// # struct Fresh;
    /// impl RequiredScope for Fresh {
    ///     const SCOPE: Scope = Scope::from_static("largeTransfer");
    ///     const MAX_AGE: Option<Duration> = Some(Duration::ZERO);
    /// }
    ///
    /// fn narrow(caller: &Permit) -> Result<Permit<Fresh>, Denial> {
    ///     caller.narrow()
    /// }
    /// # let _: fn(&Permit) -> Result<Permit<Fresh>, Denial> = narrow;
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the [`insufficient_scope`](Self::insufficient_scope) refusal for `N` if the
    /// token does not cover it.
    pub fn narrow<N: RequiredScope>(&self) -> Result<Permit<N>, Denial> {
        const {
            assert!(
                N::MAX_AGE.is_none(),
                "a permit cannot be narrowed to a scope with a `MAX_AGE`: guard the route with it"
            );
        }
        match self.token.covers(&N::SCOPE) {
            true => Ok(Permit {
                required: self.required.and(&N::SCOPE),
                ..self.clone().retyped()
            }),
            false => Err(self.insufficient_scope(&N::SCOPE)),
        }
    }

    #[inline]
    pub(crate) fn retyped<T>(self) -> Permit<T> {
        Permit {
            token: self.token,
            is_stale: self.is_stale,
            required: self.required,
            error_body: self.error_body,
            origin: self.origin,
            scope: PhantomData,
        }
    }
}

/// The permit's token, so that a handler asks its caller directly: `caller.username()`.
impl<S> Deref for Permit<S> {
    type Target = ActiveToken;

    fn deref(&self) -> &ActiveToken {
        &self.token
    }
}

// A derive would require `S: Clone` and `S: Debug`, though `S` is only a marker.

impl<S> Clone for Permit<S> {
    fn clone(&self) -> Self {
        Self {
            token: self.token.clone(),
            is_stale: self.is_stale,
            required: self.required.clone(),
            error_body: self.error_body.clone(),
            origin: self.origin,
            scope: PhantomData,
        }
    }
}

impl<S> fmt::Debug for Permit<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Permit").field(&self.token).finish()
    }
}
