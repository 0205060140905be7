//! `POST <base path>/az/v1/token`: tokens for confidential clients, RFC 6749 §4.4.

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};

use crate::state::State;
use crate::state::clients::{Client, Clients};
use crate::state::tokens::{Holder, Token};
use crate::time::after;
use crate::wire::credentials::{Credentials, form_decoded};
use crate::wire::form::Form;
use crate::wire::refusal::Refusal;

pub(crate) fn answer(state: &mut State, request: &Request<Bytes>) -> Result<Value, Refusal> {
    let form = Form::read(request)?;
    let (id, client) = authenticate(&state.clients, request, &form)?;
    if form.required("grant_type")? != "client_credentials" {
        return Err(Refusal::UnsupportedGrantType);
    }
    let scope = granted_scope(client, form.value("scope").unwrap_or_default())?;
    let lifetime = state.own_token_lifetime;
    let expires_at = after(state.now(), lifetime);
    let access_token = state.tokens.issue(Token {
        holder: Holder::ConfidentialClient,
        expires_at,
        answer: introspection(&id, &scope, expires_at),
        scope: scope.clone(),
        id_token: None,
    });
    Ok(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": lifetime.as_secs(),
        "scope": scope,
    }))
}

/// The introspection response for a token of a confidential client.
fn introspection(id: &str, scope: &str, expires_at: u64) -> Map<String, Value> {
    let fields = [
        ("active", true.into()),
        ("scope", scope.into()),
        ("client_id", id.into()),
        ("exp", expires_at.into()),
    ];
    let owned = fields.map(|(name, value): (&str, Value)| (name.to_owned(), value));
    owned.into_iter().collect()
}

/// Accepts all ways of RFC 6749 §2.3.1, and MobileFirst's own: Basic without form encoding.
fn authenticate<'a>(
    clients: &'a Clients,
    request: &Request<Bytes>,
    form: &Form,
) -> Result<(String, &'a Client), Refusal> {
    let credentials = Credentials::of(request);
    let (id, secret) = match (&credentials, form.value("client_secret")) {
        (Credentials::Malformed, _) => {
            return Err(Refusal::invalid_request(
                "the Authorization header is repeated or malformed",
            ));
        }
        (Credentials::One { .. }, Some(_)) => {
            return Err(Refusal::invalid_request(
                "credentials in both the Authorization header and the body",
            ));
        }
        (Credentials::One { .. }, None) => credentials.basic().ok_or(Refusal::InvalidClient)?,
        (Credentials::None, secret) => {
            let id = form.value("client_id").ok_or(Refusal::InvalidClient)?;
            let client = clients.authenticate(id, secret.unwrap_or_default());
            let client = client.ok_or(Refusal::InvalidClient)?;
            return Ok((id.to_owned(), client));
        }
    };
    if let Some(client) = clients.authenticate(&id, &secret) {
        return Ok((id, client));
    }
    let decoded = form_decoded(&id).zip(form_decoded(&secret));
    let (id, secret) = decoded.ok_or(Refusal::InvalidClient)?;
    let client = clients.authenticate(&id, &secret);
    Ok((id, client.ok_or(Refusal::InvalidClient)?))
}

/// The requested scope, if the client may have all of it. A request without scope is refused,
/// as RFC 6749 §3.3 allows.
fn granted_scope(client: &Client, requested: &str) -> Result<String, Refusal> {
    let elements: Vec<&str> = requested.split(' ').filter(|e| !e.is_empty()).collect();
    let grantable = |element: &&str| is_element(element) && client.may_have(element);
    if elements.is_empty() || !elements.iter().all(grantable) {
        return Err(Refusal::InvalidScope);
    }
    Ok(elements.join(" "))
}

/// Whether `text` is a scope element by RFC 6749 §3.3. `*` is excluded: it is a wildcard, and
/// only in allowed scopes.
fn is_element(text: &str) -> bool {
    let is_character = |byte| matches!(byte, b'!'..=b'~') && !matches!(byte, b'"' | b'\\' | b'*');
    text.bytes().all(is_character)
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
    use http::{Response, StatusCode};

    use super::*;
    use crate::authority::Authority;

    const GRANT: &str = "grant_type=client_credentials&scope=authorization.introspect";

    fn call(authority: &Authority, pair: Option<&str>, form: &str) -> Response<Bytes> {
        let mut request = Request::post("/mfp/api/az/v1/token").header(
            CONTENT_TYPE,
            "application/x-www-form-urlencoded; charset=UTF-8",
        );
        if let Some(pair) = pair {
            let value = format!("basic {}", STANDARD.encode(pair));
            request = request.header(AUTHORIZATION, value);
        }
        authority.handle(request.body(Bytes::from(form.to_owned())).unwrap())
    }

    /// The error in the answer; empty if a token was issued.
    fn error(authority: &Authority, pair: Option<&str>, form: &str) -> String {
        let response = call(authority, pair, form);
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        if response.status() == StatusCode::OK {
            return String::new();
        }
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        body["error"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_token_response_looks_like_a_mobilefirst_servers() {
        let response = call(&Authority::new(), Some("test:test"), GRANT);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body["access_token"].as_str().unwrap().len(), 64);
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 3600);
        assert_eq!(body["scope"], "authorization.introspect");
    }

    #[test]
    fn credentials_may_be_raw_form_encoded_or_in_the_body() {
        let authority = Authority::new()
            .with_client("bank 1", "a:b%c+d", "*")
            .with_client("raw", "%41", "*");
        let in_body = |credentials: &str| format!("{GRANT}&{credentials}");
        for (pair, form, expected) in [
            (Some("bank 1:a:b%c+d"), GRANT, ""),
            (Some("bank+1:a%3Ab%25c%2Bd"), GRANT, ""),
            (Some("raw:%41"), GRANT, ""),
            (Some("raw:A"), GRANT, "invalid_client"),
            (Some("test:wrong"), GRANT, "invalid_client"),
            (Some("test:a=b"), GRANT, "invalid_client"),
            (Some("nobody:test"), GRANT, "invalid_client"),
            (Some("test"), GRANT, "invalid_client"),
            (None, GRANT, "invalid_client"),
            (None, &in_body("client_id=test&client_secret=test"), ""),
            (
                None,
                &in_body("client_id=test&client_secret=no"),
                "invalid_client",
            ),
            (None, &in_body("client_id=test"), "invalid_client"),
            (Some("test:test"), &in_body("client_id=test"), ""),
            (
                Some("test:test"),
                &in_body("client_secret=test"),
                "invalid_request",
            ),
        ] {
            assert_eq!(error(&authority, pair, form), expected, "{pair:?} {form}");
        }
    }

    #[test]
    fn every_scope_element_must_be_allowed() {
        let authority = Authority::new().with_client("bank", "s", "authorization.* send*");
        for (scope, expected) in [
            ("authorization.introspect", ""),
            ("sendMail++authorization.introspect", ""),
            ("authorization.introspect+other", "invalid_scope"),
            ("send*", "invalid_scope"),
            ("", "invalid_scope"),
            ("+", "invalid_scope"),
        ] {
            let form = format!("grant_type=client_credentials&scope={scope}");
            assert_eq!(
                error(&authority, Some("bank:s"), &form),
                expected,
                "{scope}"
            );
        }
    }

    #[test]
    fn each_mistake_has_its_own_error() {
        for (form, expected) in [
            ("scope=a", "invalid_request"),
            ("grant_type=password&scope=a", "unsupported_grant_type"),
            ("grant_type=client_credentials", "invalid_scope"),
            (
                "grant_type=client_credentials&scope=a&scope=a",
                "invalid_request",
            ),
        ] {
            let authority = Authority::new();
            assert_eq!(
                error(&authority, Some("test:test"), form),
                expected,
                "{form}"
            );
        }
    }

    #[test]
    fn clients_can_be_unregistered_and_registered_again() {
        let authority = Authority::new();
        assert!(authority.unregister("test"));
        assert!(!authority.unregister("test"));
        assert_eq!(
            error(&authority, Some("test:test"), GRANT),
            "invalid_client"
        );
        authority.register("test", "test", "*");
        assert_eq!(error(&authority, Some("test:test"), GRANT), "");
    }
}
