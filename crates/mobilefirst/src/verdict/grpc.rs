//! Refusals of gRPC calls. No other module decides on a gRPC status.

use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method, Request, Response};

use crate::verdict::denial::{Denial, Reason};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

/// # For adapters
impl Denial {
    /// Returns the response to a gRPC call, or `None` if `request` is no such call.
    ///
    /// A gRPC client expects 200 for every outcome. The response is *trailers only*: its
    /// header fields hold `grpc-status`, `grpc-message` and those of
    /// [`headers`](Self::headers), and it has no body, whatever
    /// [`error_body`](crate::TokenValidatorBuilder::error_body) says ([gRPC over
    /// HTTP/2][http2]; [gRPC-Web][web] takes it too). Send it at once and as the end of the
    /// stream.
    ///
    /// A call is a POST whose `Content-Type` is `application/grpc`, `application/grpc-web` or
    /// `application/grpc-web-text`, with any suffix such as `+proto`. Everyone else must get
    /// [`status`](Self::status).
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use mobilefirst::Denial;
    ///
    /// fn refuse<B>(denial: &Denial, request: &Request<B>) -> Response<Bytes> {
    ///     if let Some(response) = denial.grpc_response(request) {
    ///         return response.map(|()| Bytes::new());
    ///     }
    ///     let mut response = Response::new(Bytes::new());
    ///     *response.status_mut() = denial.status();
    ///     response.headers_mut().extend(denial.headers());
    ///     response
    /// }
    ///
    /// let denial = Denial::not_set_up("register a validator");
    /// let call = Request::post("/bank.Bank/Balance")
    ///     .header("content-type", "application/grpc+proto")
    ///     .body(())?;
    /// let response = refuse(&denial, &call);
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(response.headers()["grpc-status"], "13");
    /// # Ok::<(), http::Error>(())
    /// ```
    ///
    /// [http2]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
    /// [web]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md
    #[doc(alias = "tonic")]
    pub fn grpc_response<B>(&self, request: &Request<B>) -> Option<Response<()>> {
        let media_type = answered_with(request.method(), request.headers().get(CONTENT_TYPE)?)?;
        let mut response = Response::new(());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let (code, message) = status(self.reason());
        headers.insert(GRPC_STATUS, HeaderValue::from(code));
        headers.insert(GRPC_MESSAGE, HeaderValue::from_static(message));
        headers.extend(self.headers());
        Some(response)
    }
}

/// Returns the [code][codes] that fits the reason, and a text for the caller. The text
/// tells no more than the code, and is sent as it is: it needs no percent-encoding.
///
/// [codes]: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
fn status(reason: Reason) -> (u16, &'static str) {
    match reason {
        // INVALID_ARGUMENT
        Reason::InvalidRequest => (3, "the `authorization` metadata is malformed"),
        // PERMISSION_DENIED
        Reason::InsufficientScope => (7, "the token does not cover the required scope"),
        Reason::BlockedDevice | Reason::Forbidden => (7, "the caller may not do this"),
        // ABORTED
        Reason::Conflict => (10, "the client's state changed during the check"),
        // INTERNAL
        Reason::Misconfigured | Reason::InvalidResponse => (13, "the token cannot be checked"),
        // UNAVAILABLE
        Reason::Unavailable => (14, "the token cannot be checked at the moment"),
        // UNAUTHENTICATED
        Reason::MissingToken => (16, "the request has no bearer token"),
        Reason::InvalidToken => (16, "the token is not valid"),
    }
}

/// Returns the media type of the answer to a gRPC call.
///
/// Only a POST is one. A proxy that asks for a verdict before it passes a request on, such
/// as nginx's `auth_request`, sends a GET with the caller's `Content-Type`. To answer 200
/// there would let the caller in.
fn answered_with(method: &Method, content_type: &HeaderValue) -> Option<&'static str> {
    if method != Method::POST {
        return None;
    }
    // A media type is written in either case (RFC 9110 §8.3.1).
    let written = content_type.as_bytes();
    let end = written
        .iter()
        .position(|byte| b"+; \t".contains(byte))
        .unwrap_or(written.len());
    [
        "application/grpc",
        "application/grpc-web",
        "application/grpc-web-text",
    ]
    .into_iter()
    .find(|known| written[..end].eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grpc_call_is_told_by_method_and_media_type() {
        const GRPC: Option<&str> = Some("application/grpc");
        const WEB: Option<&str> = Some("application/grpc-web");
        const TEXT: Option<&str> = Some("application/grpc-web-text");
        for (content_type, expected) in [
            ("application/grpc", GRPC),
            ("application/grpc+proto", GRPC),
            ("application/grpc+json", GRPC),
            ("Application/gRPC;charset=utf-8", GRPC),
            ("application/grpc ; charset=utf-8", GRPC),
            ("application/grpc-web", WEB),
            ("application/grpc-web+proto", WEB),
            ("application/grpc-web-text", TEXT),
            ("application/grpc-web-text+proto", TEXT),
            ("application/grpcs", None),
            ("application/grpc-webby", None),
            ("application/json", None),
            ("application/x; application/grpc", None),
            ("+application/grpc", None),
            ("", None),
        ] {
            let content_type = HeaderValue::from_static(content_type);
            let seen = answered_with(&Method::POST, &content_type);
            assert_eq!(seen, expected, "{content_type:?}");
            assert_eq!(answered_with(&Method::GET, &content_type), None);
        }
    }

    /// gRPC asks to percent-encode all other bytes.
    #[test]
    fn each_message_is_plain() {
        for reason in [
            Reason::MissingToken,
            Reason::InvalidRequest,
            Reason::InvalidToken,
            Reason::InsufficientScope,
            Reason::Conflict,
            Reason::Unavailable,
            Reason::Misconfigured,
            Reason::InvalidResponse,
        ] {
            let (_, message) = status(reason);
            let is_plain = |byte| (0x20..=0x7e).contains(&byte) && byte != b'%';
            assert!(message.bytes().all(is_plain), "{message}");
        }
    }
}
