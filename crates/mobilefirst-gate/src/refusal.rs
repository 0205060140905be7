//! The answers to a caller who may not pass.

pub(crate) mod verdict;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use mobilefirst::{Denial, ErrorBody};
use serde::Deserialize;
use serde_json::json;

/// A refusal, ready to be sent. Nearly all are denials of the core, transcribed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) field: Option<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<ErrorBody>,
}

/// Why the gate itself refuses a request, before the core is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OwnReason {
    /// No route names the request: 404. It is no 403, because the client SDKs hang if one names
    /// no scope.
    NoRoute,
    /// The path is not in normal form: 400, without a challenge, because no token would help.
    AbnormalPath,
    /// There is no verdict to play back, because the proxy could not reach the gate: 503.
    NoVerdict,
}

/// The body of refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BodyFormat {
    #[default]
    None,
    /// `{"error":"<reason>"}`
    Json,
}

impl BodyFormat {
    pub(crate) fn body(self, reason: &str) -> Option<ErrorBody> {
        match self {
            Self::None => None,
            Self::Json => Some(ErrorBody::json(&json!({ "error": reason }))),
        }
    }
}

impl OwnReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::NoRoute => "no_route",
            Self::AbnormalPath => "abnormal_path",
            Self::NoVerdict => "no_verdict",
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::AbnormalPath => StatusCode::BAD_REQUEST,
            Self::NoVerdict => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl Refusal {
    pub(crate) fn own(reason: OwnReason, format: BodyFormat) -> Self {
        let pause = || (RETRY_AFTER, HeaderValue::from_static("1"));
        Self {
            status: reason.status(),
            field: (reason == OwnReason::NoVerdict).then(pause),
            body: format.body(reason.as_str()),
        }
    }

    pub(crate) fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.field);
        if let Some(body) = self.body {
            let content_type = body.content_type().clone();
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            *response.body_mut() = body.bytes().clone();
        }
        response
    }
}

impl From<Denial> for Refusal {
    fn from(denial: Denial) -> Self {
        Self {
            status: denial.status(),
            // A denial has at most one.
            field: denial.headers().next(),
            body: denial.body().cloned(),
        }
    }
}
