//! Request guards for the caller of a handler.

use std::fmt;
use std::ops::Deref;

use mobilefirst::{AnyScope, Permit, RequiredScope};
use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::denied::Denied;
use crate::fairing::is_missing;
use crate::request;

/// A request guard for a caller whose token covers the scope `S`.
///
/// It derefs to [`Permit`], which describes the token. Without `S`, any active token will
/// do. The validator comes from the fairing [`MobileFirst`](crate::MobileFirst); without
/// it, a server with this guard does not launch. Mount routes that take uploads through
/// [`RequireScope`](crate::RequireScope), which can read on after a refusal.
#[doc(alias = "extractor")]
#[doc(alias = "request guard")]
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

impl<S: RequiredScope> fmt::Debug for Authorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorized").field(&self.0).finish()
    }
}

#[rocket::async_trait]
impl<'r, S: RequiredScope> FromRequest<'r> for Authorized<S> {
    type Error = Denied;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Denied> {
        match request::authorize(request).await {
            Ok(permit) => Outcome::Success(Self(permit)),
            Err(denial) => Denied::from(denial).into_outcome(request),
        }
    }
}

impl<S: RequiredScope> Sentinel for Authorized<S> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}

/// A request guard for a route that also serves callers without a token.
///
/// It derefs to an `Option`, which is `None` only if the request has no token. A request
/// with a bad token is refused. Do not use `Option<Authorized<S>>`: Rocket turns every
/// error into `None`, so a bad token would pass for no token.
pub struct OptionalAuthorized<S: RequiredScope = AnyScope>(pub Option<Permit<S>>);

impl<S: RequiredScope> Deref for OptionalAuthorized<S> {
    type Target = Option<Permit<S>>;

    fn deref(&self) -> &Option<Permit<S>> {
        &self.0
    }
}

impl<S: RequiredScope> fmt::Debug for OptionalAuthorized<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OptionalAuthorized").field(&self.0).finish()
    }
}

#[rocket::async_trait]
impl<'r, S: RequiredScope> FromRequest<'r> for OptionalAuthorized<S> {
    type Error = Denied;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Denied> {
        match request::authorize(request).optional().await {
            Ok(permit) => Outcome::Success(Self(permit)),
            Err(denial) => Denied::from(denial).into_outcome(request),
        }
    }
}

impl<S: RequiredScope> Sentinel for OptionalAuthorized<S> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}
