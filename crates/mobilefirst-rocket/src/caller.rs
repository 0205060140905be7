//! The request guard for the caller that a guard of routes let through.

use std::ops::Deref;

use mobilefirst::{Denial, Permit};
use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::denied::Denied;
use crate::fairing::is_missing;
use crate::slot;

/// A request guard for the caller that [`RequireScope`](crate::RequireScope) let through.
///
/// It derefs to [`Permit`]. It makes no check. On a route outside any `RequireScope` it
/// refuses every request with 500, and the log says what to do.
#[doc(alias = "local_cache")]
#[derive(Clone, Debug)]
pub struct Caller(pub Permit);

impl Deref for Caller {
    type Target = Permit;

    fn deref(&self) -> &Permit {
        &self.0
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = Denied;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Denied> {
        match slot::with(request, |kept| kept.permit.clone()) {
            Some(permit) => Outcome::Success(Self(permit)),
            None => {
                let denial = Denial::not_set_up(NOT_GUARDED);
                Denied::from(denial).into_outcome(request)
            }
        }
    }
}

impl Sentinel for Caller {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}

const NOT_GUARDED: &str = "a route with `Caller` is not in a `RequireScope`: mount \
     `RequireScope::of::<S>().routes(routes![…])`, or take `Authorized<S>`, which checks by itself";
