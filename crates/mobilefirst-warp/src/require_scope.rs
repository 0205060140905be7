//! A guard for a group of routes.

use mobilefirst::{Requirement, TokenValidator};
use warp::reject::Reject;
use warp::{Filter, Rejection};

use crate::{Denied, authorized_scope};

/// Lets only requests that meet a requirement through to `routes`: a
/// [`Scope`](mobilefirst::Scope), or a whole [`Requirement`].
///
/// It checks every request that comes to it, so match what the routes have in common
/// first. A refusal is the reply: neither the routes of the group nor those after it
/// are tried. A request that is granted and matches no route of the group is rejected
/// by them as ever, and goes on to the routes after it.
///
/// ```
/// use mobilefirst::{RequiredScope, Scope, TokenValidator};
/// use mobilefirst_warp::{Authorized, ThenGranted, authorized, require_scope};
/// use warp::{Filter, Reply};
///
/// struct AccessRestricted;
/// impl RequiredScope for AccessRestricted {
///     const SCOPE: Scope = Scope::from_static("accessRestricted");
/// }
///
/// async fn balance(caller: Authorized<AccessRestricted>) -> String {
///     format!("{:?}", caller.token().username())
/// }
///
/// fn routes(validator: &TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     let balance = warp::path!("balance")
///         .and(warp::get())
///         .and(authorized(validator))
///         .then_granted(balance);
///     let branches = warp::path!("branches").and(warp::get()).map(|| "Halle");
///     let accounts = require_scope(validator, AccessRestricted::SCOPE, balance.or(branches));
///     warp::path("accounts").and(accounts)
/// }
/// ```
///
/// A filter cannot leave anything for the filters after it. So a route of the group
/// that wants to know its caller checks again, as `balance` does here: against the
/// answer that is cached by then, without another call.
pub fn require_scope<R, Routes, Replied>(
    validator: &TokenValidator,
    requirement: R,
    routes: Routes,
) -> impl Filter<Extract = (Result<Replied, Denied>,), Error = Rejection>
+ Clone
+ Send
+ Sync
+ 'static
+ use<R, Routes, Replied>
where
    R: Into<Requirement> + 'static,
    Routes: Filter<Extract = (Replied,), Error = Rejection> + Clone + Send + Sync + 'static,
    Replied: Send + 'static,
{
    authorized_scope(validator, requirement)
        .and_then(async |caller: Result<_, _>| match caller {
            Ok(_) => Ok(()),
            Err(denied) => Err(warp::reject::custom(Refused(denied))),
        })
        .untuple_one()
        .and(routes)
        .map(Ok)
        .recover(async |rejection: Rejection| match rejection.find() {
            Some(Refused(denied)) => Ok(Err(denied.clone())),
            None => Err(rejection),
        })
        .unify()
}

/// A refusal on its way past the routes of the group, and no further.
#[derive(Debug)]
struct Refused(Denied);

impl Reject for Refused {}
