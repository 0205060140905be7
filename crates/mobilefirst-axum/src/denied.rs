//! A refusal as a response of axum or of any tower service.

use std::error::Error;
use std::fmt;

use axum_core::body::Body;
use axum_core::response::IntoResponse;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use mobilefirst::Denial;

/// A refusal: a [`Denial`] as an axum rejection.
///
/// A handler that has [checks of its own](mobilefirst::Permit::forbidden) returns
/// `Result<_, Denied>`; `?` turns a [`Denial`] into this.
#[derive(Clone, Debug)]
pub struct Denied(pub Denial);

impl From<Denial> for Denied {
    fn from(denial: Denial) -> Self {
        Self(denial)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Denied {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response<Body> {
        Response::<Bytes>::from(self).map(Body::from)
    }
}

/// For tower services whose responses are not axum's. Outer middleware finds the [`Denial`]
/// in the response's extensions.
impl From<Denied> for Response<Bytes> {
    fn from(Denied(denial): Denied) -> Self {
        let mut response = Response::default();
        *response.status_mut() = denial.status();
        response.headers_mut().extend(denial.headers());
        if let Some(body) = denial.body() {
            let content_type = body.content_type().clone();
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            *response.body_mut() = body.bytes().clone();
        }
        response.extensions_mut().insert(denial);
        response
    }
}

/// The refusal of a request that any protocol over HTTP may have made.
pub(crate) fn response_to<B>(request: &Request<B>, denial: Denial) -> Response<Bytes> {
    let Some(response) = denial.grpc_response(request) else {
        return Response::from(Denied(denial));
    };
    let mut response = response.map(|()| Bytes::new());
    response.extensions_mut().insert(denial);
    response
}
