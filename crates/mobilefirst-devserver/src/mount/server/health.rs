//! `GET /healthz`, for scripts that wait until the server is running. Faults do not affect it.

use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;

use crate::wire::response::{empty, ok};

/// The answer to a request for `/healthz`; `None` for any other path.
pub(crate) fn answer(request: &Request<Bytes>) -> Option<Response<Bytes>> {
    if request.uri().path() != "/healthz" {
        return None;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some(ok(&json!({ "server": "passed" })));
    }
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    let reads = HeaderValue::from_static("GET, HEAD");
    response.headers_mut().insert(ALLOW, reads);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reads_of_the_exact_path_pass() {
        for (method, path, status) in [
            ("GET", "/healthz", Some(200)),
            ("HEAD", "/healthz", Some(200)),
            ("POST", "/healthz", Some(405)),
            ("GET", "/healthz/", None),
            ("GET", "/mfp/api/healthz", None),
        ] {
            let request = Request::builder().method(method).uri(path);
            let response = answer(&request.body(Bytes::new()).unwrap());
            let found = response.map(|response| response.status().as_u16());
            assert_eq!(found, status, "{method} {path}");
        }
    }
}
