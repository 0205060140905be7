//! A refusal as a warp reply.

use std::fmt;

use mobilefirst::Denial;
use warp::Reply;
use warp::http::header::CONTENT_TYPE;
use warp::reply::Response;

/// A refusal: a [`Denial`] as a warp reply.
///
/// It is not a rejection and cannot be made one, because warp tries the next route after a
/// rejection.
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

impl std::error::Error for Denied {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl Reply for Denied {
    fn into_response(self) -> Response {
        let body = self.0.body();
        let mut response = Response::new(body.map(|body| body.bytes().clone()).into());
        *response.status_mut() = self.0.status();
        response.headers_mut().extend(self.0.headers());
        if let Some(body) = body {
            let content_type = body.content_type().clone();
            response.headers_mut().insert(CONTENT_TYPE, content_type);
        }
        response
    }
}
