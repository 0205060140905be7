//! Takes tokens from a place other than `Authorization`.

use std::fmt;
use std::future::{Ready, ready};
use std::pin::Pin;

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, HeaderValue};
use mobilefirst::TokenPlace;

/// Middleware for routes whose clients can't set `Authorization`: it takes the token from
/// another [`TokenPlace`] too.
///
/// It goes around the guards, extractors or middleware, of the routes that need it; what is
/// wrapped last is outermost. What it costs is described at [`TokenPlace`].
///
/// ```
/// use actix_web::{App, web};
/// use mobilefirst::TokenPlace;
/// use mobilefirst_actix_web::{Authorized, TokenFrom};
///
/// async fn statement(caller: Authorized) -> String {
///     format!("{:?}", caller.token().username())
/// }
///
/// let downloads = web::resource("/statement")
///     .get(statement)
///     .wrap(TokenFrom::new(TokenPlace::query()));
/// let app = App::new().service(downloads);
/// ```
///
/// A response to a request with such a token gets
/// [`Cache-Control: no-store, private`](TokenPlace::CACHE_CONTROL).
/// The token stays in the URI of the request, for middleware that logs it, as actix-web's
/// `Logger` does: see [`TokenPlace::query`].
#[doc(alias = "websocket")]
#[doc(alias = "sse")]
#[doc(alias = "EventSource")]
#[doc(alias = "cookie")]
#[doc(alias = "access_token")]
#[derive(Clone, Copy, Debug)]
pub struct TokenFrom {
    place: TokenPlace,
}

impl TokenFrom {
    /// Takes tokens from `place`, beside `Authorization`.
    pub fn new(place: TokenPlace) -> Self {
        Self { place }
    }
}

impl<N, B> Transform<N, ServiceRequest> for TokenFrom
where
    N: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type InitError = ();
    type Transform = TokenFromService<N>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, next: N) -> Self::Future {
        let place = self.place;
        ready(Ok(TokenFromService { place, next }))
    }
}

/// The service that [`TokenFrom`] wraps around another.
pub struct TokenFromService<N> {
    place: TokenPlace,
    next: N,
}

impl<N> fmt::Debug for TokenFromService<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenFromService")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

impl<N, B> Service<ServiceRequest> for TokenFromService<N>
where
    N: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>>>>;

    forward_ready!(next);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let query = request.uri().query();
        let cookies = request.headers().get_all(COOKIE);
        let tokens = self.place.tokens(query, cookies.map(HeaderValue::as_bytes));
        let is_found = !tokens.is_empty();
        for token in tokens {
            // actix-web uses http 0.2, so its types differ.
            if let Ok(mut token) = HeaderValue::from_bytes(token.as_bytes()) {
                token.set_sensitive(true);
                request.headers_mut().append(AUTHORIZATION, token);
            }
        }
        let response = self.next.call(request);
        Box::pin(async move {
            let mut response = response.await?;
            if is_found {
                let value = HeaderValue::from_static(TokenPlace::CACHE_CONTROL);
                response.headers_mut().insert(CACHE_CONTROL, value);
            }
            Ok(response)
        })
    }
}
