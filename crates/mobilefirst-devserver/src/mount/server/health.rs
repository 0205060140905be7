//! `GET /healthz`, for scripts that wait until the server is running. Faults do not affect it.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::json;

use crate::wire::refusal::Refusal;
use crate::wire::response::ok;

/// The answer to a request for `/healthz`; `None` for any other path.
pub(crate) fn answer(request: &Request<Bytes>) -> Option<Response<Bytes>> {
    if request.uri().path() != "/healthz" {
        return None;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Some(ok(&json!({ "server": "passed" })));
    }
    Some(Refusal::MethodNotAllowed("GET, HEAD").into_response())
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
