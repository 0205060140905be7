//! The console: a page that issues tokens, sets faults, and shows what resource servers ask.
//!
//! It consists of static files that fetch nothing from elsewhere. What it shows and does goes
//! through the control calls.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Method, Request, Response};

use crate::mount::server::admission::admit_local;
use crate::wire::refusal::Refusal;

struct File {
    path: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const fn file(path: &'static str, media_type: &'static str, text: &'static str) -> File {
    File {
        path,
        media_type,
        text,
    }
}

static FILES: [File; 13] = [
    file("/", HTML, include_str!("console/page.html")),
    file(
        "/devserver/console/layout.css",
        CSS,
        include_str!("console/layout.css"),
    ),
    file(
        "/devserver/console/controls.css",
        CSS,
        include_str!("console/controls.css"),
    ),
    file(
        "/devserver/console/icon.svg",
        SVG,
        include_str!("console/icon.svg"),
    ),
    // Where browsers look without being told, such as beside a JSON answer.
    file("/favicon.ico", SVG, include_str!("console/icon.svg")),
    file(
        "/devserver/console/main.js",
        SCRIPT,
        include_str!("console/main.js"),
    ),
    file(
        "/devserver/console/calls.js",
        SCRIPT,
        include_str!("console/calls.js"),
    ),
    file(
        "/devserver/console/clock.js",
        SCRIPT,
        include_str!("console/clock.js"),
    ),
    file(
        "/devserver/console/dom.js",
        SCRIPT,
        include_str!("console/dom.js"),
    ),
    file(
        "/devserver/console/faults.js",
        SCRIPT,
        include_str!("console/faults.js"),
    ),
    file(
        "/devserver/console/issue.js",
        SCRIPT,
        include_str!("console/issue.js"),
    ),
    file(
        "/devserver/console/server.js",
        SCRIPT,
        include_str!("console/server.js"),
    ),
    file(
        "/devserver/console/tokens.js",
        SCRIPT,
        include_str!("console/tokens.js"),
    ),
];

/// Nothing from elsewhere, nothing inline, no frame around it, and no HTML from text.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'",
);

/// The answer to a request for a file of the console; `None` for any other path.
pub(crate) fn answer(request: &Request<Bytes>, peer: IpAddr) -> Option<Response<Bytes>> {
    let mut files = FILES.iter();
    let file = files.find(|file| file.path == request.uri().path())?;
    if let Err(refusal) = admit_local(request, peer) {
        return Some(refusal.into_response());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some(Refusal::MethodNotAllowed("GET, HEAD").into_response());
    }
    let mut response = Response::new(Bytes::from_static(file.text.as_bytes()));
    let headers = response.headers_mut();
    let fixed = HeaderValue::from_static;
    headers.insert(CONTENT_TYPE, fixed(file.media_type));
    headers.insert(CACHE_CONTROL, fixed("no-store"));
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, fixed("nosniff"));
    headers.insert(REFERRER_POLICY, fixed("no-referrer"));
    for name in ["cross-origin-opener-policy", "cross-origin-resource-policy"] {
        headers.insert(HeaderName::from_static(name), fixed("same-origin"));
    }
    Some(response)
}
