//! The extractor for the caller of a handler.

use std::fmt;
use std::ops::Deref;

use axum_core::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use mobilefirst::{AnyScope, Permit, RequiredScope, TokenValidator};

use crate::denied::Denied;
use crate::request;

/// An extractor for a caller whose token covers the scope `S`.
///
/// It derefs to [`Permit`], which describes the token. Without `S`, any active token will
/// do. The validator is the router's state, or a part of it:
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
///     format!("{:?}", caller.username())
/// }
///
/// fn app(bank: Bank) -> Router {
///     Router::new().route("/profile", get(profile)).with_state(bank)
/// }
/// ```
///
/// `FromRef` cannot be implemented for a foreign type such as `Arc<Bank>`: put the `Arc`
/// into the struct, not around it.
///
/// # Optional tokens
///
/// `Option<Authorized<S>>` is for a route that also serves callers without a token. It is
/// `None` only if the request has no token; a request with a bad token is refused.
///
/// ```
/// use mobilefirst_axum::Authorized;
///
/// async fn greet(caller: Option<Authorized>) -> &'static str {
///     match caller {
///         Some(_) => "welcome back",
///         None => "welcome",
///     }
/// }
/// # let _: axum::Router<mobilefirst::TokenValidator> =
/// #     axum::Router::new().route("/", axum::routing::get(greet));
/// ```
#[doc(alias = "extractor")]
#[doc(alias = "jwt")]
#[doc(alias = "bearer")]
#[doc(alias = "oauth")]
pub struct Authorized<S: RequiredScope = AnyScope>(pub Permit<S>);

impl<S: RequiredScope> Deref for Authorized<S> {
    type Target = Permit<S>;

    fn deref(&self) -> &Permit<S> {
        &self.0
    }
}

// A derived impl would require `S: Debug`.
impl<S: RequiredScope> fmt::Debug for Authorized<S> {
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

/// For `Option<Authorized<S>>`: `None` only if the request has no token.
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
