//! The caller of a handler, authorized.

use std::fmt;
use std::ops::Deref;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use mobilefirst::{AnyScope, Permit, RequiredScope, TokenValidator};

use crate::denied::Denied;
use crate::request;

/// A caller whose token covers the scope `S`: an extractor.
///
/// It derefs to [`Permit`], which holds what is known about the token. Without `S`, any
/// active token will do. The validator is the router's state, or comes out of it:
///
/// ```
/// use axum::{Router, extract::FromRef, routing::get};
/// use mobilefirst::TokenValidator;
/// use mobilefirst_axum::Authorized;
///
/// #[derive(Clone, FromRef)]
/// struct Bank {
///     validator: TokenValidator,
///     currency: &'static str,
/// }
///
/// async fn profile(caller: Authorized) -> String {
///     format!("{:?}", caller.token().username())
/// }
///
/// fn app(bank: Bank) -> Router {
///     Router::new().route("/profile", get(profile)).with_state(bank)
/// }
/// ```
///
/// An `Arc<Bank>` is a foreign type, for which you cannot implement `FromRef`: put the
/// `Arc` into the struct, not around it.
pub struct Authorized<S = AnyScope>(Permit<S>);

impl<S> Authorized<S> {
    /// The permit itself, to keep it or to pass it on.
    pub fn into_permit(self) -> Permit<S> {
        self.0
    }
}

impl<S> Deref for Authorized<S> {
    type Target = Permit<S>;

    fn deref(&self) -> &Permit<S> {
        &self.0
    }
}

// Derived, this would ask the same of `S`, which is only a name.
impl<S> fmt::Debug for Authorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorized").field(&self.0).finish()
    }
}

impl<St, S> FromRequestParts<St> for Authorized<S>
where
    St: Sync,
    S: RequiredScope,
    TokenValidator: FromRef<St>,
{
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, state: &St) -> Result<Self, Denied> {
        let permit = request::authorize(parts, state).await?;
        Ok(Self(permit))
    }
}

/// For `Option<Authorized<S>>`, which is as [`OptionalAuthorized`].
impl<St, S> OptionalFromRequestParts<St> for Authorized<S>
where
    St: Sync,
    S: RequiredScope,
    TokenValidator: FromRef<St>,
{
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, state: &St) -> Result<Option<Self>, Denied> {
        let permit = request::authorize(parts, state).optional().await?;
        Ok(permit.map(Self))
    }
}

/// A caller who may be a stranger: an extractor, for a route that serves those too.
///
/// It derefs to an `Option`, which is `None` only where the request bears no token; a
/// token that is there and not good is refused. (In axum, `Option<Authorized<S>>` is the
/// same; this one bears the name that it has in each framework.)
pub struct OptionalAuthorized<S = AnyScope>(Option<Permit<S>>);

impl<S> OptionalAuthorized<S> {
    /// The permit itself, to keep it or to pass it on.
    pub fn into_permit(self) -> Option<Permit<S>> {
        self.0
    }
}

impl<S> Deref for OptionalAuthorized<S> {
    type Target = Option<Permit<S>>;

    fn deref(&self) -> &Option<Permit<S>> {
        &self.0
    }
}

impl<S> fmt::Debug for OptionalAuthorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OptionalAuthorized").field(&self.0).finish()
    }
}

impl<St, S> FromRequestParts<St> for OptionalAuthorized<S>
where
    St: Sync,
    S: RequiredScope,
    TokenValidator: FromRef<St>,
{
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, state: &St) -> Result<Self, Denied> {
        let permit = request::authorize(parts, state).optional().await?;
        Ok(Self(permit))
    }
}
