//! The calls that control a server on a port.

mod clock;
mod faults;
mod snapshot;
mod tokens;

use std::net::IpAddr;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;

use crate::authority::Authority;
use crate::mount::server::admission::{admit_own_page, admit_program};
use crate::wire::parameters::{Parameters, is_json};
use crate::wire::refusal::Refusal;
use crate::wire::response::ok;

/// The answer to a control call; `None` for any other path.
pub(crate) async fn answer(
    authority: &Authority,
    request: &Request<Bytes>,
    peer: IpAddr,
) -> Option<Response<Bytes>> {
    let call: Call = match request.uri().path() {
        "/devserver/state" => {
            let answer = state(authority, request, peer).await;
            return Some(answer.map_or_else(Refusal::into_response, |body| ok(&body)));
        }
        "/devserver/tokens" => tokens::issue,
        "/devserver/revoke" => tokens::revoke,
        "/devserver/expire" => tokens::expire,
        "/devserver/faults" => faults::set,
        "/devserver/faults/clear" => faults::clear,
        "/devserver/clock" => clock::advance,
        "/devserver/clock/reset" => clock::reset,
        _ => return None,
    };
    let answer = parameters(request, peer).and_then(|parameters| call(authority, &parameters));
    Some(answer.map_or_else(Refusal::into_response, |body| ok(&body)))
}

type Call = fn(&Authority, &Parameters) -> Result<Value, Refusal>;

async fn state(
    authority: &Authority,
    request: &Request<Bytes>,
    peer: IpAddr,
) -> Result<Value, Refusal> {
    admit_own_page(request, peer)?;
    if request.method() != Method::GET {
        return Err(Refusal::MethodNotAllowed("GET"));
    }
    snapshot::when_changed(authority, request.uri().query().unwrap_or_default()).await
}

/// What a call asks for, if the caller may make it. Other programs may send forms to issue and
/// to revoke tokens from anywhere; JSON is for this machine.
fn parameters(request: &Request<Bytes>, peer: IpAddr) -> Result<Parameters, Refusal> {
    let takes_forms = ["/devserver/tokens", "/devserver/revoke"].contains(&request.uri().path());
    let is_form = takes_forms && !is_json(request);
    match is_form {
        true => admit_program(request)?,
        false => admit_own_page(request, peer)?,
    }
    if request.method() != Method::POST {
        return Err(Refusal::MethodNotAllowed("POST"));
    }
    match is_form {
        true => Parameters::read_form(request),
        false => Parameters::read_json(request),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use http::header::{CONTENT_TYPE, HOST, ORIGIN};
    use serde_json::json;

    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn request(path: &str, form: &str) -> Request<Bytes> {
        Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form.to_owned()))
            .unwrap()
    }

    async fn call(authority: &Authority, path: &str, form: &str) -> (u16, Value) {
        let response = answer(authority, &request(path, form), LOOPBACK).await;
        let response = response.unwrap();
        let body = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), body)
    }

    #[tokio::test]
    async fn a_token_is_issued_and_revoked() {
        let authority = Authority::new();
        let form = "scope=a+b&user=jdoe&lifetime=60&client_id=c&application=app&device=d";
        let (status, body) = call(&authority, "/devserver/tokens", form).await;
        assert_eq!((status, &body["scope"]), (200, &json!("a b")));
        assert_eq!(body["expires_in"], 60);
        let form = format!("token={}", body["access_token"].as_str().unwrap());
        for revoked in [true, false] {
            let answer = call(&authority, "/devserver/revoke", &form).await;
            assert_eq!(answer, (200, json!({ "revoked": revoked })));
        }
    }

    #[tokio::test]
    async fn an_error_names_the_parameter() {
        for (path, form, name) in [
            ("/devserver/tokens", "lifetime=long", "lifetime"),
            ("/devserver/tokens", "usr=jdoe", "usr"),
            ("/devserver/revoke", "", "token"),
            ("/devserver/revoke", "token=a&token=b", "token"),
        ] {
            let (status, body) = call(&Authority::new(), path, form).await;
            assert_eq!(status, 400);
            let description = body["error_description"].as_str().unwrap();
            assert!(description.contains(name), "{description}");
        }
    }

    #[tokio::test]
    async fn web_pages_may_send_no_form_not_even_the_servers_own() {
        for (name, value) in [
            (ORIGIN.as_str(), "http://localhost:3000"),
            (ORIGIN.as_str(), "http://localhost"),
            ("sec-fetch-site", "same-origin"),
        ] {
            let mut request = request("/devserver/tokens", "");
            let headers = request.headers_mut();
            headers.insert(HOST, http::HeaderValue::from_static("localhost"));
            let name = http::HeaderName::from_static(name);
            headers.insert(name, http::HeaderValue::from_static(value));
            let response = answer(&Authority::new(), &request, LOOPBACK).await;
            assert_eq!(response.unwrap().status(), 403);
        }
    }

    #[tokio::test]
    async fn other_paths_are_left_to_the_authorization_server() {
        let request = request("/mfp/api/az/v1/token", "");
        assert!(
            answer(&Authority::new(), &request, LOOPBACK)
                .await
                .is_none()
        );
    }
}
