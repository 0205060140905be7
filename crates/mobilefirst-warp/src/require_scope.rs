//! A guard for a group of routes.

use mobilefirst::{RequiredScope, Requirement, TokenValidator};
use warp::{Filter, Rejection};

use crate::authorized::{Authorized, authorized_scope};
use crate::denied::Denied;
use crate::granted::{only_granted, refusals};

/// Lets only authorized requests through to a group of routes.
///
/// It checks every request that reaches it, so match what the routes have in common
/// first. A refusal is the reply: neither the routes of the group nor those after it are
/// tried. A request that is granted but matches no route of the group is rejected as
/// usual, and goes on to the routes after it.
///
/// ```
/// use mobilefirst_warp::{
///     Caller, RequireScope, ThenGranted, TokenValidator, authorized, scopes,
/// };
/// use warp::{Filter, Reply};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn balance(caller: Caller) -> String {
///     format!("{:?}", caller.username())
/// }
///
/// fn routes(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     let balance = warp::path!("balance")
///         .and(warp::get())
///         .and(authorized(&validator))
///         .then_granted(balance);
///     let branches = warp::path!("branches").and(warp::get()).map(|| "Halle");
///     let restricted = RequireScope::of::<AccessRestricted>(&validator);
///     warp::path("accounts").and(restricted.routes(balance.or(branches)))
/// }
/// ```
///
/// A filter cannot pass a value to the filters inside it. So a route of the group that needs its
/// [`Caller`](crate::Caller) checks again, as `balance` does here: only that the token is active,
/// because the group requires its scope. That check finds the answer in the cache, unless the route's own
/// maximum age is zero: then leave that route out of the group, and ask once.
#[doc(alias = "middleware")]
#[doc(alias = "role")]
#[derive(Clone, Debug)]
pub struct RequireScope {
    validator: TokenValidator,
    requirement: Requirement,
}

impl RequireScope {
    /// Requires what the type `S` requires: its
    /// [`SCOPE`](mobilefirst::RequiredScope::SCOPE) and its
    /// [`MAX_AGE`](mobilefirst::RequiredScope::MAX_AGE).
    pub fn of<S: RequiredScope>(validator: &TokenValidator) -> Self {
        Self::new(validator, Requirement::of::<S>())
    }

    /// Requires a [`Scope`](mobilefirst::Scope), or a whole [`Requirement`], that is known
    /// only at run time.
    ///
    /// A `Scope` carries no maximum age. If a type has a
    /// [`MAX_AGE`](mobilefirst::RequiredScope::MAX_AGE), passing its `SCOPE` here loses it:
    /// use [`of`](Self::of).
    pub fn new(validator: &TokenValidator, requirement: impl Into<Requirement>) -> Self {
        Self {
            validator: validator.clone(),
            requirement: requirement.into(),
        }
    }

    /// The guarded routes, to be used in place of `routes`.
    pub fn routes<Routes, Replied>(
        &self,
        routes: Routes,
    ) -> impl Filter<Extract = (Result<Replied, Denied>,), Error = Rejection>
    + Clone
    + Send
    + Sync
    + 'static
    + use<Routes, Replied>
    where
        Routes: Filter<Extract = (Replied,), Error = Rejection> + Clone + Send + Sync + 'static,
        Replied: Send + 'static,
    {
        let any = warp::any().and_then(async || Ok::<_, Rejection>(()));
        let checked = any
            .untuple_one()
            .and(authorized_scope(&self.validator, self.requirement.clone()));
        let granted = only_granted(checked).map(|_: Authorized| ()).untuple_one();
        refusals(granted.and(routes))
    }
}
