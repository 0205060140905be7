//! The admin socket: `GET /healthz`, `GET /metrics` and `POST /invalidate`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, ORIGIN};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use mobilefirst::Subject;

use crate::gate::Gate;

/// Longest form, in bytes: twice the longest token by default.
const LONGEST_FORM: usize = 32 * 1024;

/// What operators ask. Anyone who reaches the socket may.
#[derive(Clone)]
pub(crate) struct Admin {
    gate: Gate,
    pub(crate) metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
}

impl Admin {
    pub(crate) fn new(gate: Gate) -> Self {
        Self {
            gate,
            metrics: None,
        }
    }

    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/healthz") => self.health().await,
            (&Method::GET | &Method::HEAD, "/metrics") => self.scrape(),
            (&Method::POST, "/invalidate") => self.invalidate(request).await,
            (_, "/healthz" | "/metrics") => not_allowed("GET, HEAD"),
            (_, "/invalidate") => not_allowed("POST"),
            _ => text(
                StatusCode::NOT_FOUND,
                "there are /healthz, /metrics and /invalidate",
            ),
        }
    }

    async fn health(&self) -> Response<Bytes> {
        let health = self.gate.validator().check().await;
        let status = match health.is_healthy() {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        let words = serde_json::to_vec(&health).unwrap_or_default();
        let mut response = text(status, words);
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }

    fn scrape(&self) -> Response<Bytes> {
        match &self.metrics {
            Some(render) => {
                let mut response = text(StatusCode::OK, render());
                let version = HeaderValue::from_static("text/plain; version=0.0.4");
                response.headers_mut().insert(CONTENT_TYPE, version);
                response
            }
            None => text(StatusCode::NOT_FOUND, "metrics are not recorded"),
        }
    }

    async fn invalidate(&self, request: Request<Incoming>) -> Response<Bytes> {
        // Browsers add Origin to every POST from a page, and no page can prevent it.
        if request.headers().contains_key(ORIGIN) {
            return text(StatusCode::FORBIDDEN, "web pages may not ask this");
        }
        let body = Limited::new(request.into_body(), LONGEST_FORM).collect();
        let Ok(form) = body.await else {
            return text(
                StatusCode::PAYLOAD_TOO_LARGE,
                "the form is cut off or too long",
            );
        };
        let form = form.to_bytes();
        let (name, value) = match parameter(&form) {
            Ok(parameter) => parameter,
            Err(advice) => return text(StatusCode::BAD_REQUEST, advice),
        };
        let subject = match &*name {
            "token" => Subject::Token(&value),
            "user" => Subject::User(&value),
            "client" => Subject::Client(&value),
            "device" => Subject::Device(&value),
            _ => return text(StatusCode::BAD_REQUEST, ADVICE),
        };
        // Forgotten here in any case.
        match self.gate.validator().invalidate(subject).await {
            Ok(()) => text(StatusCode::NO_CONTENT, ""),
            Err(_) => text(
                StatusCode::SERVICE_UNAVAILABLE,
                "forgotten here; the store could not be told, so ask again",
            ),
        }
    }
}

const ADVICE: &str = "the form must have exactly one parameter: token, user, client or device";

/// The only parameter of a form.
fn parameter(form: &[u8]) -> Result<(Cow<'_, str>, Cow<'_, str>), &'static str> {
    let mut parameters = form_urlencoded::parse(form);
    match (parameters.next(), parameters.next()) {
        (Some((_, value)), None) if value.is_empty() => Err("the parameter is empty"),
        (Some(parameter), None) => Ok(parameter),
        _ => Err(ADVICE),
    }
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

fn not_allowed(methods: &'static str) -> Response<Bytes> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "another method is needed");
    let methods = HeaderValue::from_static(methods);
    response.headers_mut().insert(ALLOW, methods);
    response
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_has_exactly_one_parameter() {
        let (name, value) = parameter(b"token=a%2Bb").unwrap();
        assert_eq!((&*name, &*value), ("token", "a+b"));
        for form in ["", "token=", "token", "token=a&token=b", "token=a&user=b"] {
            assert!(parameter(form.as_bytes()).is_err(), "{form}");
        }
    }
}
