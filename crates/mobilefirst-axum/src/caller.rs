//! The extractor for the caller that a guard let through.

use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use mobilefirst::{Denial, Permit};

use crate::denied::Denied;

/// An extractor for the caller that [`RequireScopeLayer`](crate::RequireScopeLayer) let
/// through.
///
/// It derefs to [`Permit`]. It needs no state and makes no check. On a route outside any
/// `RequireScopeLayer` it refuses every request with 500, and the log says what to do.
///
/// ```
/// use axum::{Router, routing::get};
/// use mobilefirst_axum::{Caller, RequireScopeLayer, TokenValidator, scopes};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn balance(caller: Caller) -> String {
///     format!("{:?}: 17364.9", caller.username())
/// }
///
/// fn app(validator: TokenValidator) -> Router {
///     Router::new()
///         .route("/balance", get(balance))
///         .route_layer(RequireScopeLayer::of::<AccessRestricted>(validator))
/// }
/// ```
#[doc(alias = "Extension")]
#[derive(Clone, Debug)]
pub struct Caller(pub Permit);

impl Deref for Caller {
    type Target = Permit;

    fn deref(&self) -> &Permit {
        &self.0
    }
}

impl<St: Sync> FromRequestParts<St> for Caller {
    type Rejection = Denied;

    async fn from_request_parts(parts: &mut Parts, _: &St) -> Result<Self, Denied> {
        match parts.extensions.get::<Permit>() {
            Some(permit) => Ok(Self(permit.clone())),
            None => Err(Denial::not_set_up(NOT_GUARDED).into()),
        }
    }
}

const NOT_GUARDED: &str = "a route with `Caller` is not in a `RequireScopeLayer`: \
     add the layer after the route, or take `Authorized<S>`, which checks by itself";
