//! The responses that the endpoints have in common.

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

/// Why a request is not served.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Nothing is at this path.
    NotFound,
    /// Every endpoint takes `POST` only.
    MethodNotAllowed,
    /// The request is over the server's limit.
    TooLarge,
    /// A web page must not make this call.
    Forbidden,
    /// The request makes no sense; the text is for a developer.
    InvalidRequest(String),
    /// No such confidential client, or another secret.
    InvalidClient,
    /// The client's allowed scope lacks what it asks for.
    InvalidScope,
    /// Another grant than `client_credentials`.
    UnsupportedGrantType,
    /// The call bears no live token.
    InvalidToken,
    /// The call's token lacks this scope.
    InsufficientScope(&'static str),
    /// This status, with this challenge.
    Challenge(StatusCode, String),
}

impl Refusal {
    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::InvalidRequest(description.into())
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        match self {
            Self::NotFound => empty(StatusCode::NOT_FOUND),
            Self::MethodNotAllowed => {
                let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
                let post = HeaderValue::from_static("POST");
                response.headers_mut().insert(ALLOW, post);
                response
            }
            Self::TooLarge => empty(StatusCode::PAYLOAD_TOO_LARGE),
            Self::Forbidden => empty(StatusCode::FORBIDDEN),
            Self::InvalidRequest(description) => bad_request(&json!({
                "error": "invalid_request",
                "error_description": description,
            })),
            // RFC 6749 §5.2 has 401 for this one; MobileFirst Server answers 400.
            Self::InvalidClient => bad_request(&json!({ "error": "invalid_client" })),
            Self::InvalidScope => bad_request(&json!({ "error": "invalid_scope" })),
            Self::UnsupportedGrantType => {
                bad_request(&json!({ "error": "unsupported_grant_type" }))
            }
            Self::InvalidToken => challenge(
                StatusCode::UNAUTHORIZED,
                r#"Bearer error="invalid_token""#.to_owned(),
            ),
            Self::InsufficientScope(scope) => challenge(
                StatusCode::FORBIDDEN,
                format!(r#"Bearer error="insufficient_scope", scope="{scope}""#),
            ),
            Self::Challenge(status, text) => challenge(status, text),
        }
    }
}

/// 200 with a JSON body that no cache may keep.
pub(crate) fn ok(body: &Value) -> Response<Bytes> {
    json_response(StatusCode::OK, body)
}

/// A response with this status and no body.
pub(crate) fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

fn bad_request(body: &Value) -> Response<Bytes> {
    json_response(StatusCode::BAD_REQUEST, body)
}

fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn challenge(status: StatusCode, challenge: String) -> Response<Bytes> {
    let mut response = empty(status);
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}
