//! A guard for a group of routes.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpMessage, ResponseError};
use mobilefirst::{RequiredScope, Requirement};

use crate::denied::Denied;
use crate::request;

/// Middleware that lets only authorized requests through to what it wraps.
///
/// Handlers take the caller as [`Caller`](crate::Caller). An [`Authorized<S>`](crate::Authorized)
/// or a `RequireScope` within makes no check of its own if this one proves enough; see
/// [`authorize_behind`](mobilefirst::TokenValidator::authorize_behind). A refusal is a
/// response, not an error, so that outer middleware such as CORS can add to it.
///
/// ```
/// use actix_web::{App, web};
/// use mobilefirst_actix_web::{Caller, RequireScope, scopes};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn balance(caller: Caller) -> String {
///     format!("{:?}", caller.username())
/// }
///
/// let accounts = web::scope("/accounts")
///     .route("/balance", web::get().to(balance))
///     .wrap(RequireScope::of::<AccessRestricted>());
/// let app = App::new().service(accounts);
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
}

impl<N, B> Transform<N, ServiceRequest> for RequireScope
where
    N: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type InitError = ();
    type Transform = RequireScopeService<N>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, next: N) -> Self::Future {
        ready(Ok(RequireScopeService {
            requirement: self.requirement.clone(),
            next: Rc::new(next),
        }))
    }
}

/// The service that [`RequireScope`] wraps around another.
pub struct RequireScopeService<N> {
    requirement: Requirement,
    next: Rc<N>,
}

impl<N> fmt::Debug for RequireScopeService<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequireScopeService")
            .field("requirement", &self.requirement)
            .finish_non_exhaustive()
    }
}

impl<N, B> Service<ServiceRequest> for RequireScopeService<N>
where
    N: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(next);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let check = request::authorize_scope(request.request(), &self.requirement);
        let next = self.next.clone();
        Box::pin(async move {
            match check.await {
                Ok(permit) => {
                    request.extensions_mut().insert(permit);
                    next.call(request)
                        .await
                        .map(ServiceResponse::map_into_left_body)
                }
                Err(denial) => {
                    let response = Denied::from(denial).error_response();
                    Ok(request.into_response(response).map_into_right_body())
                }
            }
        })
    }
}
