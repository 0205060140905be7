//! A guard for a group of routes.

use std::ops::Deref;

use mobilefirst::{Denial, Permit, Requirement};
use rocket::request::{FromRequest, Outcome};
use rocket::route::{self, Handler, Route};
use rocket::{Data, Ignite, Request, Rocket, Sentinel};

use crate::denied::Denied;
use crate::fairing::is_missing;
use crate::{request, slot};

/// Lets only authorized requests through to the routes that it wraps.
///
/// Their handlers take the caller as [`Caller`].
///
/// ```
/// use mobilefirst::Scope;
/// use mobilefirst_rocket::{Caller, MobileFirst, RequireScope};
/// use rocket::{get, routes};
///
/// #[get("/balance")]
/// fn balance(caller: Caller) -> String {
///     format!("{:?}", caller.token().username())
/// }
///
/// let restricted = RequireScope::new(Scope::from_static("accessRestricted"));
/// let rocket = rocket::build()
///     .attach(MobileFirst::fairing())
///     .mount("/accounts", restricted.routes(routes![balance]));
/// ```
#[derive(Clone, Debug)]
pub struct RequireScope {
    requirement: Requirement,
}

impl RequireScope {
    /// Requires a [`Scope`](mobilefirst::Scope): a value, or a type's
    /// [`SCOPE`](mobilefirst::RequiredScope::SCOPE); or a whole [`Requirement`].
    pub fn new(requirement: impl Into<Requirement>) -> Self {
        Self {
            requirement: requirement.into(),
        }
    }

    /// The routes, guarded: to be mounted in place of `routes`.
    pub fn routes(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        let mut routes = routes.into();
        for route in &mut routes {
            let next = route.handler.clone();
            let requirement = self.requirement.clone();
            // In place, because a new route would lose the sentinels of this one.
            route.handler = Box::new(Guarded { requirement, next });
        }
        routes
    }
}

/// The handler of a route, behind the check.
#[derive(Clone)]
struct Guarded {
    requirement: Requirement,
    next: Box<dyn Handler>,
}

#[rocket::async_trait]
impl Handler for Guarded {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> route::Outcome<'r> {
        match request::authorize_scope(request, &self.requirement).await {
            Ok(permit) => {
                slot::put(request, permit);
                self.next.handle(request, data).await
            }
            Err(denial) => route::Outcome::Error(Denied::from(denial).leave(request)),
        }
    }
}

/// The caller that [`RequireScope`] let through: a request guard.
///
/// It derefs to [`Permit`]. On a route outside any `RequireScope` it refuses every
/// request with 500.
#[derive(Clone, Debug)]
pub struct Caller(Permit);

impl Caller {
    /// The permit itself, to keep it or to pass it on.
    pub fn into_permit(self) -> Permit {
        self.0
    }
}

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
        match slot::last(request) {
            Some(permit) => Outcome::Success(Self(permit)),
            None => {
                let denial = Denial::not_set_up("a route with `Caller` is not in a `RequireScope`");
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
