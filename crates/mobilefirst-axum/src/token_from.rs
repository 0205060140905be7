//! Takes tokens from a place other than `Authorization`.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE};
use http::{HeaderValue, Request, Response};
use mobilefirst::TokenPlace;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// A tower layer for routes whose clients can't set `Authorization`: it takes the token from
/// another [`TokenPlace`] too.
///
/// It goes around the guards, extractors or layers, of the routes that need it. What it costs
/// is described at [`TokenPlace`].
///
/// ```
/// use axum::{Router, routing::get};
/// use mobilefirst::{TokenPlace, TokenValidator};
/// use mobilefirst_axum::{Authorized, TokenFromLayer};
///
/// async fn statement(caller: Authorized) -> String {
///     format!("{:?}", caller.token().username())
/// }
///
/// fn app(validator: TokenValidator) -> Router {
///     let downloads = Router::new()
///         .route("/statement", get(statement))
///         .route_layer(TokenFromLayer::new(TokenPlace::query()));
///     Router::new().merge(downloads).with_state(validator)
/// }
/// ```
///
/// A response to a request with such a token gets
/// [`Cache-Control: no-store, private`](TokenPlace::CACHE_CONTROL).
/// The token stays in the URI of the request, for layers that log it: see
/// [`TokenPlace::query`].
#[doc(alias = "websocket")]
#[doc(alias = "sse")]
#[doc(alias = "EventSource")]
#[doc(alias = "cookie")]
#[doc(alias = "access_token")]
#[derive(Clone, Copy, Debug)]
pub struct TokenFromLayer {
    place: TokenPlace,
}

impl TokenFromLayer {
    /// Takes tokens from `place`, beside `Authorization`.
    pub fn new(place: TokenPlace) -> Self {
        Self { place }
    }
}

impl<N> Layer<N> for TokenFromLayer {
    type Service = TokenFrom<N>;

    fn layer(&self, next: N) -> TokenFrom<N> {
        let place = self.place;
        TokenFrom { place, next }
    }
}

/// The service that [`TokenFromLayer`] wraps around another.
#[derive(Clone, Debug)]
pub struct TokenFrom<N> {
    place: TokenPlace,
    next: N,
}

impl<N, B, R> Service<Request<B>> for TokenFrom<N>
where
    N: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = N::Error;
    type Future = TokenFromFuture<N::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), N::Error>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let query = request.uri().query();
        let tokens = self.place.tokens(query, request.headers().get_all(COOKIE));
        let cache_control = match tokens.is_empty() {
            true => None,
            false => Some(HeaderValue::from_static(TokenPlace::CACHE_CONTROL)),
        };
        for token in tokens {
            request.headers_mut().append(AUTHORIZATION, token);
        }
        TokenFromFuture {
            response: self.next.call(request),
            cache_control,
        }
    }
}

pin_project! {
    /// The future of [`TokenFrom`].
    pub struct TokenFromFuture<F> {
        #[pin]
        response: F,
        cache_control: Option<HeaderValue>,
    }
}

impl<F, R, E> Future for TokenFromFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.response.poll(cx))?;
        if let Some(value) = this.cache_control.take() {
            response.headers_mut().insert(CACHE_CONTROL, value);
        }
        Poll::Ready(Ok(response))
    }
}

impl<F> fmt::Debug for TokenFromFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFromFuture").finish_non_exhaustive()
    }
}
