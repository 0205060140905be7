//! A guard for a group of routes, or for any service of tower.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Authorize, Requirement, TokenValidator};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::denied::Denied;
use crate::request;
use crate::response_body::ResponseBody;

/// Lets only authorized requests through to what it wraps: a layer of tower.
///
/// The [`Permit`](mobilefirst::Permit) is left in the request's extensions, where
/// handlers take it as `axum::Extension<Permit>`. A refusal is a response, not an error,
/// so that outer middleware such as CORS can add to it.
///
/// ```
/// use axum::{Extension, Router, routing::get};
/// use mobilefirst::{Permit, Scope, TokenValidator};
/// use mobilefirst_axum::RequireScopeLayer;
///
/// async fn balance(Extension(caller): Extension<Permit>) -> String {
///     format!("{:?}", caller.token().username())
/// }
///
/// fn app(validator: TokenValidator) -> Router {
///     let scope = Scope::from_static("accessRestricted");
///     let accounts = Router::new()
///         .route("/balance", get(balance))
///         .route_layer(RequireScopeLayer::new(validator, scope));
///     Router::new().nest("/accounts", accounts)
/// }
/// ```
///
/// As with any layer of axum, routes that are added **after** it are not guarded.
/// `route_layer` guards the routes, so that an unknown path is still a 404; `layer`
/// guards the router's own `fallback` too.
///
/// # Other services
///
/// It fits each service that takes [`http::Request`] and answers [`http::Response`],
/// whatever their bodies. So it guards gRPC with tonic, a whole server by
/// `Server::builder().layer(guard)` or one service by `LayerExt::named_layer`; methods
/// find the [`Permit`](mobilefirst::Permit) in the extensions of `tonic::Request`. A
/// refusal is the same HTTP response: gRPC clients read 401 as `UNAUTHENTICATED`, 403 as
/// `PERMISSION_DENIED`, 503 as `UNAVAILABLE`, 400 as `INTERNAL` and others as `UNKNOWN`
/// ([HTTP to gRPC status codes][mapping]).
///
/// [mapping]: https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
#[derive(Clone, Debug)]
pub struct RequireScopeLayer {
    validator: TokenValidator,
    requirement: Requirement,
}

impl RequireScopeLayer {
    /// Requires a [`Scope`](mobilefirst::Scope): a value, or a type's
    /// [`SCOPE`](mobilefirst::RequiredScope::SCOPE); or a whole [`Requirement`].
    pub fn new(validator: TokenValidator, requirement: impl Into<Requirement>) -> Self {
        let requirement = requirement.into();
        Self {
            validator,
            requirement,
        }
    }
}

impl<N> Layer<N> for RequireScopeLayer {
    type Service = RequireScope<N>;

    fn layer(&self, next: N) -> RequireScope<N> {
        let guard = self.clone();
        RequireScope { guard, next }
    }
}

/// The service that [`RequireScopeLayer`] makes of what it wraps.
#[derive(Clone, Debug)]
pub struct RequireScope<N> {
    guard: RequireScopeLayer,
    next: N,
}

impl<N, B, R> Service<Request<B>> for RequireScope<N>
where
    N: Service<Request<B>, Response = Response<R>> + Clone,
{
    type Response = Response<ResponseBody<R>>;
    type Error = N::Error;
    type Future = ResponseFuture<N, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), N::Error>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<N, B> {
        let guard = &self.guard;
        let check = request::authorize_scope(&request, &guard.validator, &guard.requirement);
        // Only this very service was polled ready; its clone was not.
        let clone = self.next.clone();
        let ready = mem::replace(&mut self.next, clone);
        ResponseFuture {
            state: State::Checking {
                check,
                guarded: Some((ready, request)),
            },
        }
    }
}

pin_project! {
    /// The future of [`RequireScope`].
    pub struct ResponseFuture<N: Service<Request<B>>, B> {
        #[pin]
        state: State<N, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<N: Service<Request<B>>, B> {
        Checking { check: Authorize, guarded: Option<(N, Request<B>)> },
        Granted { #[pin] response: N::Future },
    }
}

impl<N, B, R> Future for ResponseFuture<N, B>
where
    N: Service<Request<B>, Response = Response<R>>,
{
    type Output = Result<Response<ResponseBody<R>>, N::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProjection::Checking { check, guarded } => {
                    let verdict = ready!(Pin::new(check).poll(cx));
                    // Taken in either case: a service that is ready may hold a place in
                    // a queue, which a refusal must give back.
                    let (mut next, mut request) = guarded.take().expect("polled after its end");
                    let permit = match verdict {
                        Ok(permit) => permit,
                        Err(denial) => {
                            let response = Response::<Bytes>::from(Denied::from(denial));
                            return Poll::Ready(Ok(response.map(ResponseBody::refusal)));
                        }
                    };
                    request.extensions_mut().insert(permit);
                    let response = next.call(request);
                    state.set(State::Granted { response });
                }
                StateProjection::Granted { response } => {
                    let response = ready!(response.poll(cx))?;
                    return Poll::Ready(Ok(response.map(ResponseBody::inner)));
                }
            }
        }
    }
}

impl<N: Service<Request<B>>, B> fmt::Debug for ResponseFuture<N, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
