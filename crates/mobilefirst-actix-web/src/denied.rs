//! A refusal as an actix-web response.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpResponse, ResponseError};
use mobilefirst::Denial;

/// A refusal: a [`Denial`] as an actix-web error.
///
/// A handler that has [checks of its own](mobilefirst::Permit::forbidden) returns
/// `Result<_, Denied>`; `?` turns a [`Denial`] into this.
#[derive(Debug)]
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

impl ResponseError for Denied {
    fn status_code(&self) -> StatusCode {
        // actix-web uses http 0.2, so its types differ: convert through numbers and bytes.
        StatusCode::from_u16(self.0.status().as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in self.0.headers() {
            response.append_header((name.as_str(), value.as_bytes()));
        }
        match self.0.body() {
            Some(body) => response
                .append_header((CONTENT_TYPE.as_str(), body.content_type().as_bytes()))
                .body(body.bytes().clone()),
            None => response.finish(),
        }
    }
}
