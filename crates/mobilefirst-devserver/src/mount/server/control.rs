//! The calls that control a server on a port: issuing and revoking tokens.

use std::time::Duration;

use bytes::Bytes;
use http::header::ORIGIN;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::authority::Authority;
use crate::user_token::UserToken;
use crate::wire::form::Form;
use crate::wire::refusal::Refusal;
use crate::wire::response::ok;

/// The answer to a control call; `None` for any other path.
pub(crate) fn answer(authority: &Authority, request: &Request<Bytes>) -> Option<Response<Bytes>> {
    let call: Call = match request.uri().path() {
        "/devserver/tokens" => issue,
        "/devserver/revoke" => revoke,
        _ => return None,
    };
    let answer = admit(request).and_then(|form| call(authority, &form));
    Some(answer.map_or_else(Refusal::into_response, |body| ok(&body)))
}

type Call = fn(&Authority, &Form) -> Result<Value, Refusal>;

fn admit(request: &Request<Bytes>) -> Result<Form, Refusal> {
    // Browsers add Origin to every POST from a page, and no page can prevent it.
    if request.headers().contains_key(ORIGIN) {
        return Err(Refusal::Forbidden);
    }
    if request.method() != Method::POST {
        return Err(Refusal::MethodNotAllowed);
    }
    Form::read(request)
}

fn issue(authority: &Authority, form: &Form) -> Result<Value, Refusal> {
    form.allow_only(&[
        "scope",
        "user",
        "client_id",
        "application",
        "device",
        "device_status",
        "lifetime",
    ])?;
    let scope = form.value("scope").unwrap_or("RegisteredClient");
    let mut token = UserToken::new(scope);
    if let Some(user) = form.value("user") {
        token = token.user(user);
    }
    if let Some(id) = form.value("client_id") {
        token = token.client_id(id);
    }
    if let Some(id) = form.value("application") {
        token = token.application(id);
    }
    if let Some(id) = form.value("device") {
        token = token.device(id);
    }
    if let Some(status) = form.value("device_status") {
        token = token.device_status(status);
    }
    if let Some(lifetime) = form.value("lifetime") {
        let seconds = lifetime.parse().map_err(|_| {
            Refusal::invalid_request("the parameter lifetime must be a number of seconds")
        })?;
        token = token.lifetime(Duration::from_secs(seconds));
    }
    let expires_in = token.lifetime.as_secs();
    let (access_token, id_token) = authority.issue_with_id_token(token);
    Ok(json!({
        "access_token": access_token,
        "id_token": id_token,
        "token_type": "Bearer",
        "expires_in": expires_in,
        "scope": scope,
    }))
}

fn revoke(authority: &Authority, form: &Form) -> Result<Value, Refusal> {
    form.allow_only(&["token"])?;
    let revoked = authority.revoke(form.required("token")?);
    Ok(json!({ "revoked": revoked }))
}

#[cfg(test)]
mod tests {
    use http::header::CONTENT_TYPE;

    use super::*;

    fn request(path: &str, form: &str) -> Request<Bytes> {
        Request::post(path)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form.to_owned()))
            .unwrap()
    }

    fn call(authority: &Authority, path: &str, form: &str) -> (u16, Value) {
        let response = answer(authority, &request(path, form)).unwrap();
        let body = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), body)
    }

    #[test]
    fn a_token_is_issued_and_revoked() {
        let authority = Authority::new();
        let form = "scope=a+b&user=jdoe&lifetime=60&client_id=c&application=app&device=d\
                    &device_status=LOST";
        let (status, body) = call(&authority, "/devserver/tokens", form);
        assert_eq!((status, &body["scope"]), (200, &json!("a b")));
        assert_eq!(body["expires_in"], 60);
        let form = format!("token={}", body["access_token"].as_str().unwrap());
        for revoked in [true, false] {
            let answer = call(&authority, "/devserver/revoke", &form);
            assert_eq!(answer, (200, json!({ "revoked": revoked })));
        }
    }

    #[test]
    fn an_error_names_the_parameter() {
        for (path, form, name) in [
            ("/devserver/tokens", "lifetime=long", "lifetime"),
            ("/devserver/tokens", "usr=jdoe", "usr"),
            ("/devserver/revoke", "", "token"),
            ("/devserver/revoke", "token=a&token=b", "token"),
        ] {
            let (status, body) = call(&Authority::new(), path, form);
            assert_eq!(status, 400);
            let description = body["error_description"].as_str().unwrap();
            assert!(description.contains(name), "{description}");
        }
    }

    #[test]
    fn web_pages_are_refused() {
        let mut request = request("/devserver/tokens", "");
        let origin = http::HeaderValue::from_static("http://localhost:3000");
        request.headers_mut().insert(ORIGIN, origin);
        let response = answer(&Authority::new(), &request).unwrap();
        assert_eq!(response.status(), 403);
    }

    #[test]
    fn other_paths_are_left_to_the_authorization_server() {
        let request = request("/mfp/api/az/v1/token", "");
        assert!(answer(&Authority::new(), &request).is_none());
    }
}
