//! A guard for a group of routes.

use mobilefirst::{Permit, RequiredScope, Requirement};
use rocket::route::{self, Handler, Route};
use rocket::{Data, Request};

use crate::denied::Denied;
use crate::{body, request, slot};

/// Lets only authorized requests through to a group of routes.
///
/// Their handlers take the caller as [`Caller`](crate::Caller). An
/// [`Authorized<S>`](crate::Authorized) makes no check of its own if this one proves enough;
/// see [`authorize_behind`](mobilefirst::TokenValidator::authorize_behind). A refused request is answered before its
/// handler, or anything else of its route, sees it. What its client is still sending is
/// read first, within bounds ([`drain_refused_body`](mobilefirst::drain_refused_body)), so
/// that it gets to see the refusal. A request guard cannot do that, because Rocket does not
/// give it the body: mount routes that take uploads this way.
///
/// ```
/// use mobilefirst_rocket::{Caller, MobileFirst, RequireScope, scopes};
/// use rocket::{get, routes};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// #[get("/balance")]
/// fn balance(caller: Caller) -> String {
///     format!("{:?}", caller.username())
/// }
///
/// let restricted = RequireScope::of::<AccessRestricted>();
/// let rocket = rocket::build()
///     .attach(MobileFirst::fairing())
///     .mount("/accounts", restricted.routes(routes![balance]));
/// ```
#[doc(alias = "middleware")]
#[doc(alias = "role")]
#[derive(Clone, Debug)]
pub struct RequireScope {
    requirement: Requirement,
}

impl RequireScope {
    /// Requires what the type `S` requires: its
    /// [`SCOPE`](mobilefirst::RequiredScope::SCOPE) and its
    /// [`MAX_AGE`](mobilefirst::RequiredScope::MAX_AGE).
    pub fn of<S: RequiredScope>() -> Self {
        Self::new(Requirement::of::<S>())
    }

    /// Requires a [`Scope`](mobilefirst::Scope), or a whole [`Requirement`], that is known
    /// only at run time.
    ///
    /// A `Scope` carries no maximum age. If a type has a
    /// [`MAX_AGE`](mobilefirst::RequiredScope::MAX_AGE), passing its `SCOPE` here loses it:
    /// use [`of`](Self::of).
    pub fn new(requirement: impl Into<Requirement>) -> Self {
        Self {
            requirement: requirement.into(),
        }
    }

    /// The guarded routes, to be mounted in place of `routes`.
    pub fn routes(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        let mut routes = routes.into();
        for route in &mut routes {
            let next = route.handler.clone();
            let requirement = self.requirement.clone();
            // In place, because a new route would lose the sentinels of the old one.
            route.handler = Box::new(Guarded { requirement, next });
        }
        routes
    }
}

/// A route's handler behind the check.
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
                let outcome = self.next.handle(request, data).await;
                // Rocket tries another route with this request. The permit does not prove
                // what that route requires.
                if outcome.is_forward() {
                    slot::clear::<Permit>(request);
                }
                outcome
            }
            Err(denial) => {
                body::drain(data).await;
                route::Outcome::Error(Denied::from(denial).leave(request))
            }
        }
    }
}
