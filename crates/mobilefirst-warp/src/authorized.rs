//! The caller of a route, authorized.

use std::convert::Infallible;
use std::fmt;
use std::ops::Deref;

use mobilefirst::{AnyScope, Permit, RequiredScope, Requirement, TokenValidator};
use warp::Filter;

use crate::denied::Denied;
use crate::request::{Head, head};

/// A caller whose token covers the scope `S`: what a guarded handler takes.
///
/// It derefs to [`Permit`], which holds what is known about the token. Without `S`, any
/// active token will do.
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

/// A filter that checks whether the request is authorized for the scope `S`.
///
/// It never rejects, for a rejected request goes on to the next route; it extracts the
/// refusal. Put it last, so that only a request that is for this route is checked, and
/// hand over to the handler with [`then_granted`](crate::ThenGranted::then_granted),
/// whose signature then says what `S` is.
pub fn authorized<S: RequiredScope>(
    validator: &TokenValidator,
) -> impl Filter<Extract = (Result<Authorized<S>, Denied>,), Error = Infallible>
+ Clone
+ Send
+ Sync
+ 'static
+ use<S> {
    let validator = validator.clone();
    head().then(move |head: Head| {
        let check = head.authorize(&validator);
        async {
            let permit = check.await?;
            Ok(Authorized(permit))
        }
    })
}

/// The same for a [`Scope`](mobilefirst::Scope), or a whole [`Requirement`], that is known
/// at run time only.
///
/// ```
/// use mobilefirst::{Scope, TokenValidator};
/// use mobilefirst_warp::{Authorized, ThenGranted, authorized_scope};
/// use warp::{Filter, Reply};
///
/// async fn report(caller: Authorized) -> String {
///     format!("for {:?}", caller.token().username())
/// }
///
/// fn routes(validator: &TokenValidator, scope: Scope) -> impl Filter<Extract: Reply> + Clone {
///     warp::path!("report")
///         .and(warp::get())
///         .and(authorized_scope(validator, scope))
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
    head().then(move |head: Head| {
        let check = head.authorize_scope(&validator, &requirement);
        async {
            let permit = check.await?;
            Ok(Authorized(permit))
        }
    })
}

/// The same for a route that serves strangers too.
///
/// It extracts `None` only where the request bears no token; a token that is there and
/// not good is refused.
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
/// fn routes(validator: &TokenValidator) -> impl Filter<Extract: Reply> + Clone {
///     warp::path!("greeting")
///         .and(warp::get())
///         .and(optional_authorized(validator))
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
    head().then(move |head: Head| {
        let check = head.authorize(&validator);
        async {
            let permit = check.optional().await?;
            Ok(permit.map(Authorized))
        }
    })
}
