//! A guard for a group of routes, or for any tower service.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use mobilefirst::{Authorize, RequiredScope, Requirement, TokenValidator};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::drain::Drain;
use crate::response_body::ResponseBody;
use crate::{denied, request};

/// A tower layer that lets only authorized requests through to what it wraps.
///
/// Handlers take the caller as [`Caller`](crate::Caller). An [`Authorized<S>`](crate::Authorized)
/// or a layer within makes no check of its own if this one proves enough; see
/// [`authorize_behind`](TokenValidator::authorize_behind). Other services find the
/// [`Permit`](mobilefirst::Permit) in the request's extensions. A refusal is a response, not
/// an error, so that outer middleware such as CORS can add to it.
///
/// ```
/// use axum::{Router, routing::get};
/// use mobilefirst_axum::{Caller, RequireScopeLayer, TokenValidator, scopes};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn balance(caller: Caller) -> String {
///     format!("{:?}", caller.username())
/// }
///
/// fn app(validator: TokenValidator) -> Router {
///     let accounts = Router::new()
///         .route("/balance", get(balance))
///         .route_layer(RequireScopeLayer::of::<AccessRestricted>(validator));
///     Router::new().nest("/accounts", accounts)
/// }
/// ```
///
/// As with any axum layer, routes that are added **after** it are not guarded.
/// `route_layer` guards the routes only, so an unknown path is still a 404; `layer` guards
/// the router's own `fallback` too.
///
/// # Back pressure
///
/// The guard is always ready. It waits for the inner service to be ready only once a
/// request is granted, so requests under check take no place in an inner
/// `ConcurrencyLimit` or `Buffer`. To bound the requests under check too, put a limit
/// around the guard.
///
/// # Other services
///
/// It fits any service that takes [`http::Request`] and answers [`http::Response`],
/// whatever their bodies, on tokio. For gRPC with tonic, see [the crate's
/// documentation](crate#grpc).
///
/// # Uploads
///
/// Many HTTP/1 clients, such as the JDK's `HttpURLConnection` and Python's `http.client`,
/// write their whole request before they read anything. A server that stops reading resets
/// the connection, and such a client reports a broken pipe in place of the refusal. The
/// guard therefore sends a refusal at once, and reads the rest of the request in the
/// background, without keeping it and within the bounds of
/// [`drain_refused_body`](mobilefirst::drain_refused_body). The body of a client that
/// expects `100 Continue` is not asked for.
#[doc(alias = "middleware")]
#[doc(alias = "grpc")]
#[doc(alias = "tonic")]
#[doc(alias = "tower")]
#[doc(alias = "role")]
#[derive(Clone, Debug)]
pub struct RequireScopeLayer {
    validator: TokenValidator,
    requirement: Requirement,
}

impl RequireScopeLayer {
    /// Requires what the type `S` requires: its
    /// [`SCOPE`](mobilefirst::RequiredScope::SCOPE) and its
    /// [`MAX_AGE`](mobilefirst::RequiredScope::MAX_AGE).
    pub fn of<S: RequiredScope>(validator: TokenValidator) -> Self {
        Self::new(validator, Requirement::of::<S>())
    }

    /// Requires a [`Scope`](mobilefirst::Scope), or a whole [`Requirement`], that is known
    /// only at run time.
    ///
    /// A `Scope` carries no maximum age. If a type has a
    /// [`MAX_AGE`](mobilefirst::RequiredScope::MAX_AGE), passing its `SCOPE` here loses it:
    /// use [`of`](Self::of).
    pub fn new(validator: TokenValidator, requirement: impl Into<Requirement>) -> Self {
        Self {
            validator,
            requirement: requirement.into(),
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

/// The service that [`RequireScopeLayer`] wraps around another.
#[derive(Clone, Debug)]
pub struct RequireScope<N> {
    guard: RequireScopeLayer,
    next: N,
}

impl<N, B, R> Service<Request<B>> for RequireScope<N>
where
    N: Service<Request<B>, Response = Response<R>> + Clone,
    B: Body + Send + 'static,
{
    type Response = Response<ResponseBody<R>>;
    type Error = N::Error;
    type Future = ResponseFuture<N, B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), N::Error>> {
        // A service that is ready may hold a place in a queue. A request that is not yet
        // granted must not, or callers without a token could fill the queue.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture<N, B> {
        let guard = &self.guard;
        let check = request::authorize_scope(&request, &guard.validator, &guard.requirement);
        let guarded = Some((self.next.clone(), request));
        ResponseFuture {
            state: State::Checking { check, guarded },
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
        Granted { next: N, request: Option<Request<B>> },
        Called { #[pin] response: N::Future },
    }
}

impl<N, B, R> Future for ResponseFuture<N, B>
where
    N: Service<Request<B>, Response = Response<R>>,
    B: Body + Send + 'static,
{
    type Output = Result<Response<ResponseBody<R>>, N::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProjection::Checking { check, guarded } => {
                    let verdict = ready!(Pin::new(check).poll(cx));
                    let (next, mut request) = guarded.take().expect("polled after its end");
                    let permit = match verdict {
                        Ok(permit) => permit,
                        Err(denial) => {
                            let response = denied::response_to(&request, denial);
                            if let Some(drain) = Drain::of(&request) {
                                drain.in_background(request.into_body());
                            }
                            return Poll::Ready(Ok(response.map(ResponseBody::refusal)));
                        }
                    };
                    request.extensions_mut().insert(permit);
                    let request = Some(request);
                    state.set(State::Granted { next, request });
                }
                StateProjection::Granted { next, request } => {
                    ready!(next.poll_ready(cx))?;
                    let request = request.take().expect("polled after its end");
                    let response = next.call(request);
                    state.set(State::Called { response });
                }
                StateProjection::Called { response } => {
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
