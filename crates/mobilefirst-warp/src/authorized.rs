//! Filters that check a single route.

use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;

use mobilefirst::{AnyScope, Permit, RequiredScope, Requirement, TokenPlace, TokenValidator};
use warp::Filter;

use crate::denied::Denied;
use crate::request::{Head, head, head_with};

/// A caller whose token covers the scope `S`, as the argument of a guarded handler.
///
/// It derefs to [`Permit`], which describes the token. Without `S`, any active token will
/// do.
#[doc(alias = "filter")]
#[doc(alias = "jwt")]
#[doc(alias = "bearer")]
#[doc(alias = "oauth")]
#[doc(alias = "extractor")]
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

/// A caller with any active token, as the argument of a handler in a group that
/// [`RequireScope`](crate::RequireScope) guards.
///
/// It has the name that the extractor has in the adapters for other frameworks. There, a
/// handler that takes it on a route without a guard refuses every request. Here, the route
/// itself hands it over, or it does not compile. (In version 7, which is asked about each scope
/// by itself, take `Authorized<S>` with the scope of the group: that asks once.)
///
/// ```
/// use mobilefirst_warp::{Caller, RequireScope, ThenGranted, TokenValidator, authorized, scopes};
/// use warp::{Filter, Reply};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn balance(caller: Caller) -> String {
///     format!("{:?}: 17364.9", caller.username())
/// }
///
/// fn routes(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     let balance = warp::path!("balance")
///         .and(authorized(&validator))
///         .then_granted(balance);
///     let restricted = RequireScope::of::<AccessRestricted>(&validator);
///     warp::path("accounts").and(restricted.routes(balance))
/// }
/// ```
#[doc(alias = "Extension")]
pub type Caller = Authorized<AnyScope>;

/// A filter that checks whether the request is authorized for the scope `S`.
///
/// It never rejects, because warp tries the next route after a rejection; it extracts the
/// refusal instead. Put it after the path and the method, so that only requests for this
/// route are checked. Pass what reads the body to
/// [`and_granted`](crate::AndGranted::and_granted), so that no stranger's body is parsed, and
/// the handler to [`then_granted`](crate::ThenGranted::then_granted). `S` follows from
/// the handler's signature.
#[doc(alias = "middleware")]
#[doc(alias = "jwt")]
#[doc(alias = "bearer")]
#[doc(alias = "guard")]
pub fn authorized<S: RequiredScope>(
    validator: &TokenValidator,
) -> impl Filter<Extract = (Result<Authorized<S>, Denied>,), Error = Infallible>
+ Clone
+ Send
+ Sync
+ 'static
+ use<S> {
    let validator = validator.clone();
    head().then(move |method, path, headers| {
        let check = Head::of(method, path, headers).authorize(&validator);
        async {
            let permit = check.await?;
            Ok(Authorized(permit))
        }
    })
}

/// A filter like [`authorized`] for a route whose clients can't set `Authorization`: it takes
/// the token from another [`TokenPlace`] too.
///
/// What it costs is described there. A filter can't change the response, so add
/// [`TokenPlace::CACHE_CONTROL`] to it, around the whole route:
///
/// ```
/// use mobilefirst::{TokenPlace, TokenValidator};
/// use mobilefirst_warp::{Authorized, ThenGranted, authorized_from};
/// use warp::{Filter, Reply};
///
/// async fn statement(caller: Authorized) -> String {
///     format!("{:?}", caller.token().username())
/// }
///
/// fn routes(validator: &TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     warp::path!("statement")
///         .and(warp::get())
///         .and(authorized_from(validator, TokenPlace::query()))
///         .then_granted(statement)
///         .with(warp::reply::with::header("cache-control", TokenPlace::CACHE_CONTROL))
/// }
/// ```
///
/// In a group, use it without a [`RequireScope`](crate::RequireScope) around it, which looks
/// for a token in `Authorization` only.
#[doc(alias = "websocket")]
#[doc(alias = "sse")]
#[doc(alias = "EventSource")]
#[doc(alias = "cookie")]
#[doc(alias = "access_token")]
pub fn authorized_from<S: RequiredScope>(
    validator: &TokenValidator,
    place: TokenPlace,
) -> impl Filter<Extract = (Result<Authorized<S>, Denied>,), Error = Infallible>
+ Clone
+ Send
+ Sync
+ 'static
+ use<S> {
    let validator = validator.clone();
    head_with(place).then(move |method, path, headers| {
        let check = Head::of(method, path, headers).authorize(&validator);
        async {
            let permit = check.await?;
            Ok(Authorized(permit))
        }
    })
}

/// A filter that checks whether the request meets a requirement that is known only at run
/// time: a [`Scope`](mobilefirst::Scope), or a whole [`Requirement`].
///
/// A `Scope` carries no maximum age. If a type has a [`MAX_AGE`](RequiredScope::MAX_AGE),
/// passing its `SCOPE` here loses it: use [`authorized`].
///
/// ```
/// use mobilefirst::{Scope, TokenValidator};
/// use mobilefirst_warp::{Authorized, ThenGranted, authorized_scope};
/// use warp::{Filter, Reply};
///
/// async fn report(caller: Authorized) -> String {
///     format!("for {:?}", caller.username())
/// }
///
/// fn routes(validator: TokenValidator, scope: Scope) -> impl Filter<Extract: Reply> + Clone {
///     warp::path!("report")
///         .and(warp::get())
///         .and(authorized_scope(&validator, scope))
///         .then_granted(report)
/// }
/// ```
pub fn authorized_scope<R: Into<Requirement> + 'static>(
    validator: &TokenValidator,
    requirement: R,
) -> impl Filter<Extract = (Result<Authorized, Denied>,), Error = Infallible>
+ Clone
+ Send
+ Sync
+ 'static
+ use<R> {
    let requirement = requirement.into();
    let validator = validator.clone();
    head().then(move |method, path, headers| {
        let check = Head::of(method, path, headers).authorize_scope(&validator, &requirement);
        async {
            let permit = check.await?;
            Ok(Authorized(permit))
        }
    })
}

/// A filter for a route that also serves callers without a token.
///
/// It extracts `None` only if the request has no token. A request with a bad token is
/// refused.
///
/// ```
/// use mobilefirst::TokenValidator;
/// use mobilefirst_warp::{Authorized, ThenGranted, optional_authorized};
/// use warp::{Filter, Reply};
///
/// async fn greet(caller: Option<Authorized>) -> &'static str {
///     match caller {
///         Some(_) => "welcome back",
///         None => "welcome",
///     }
/// }
///
/// fn routes(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     warp::path!("greeting")
///         .and(warp::get())
///         .and(optional_authorized(&validator))
///         .then_granted(greet)
/// }
/// ```
pub fn optional_authorized<S: RequiredScope>(
    validator: &TokenValidator,
) -> impl Filter<Extract = (Result<Option<Authorized<S>>, Denied>,), Error = Infallible>
+ Clone
+ Send
+ Sync
+ 'static
+ use<S> {
    let validator = validator.clone();
    head().then(move |method, path, headers| {
        let check = Head::of(method, path, headers).authorize(&validator);
        async {
            let permit = check.optional().await?;
            Ok(permit.map(Authorized))
        }
    })
}
