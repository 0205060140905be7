//! A guard for a group of routes.

use mobilefirst::{RequiredScope, Requirement, TokenPlace, TokenValidator};
use rocket::route::{self, Handler, Route};
use rocket::{Data, Request};

use crate::denied::Denied;
use crate::{body, request, slot};

/// Lets only authorized requests through to a group of routes.
///
/// Their handlers take the caller as [`Caller`](crate::Caller). An
/// [`Authorized<S>`](crate::Authorized) makes no check of its own if this one proves enough;
/// see [`authorize_behind`](mobilefirst::TokenValidator::authorize_behind). A refused request
/// is answered before its handler, or anything else of its route, sees it. What its client is
/// still sending is read first, within bounds ([`drain_refused_body`](mobilefirst::drain_refused_body)), so
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
    place: Option<TokenPlace>,
    validator: Option<TokenValidator>,
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
            place: None,
            validator: None,
        }
    }

    /// Asks `validator` in place of the fairing's, for routes of another realm: another
    /// authorization server, or another client of the same.
    ///
    /// The fairing [`MobileFirst`](crate::MobileFirst) must be attached all the same, because
    /// it completes refusals. Its own validator serves the routes that name none, and every
    /// [`Authorized`](crate::Authorized): in this group, take a [`Caller`](crate::Caller).
    ///
    /// ```
    /// use mobilefirst::{RequiredScope, Scope, TokenValidator};
    /// use mobilefirst_rocket::{Caller, MobileFirst, RequireScope};
    /// use rocket::{Build, Rocket, get, routes};
    ///
    /// struct AccessRestricted;
    /// impl RequiredScope for AccessRestricted {
    ///     const SCOPE: Scope = Scope::from_static("accessRestricted");
    /// }
    ///
    /// #[get("/profile")]
    /// fn profile(caller: Caller) -> String {
    ///     format!("{:?}", caller.token().username())
    /// }
    ///
    /// fn app(bank: TokenValidator, shop: TokenValidator) -> Rocket<Build> {
    ///     let of_bank = RequireScope::of::<AccessRestricted>();
    ///     let of_shop = RequireScope::of::<AccessRestricted>().validator(shop);
    ///     rocket::build()
    ///         .attach(MobileFirst::with(bank))
    ///         .mount("/bank", of_bank.routes(routes![profile]))
    ///         .mount("/shop", of_shop.routes(routes![profile]))
    /// }
    /// ```
    #[doc(alias = "realm")]
    #[doc(alias = "multi-tenant")]
    #[must_use]
    pub fn validator(self, validator: TokenValidator) -> Self {
        Self {
            validator: Some(validator),
            ..self
        }
    }

    /// Takes the token from `place` too, for routes whose clients can't set `Authorization`.
    ///
    /// What it costs is described at [`TokenPlace`]. The fairing
    /// [`MobileFirst`](crate::MobileFirst) adds
    /// [`Cache-Control: no-store, private`](TokenPlace::CACHE_CONTROL) to a response to a
    /// request with such a token. An [`Authorized`](crate::Authorized) reads the header alone: in
    /// this group, take a [`Caller`](crate::Caller). Rocket logs the query of every request at
    /// `log_level = "normal"`: set `critical`.
    ///
    /// ```
    /// use mobilefirst::{RequiredScope, Scope, TokenPlace};
    /// use mobilefirst_rocket::{Caller, MobileFirst, RequireScope};
    /// use rocket::{get, routes};
    ///
    /// struct AccessRestricted;
    /// impl RequiredScope for AccessRestricted {
    ///     const SCOPE: Scope = Scope::from_static("accessRestricted");
    /// }
    ///
    /// #[get("/statement")]
    /// fn statement(caller: Caller) -> String {
    ///     format!("{:?}", caller.token().username())
    /// }
    ///
    /// let downloads = RequireScope::of::<AccessRestricted>().token_from(TokenPlace::query());
    /// let rocket = rocket::build()
    ///     .attach(MobileFirst::fairing())
    ///     .mount("/", downloads.routes(routes![statement]));
    /// ```
    #[doc(alias = "websocket")]
    #[doc(alias = "sse")]
    #[doc(alias = "EventSource")]
    #[doc(alias = "cookie")]
    #[doc(alias = "access_token")]
    #[must_use]
    pub fn token_from(self, place: TokenPlace) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }

    /// The guarded routes, to be mounted in place of `routes`.
    pub fn routes(&self, routes: impl Into<Vec<Route>>) -> Vec<Route> {
        let mut routes = routes.into();
        for route in &mut routes {
            let next = route.handler.clone();
            let guard = self.clone();
            // In place, because a new route would lose the sentinels of the old one.
            route.handler = Box::new(Guarded { guard, next });
        }
        routes
    }
}

/// A route's handler behind the check.
#[derive(Clone)]
struct Guarded {
    guard: RequireScope,
    next: Box<dyn Handler>,
}

#[rocket::async_trait]
impl Handler for Guarded {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> route::Outcome<'r> {
        let guard = &self.guard;
        let validator = guard.validator.as_ref();
        let check = request::authorize_scope(request, &guard.requirement, guard.place, validator);
        match check.await {
            Ok(permit) => {
                slot::with(request, |kept| kept.permit = Some(permit));
                let outcome = self.next.handle(request, data).await;
                // Rocket tries another route with this request. The permit does not prove
                // what that route requires.
                if outcome.is_forward() {
                    slot::with(request, |kept| kept.permit = None);
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
