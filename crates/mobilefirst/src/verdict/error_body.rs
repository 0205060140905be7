//! The body of a refusal.

use std::fmt;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

/// The body of a refusal and its media type.
///
/// ```
/// use mobilefirst::ErrorBody;
///
/// let body = ErrorBody::json(&serde_json::json!({"code": "no_token"}));
/// assert_eq!(body.content_type(), "application/json");
/// assert_eq!(body.bytes(), r#"{"code":"no_token"}"#);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ErrorBody {
    content_type: HeaderValue,
    bytes: Bytes,
}

impl ErrorBody {
    /// Creates a body of any media type.
    pub fn new(content_type: HeaderValue, bytes: impl Into<Bytes>) -> Self {
        Self {
            content_type,
            bytes: bytes.into(),
        }
    }

    /// Creates a body of plain text, in UTF-8.
    pub fn text(text: impl Into<String>) -> Self {
        let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
        Self::new(content_type, text.into())
    }

    /// Creates a JSON body from `value`. It is empty if `value` cannot be serialized.
    pub fn json(value: &impl Serialize) -> Self {
        let content_type = HeaderValue::from_static("application/json");
        Self::new(content_type, serde_json::to_vec(value).unwrap_or_default())
    }

    /// Creates problem details, `application/problem+json` (RFC 9457).
    ///
    /// They hold the status and its standard phrase, if it has one, and nothing about the caller, the token
    /// or this server. The type is `about:blank`: the problem has no more semantics than the
    /// status (§4.2.1).
    ///
    /// ```
    /// use http::StatusCode;
    /// use mobilefirst::ErrorBody;
    ///
    /// let body = ErrorBody::problem(StatusCode::UNAUTHORIZED);
    /// assert_eq!(body.content_type(), "application/problem+json");
    /// assert_eq!(body.bytes(), r#"{"type":"about:blank","title":"Unauthorized","status":401}"#);
    /// ```
    #[doc(alias = "rfc9457")]
    #[doc(alias = "rfc7807")]
    pub fn problem(status: StatusCode) -> Self {
        #[derive(Serialize)]
        struct Problem {
            r#type: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            title: Option<&'static str>,
            status: u16,
        }
        let problem = Problem {
            r#type: "about:blank",
            title: status.canonical_reason(),
            status: status.as_u16(),
        };
        Self {
            content_type: HeaderValue::from_static("application/problem+json"),
            ..Self::json(&problem)
        }
    }

    /// Returns the value of the `Content-Type` field.
    pub fn content_type(&self) -> &HeaderValue {
        &self.content_type
    }

    /// Returns the content of the body.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// Shows the length of the content only, because the application may put anything into it.
impl fmt::Debug for ErrorBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorBody")
            .field("content_type", &self.content_type)
            .field("length", &self.bytes.len())
            .finish()
    }
}
