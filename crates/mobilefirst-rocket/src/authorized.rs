//! The caller of a handler, authorized.

use std::fmt;
use std::ops::Deref;

use mobilefirst::{AnyScope, Permit, RequiredScope};
use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::denied::Denied;
use crate::fairing::is_missing;
use crate::request;

/// A caller whose token covers the scope `S`: a request guard.
///
/// It derefs to [`Permit`], which holds what is known about the token. Without `S`, any
/// active token will do. The validator comes from the fairing
/// [`MobileFirst`](crate::MobileFirst); a route that has this guard does not launch
/// without it.
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

impl<S> fmt::Debug for Authorized<S> {
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

impl<S> Sentinel for Authorized<S> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}

/// A caller who may be a stranger: a request guard, for a route that serves those too.
///
/// It derefs to an `Option`, which is `None` only where the request bears no token; a
/// token that is there and not good is refused. (`Option<Authorized<S>>` would let that
/// one pass as a stranger: Rocket makes a `None` of any error.)
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

impl<S> Sentinel for OptionalAuthorized<S> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}
