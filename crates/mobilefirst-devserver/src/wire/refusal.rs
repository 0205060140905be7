//! Why a request is refused, as a response.

use bytes::Bytes;
use http::header::{ALLOW, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::wire::response::{empty, json_response};

/// The reason for refusing a request.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// There is nothing at this path.
    NotFound,
    /// Only these methods are accepted here.
    MethodNotAllowed(&'static str),
    /// The request exceeds the server's limit.
    TooLarge,
    /// This caller may not make the call; the text tells the developer why.
    Forbidden(&'static str),
    /// The request is malformed; the text tells the developer how.
    InvalidRequest(String),
    /// Unknown confidential client, or wrong secret.
    InvalidClient,
    /// The requested scope exceeds the client's allowed scope.
    InvalidScope,
    /// Any grant but `client_credentials`.
    UnsupportedGrantType,
    /// The caller's own token is missing or not live.
    InvalidToken,
    /// The caller's own token lacks this scope.
    InsufficientScope(&'static str),
    /// A refusal of version 7: this status, with this challenge.
    Challenge(StatusCode, String),
}

impl Refusal {
    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::InvalidRequest(description.into())
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        match self {
            Self::NotFound => empty(StatusCode::NOT_FOUND),
            Self::MethodNotAllowed(methods) => {
                let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
                let methods = HeaderValue::from_static(methods);
                response.headers_mut().insert(ALLOW, methods);
                response
            }
            Self::TooLarge => empty(StatusCode::PAYLOAD_TOO_LARGE),
            Self::Forbidden(description) => json_response(
                StatusCode::FORBIDDEN,
                &json!({ "error": "forbidden", "error_description": description }),
            ),
            Self::InvalidRequest(description) => bad_request(&json!({
                "error": "invalid_request",
                "error_description": description,
            })),
            // RFC 6749 §5.2 allows 401 here; MobileFirst Server answers 400.
            Self::InvalidClient => bad_request(&json!({ "error": "invalid_client" })),
            Self::InvalidScope => bad_request(&json!({ "error": "invalid_scope" })),
            Self::UnsupportedGrantType => {
                bad_request(&json!({ "error": "unsupported_grant_type" }))
            }
            Self::InvalidToken => challenged(
                empty(StatusCode::UNAUTHORIZED),
                r#"Bearer error="invalid_token""#.to_owned(),
            ),
            Self::InsufficientScope(scope) => challenged(
                empty(StatusCode::FORBIDDEN),
                format!(r#"Bearer error="insufficient_scope", scope="{scope}""#),
            ),
            // IBM's Node.js filter acts only once it has parsed a JSON body: without one, its
            // caller never gets an answer.
            Self::Challenge(status, challenge) => challenged(
                json_response(status, &json!({ "active": false })),
                challenge,
            ),
        }
    }
}

fn bad_request(body: &Value) -> Response<Bytes> {
    json_response(StatusCode::BAD_REQUEST, body)
}

fn challenged(mut response: Response<Bytes>, challenge: String) -> Response<Bytes> {
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
