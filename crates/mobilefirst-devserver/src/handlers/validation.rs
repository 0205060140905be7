//! `POST <project path>/authorization/v1/token/validation`, of version 7.

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::{Map, Value, json};

use crate::state::tokens::Token;
use crate::state::{State, ValidationRefusals};
use crate::wire::form::Form;
use crate::wire::refusal::Refusal;

/// The realm in every challenge.
const REALM: &str = "imfAuthentication";

pub(crate) fn answer(state: &State, request: &Request<Bytes>) -> Result<Value, Refusal> {
    let verdict = validate(state, request);
    match (verdict, state.validation_refusals) {
        (Ok(answer), _) => Ok(answer),
        (Err(refusal), ValidationRefusals::Challenge) => Err(refusal),
        (Err(_), ValidationRefusals::Json) => Ok(json!({ "active": false })),
    }
}

fn validate(state: &State, request: &Request<Bytes>) -> Result<Value, Refusal> {
    let form = Form::read(request).map_err(|_| invalid_request())?;
    let text = form.required("token").map_err(|_| invalid_request())?;
    let token = state.tokens.live(text, state.now());
    let token = token.ok_or_else(invalid_token)?;
    let id_token = form.value("id_token");
    if id_token.is_some() && id_token != token.id_token.as_deref() {
        return Err(invalid_token());
    }
    let scope = form.value("required_scope").unwrap_or_default();
    if !scope
        .split_whitespace()
        .all(|element| token.covers(element))
    {
        return Err(insufficient_scope(scope));
    }
    Ok(Value::Object(described(token, id_token)))
}

/// Version 7's description of a token, made from version 8's in `token.answer`.
fn described(token: &Token, id_token: Option<&str>) -> Map<String, Value> {
    let mut answer = token.answer.clone();
    let user_id = answer.remove("username").unwrap_or_default();
    answer.remove("client_id");
    answer.remove("mfp-checks");
    let [user, device, application] =
        ["mfp-user", "mfp-device", "mfp-application"].map(|name| answer.remove(name));
    // Version 7 reads these from the ID token.
    let identified = |object: Option<Value>, describe: fn(&Value) -> Value| match object {
        Some(object) if object.is_object() && id_token.is_some() => describe(&object),
        _ => json!({}),
    };
    let context = json!({
        "imf.sub": user_id,
        "imf.user": identified(user, described_user),
        "imf.device": identified(device, described_device),
        "imf.application": identified(application, described_application),
    });
    answer.entry("user_id").or_insert(user_id);
    answer.entry("security_context").or_insert(context);
    // Version 7 counts in seconds. A date set by the test stays as it is.
    if answer.get("exp").and_then(Value::as_u64) == Some(token.expires_at) {
        answer.insert("exp".to_owned(), (token.expires_at / 1000).into());
    }
    answer
}

fn described_user(user: &Value) -> Value {
    json!({
        "id": user["id"],
        "authBy": user["authenticatedBy"],
        "displayName": user["displayName"],
        "attributes": user["attributes"],
    })
}

fn described_device(device: &Value) -> Value {
    let platform = device["platform"].as_str().unwrap_or_default();
    let (platform, version) = platform.split_once(' ').unwrap_or((platform, ""));
    json!({
        "id": device["id"],
        "platform": platform,
        "model": device["hardware"],
        "osVersion": version,
    })
}

fn described_application(application: &Value) -> Value {
    json!({ "id": application["id"], "version": application["version"] })
}

fn invalid_request() -> Refusal {
    let challenge = format!(r#"Bearer realm="{REALM}", error="invalid_request""#);
    Refusal::Challenge(StatusCode::BAD_REQUEST, challenge)
}

fn invalid_token() -> Refusal {
    let challenge = format!(r#"Bearer realm="{REALM}", error="invalid_token""#);
    Refusal::Challenge(StatusCode::UNAUTHORIZED, challenge)
}

fn insufficient_scope(scope: &str) -> Refusal {
    let challenge =
        format!(r#"Bearer realm="{REALM}", error="insufficient_scope", scope="{scope}""#);
    Refusal::Challenge(StatusCode::FORBIDDEN, challenge)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::Response;
    use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
    use mobilefirst::ManualClock;

    use super::*;
    use crate::authority::Authority;
    use crate::user_token::UserToken;

    fn authority() -> Authority {
        let start = UNIX_EPOCH + Duration::from_secs(1_893_452_400);
        Authority::new().with_clock(ManualClock::new(start))
    }

    fn call(authority: &Authority, form: &str) -> Response<Bytes> {
        let request = Request::post("/mfp/authorization/v1/token/validation")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form.to_owned()))
            .unwrap();
        authority.handle(request)
    }

    fn validated(authority: &Authority, form: &str) -> Value {
        let response = call(authority, form);
        assert_eq!(response.status(), 200, "{form}");
        serde_json::from_slice(response.body()).unwrap()
    }

    #[test]
    fn the_id_token_completes_the_security_context() {
        let authority = authority();
        let token = UserToken::new("a b").user("jdoe").device("d");
        let (access, id) = authority.issue_with_id_token(token);
        let mut expected = json!({
            "active": true, "scope": "a b", "exp": 1_893_456_000, "user_id": "jdoe",
            "security_context": {
                "imf.sub": "jdoe", "imf.user": {}, "imf.device": {}, "imf.application": {},
            },
        });
        assert_eq!(validated(&authority, &format!("token={access}")), expected);
        let context = &mut expected["security_context"];
        context["imf.user"] = json!({
            "id": "jdoe", "authBy": "UserLogin", "displayName": "jdoe", "attributes": {},
        });
        context["imf.device"] = json!({
            "id": "d", "platform": "android", "model": "Android SDK built for x86",
            "osVersion": "12",
        });
        context["imf.application"] = json!({ "id": "com.example.app", "version": "1.0" });
        let form = format!("token={access}&id_token={id}&required_scope=b+a");
        assert_eq!(validated(&authority, &form), expected);
    }

    #[test]
    fn a_refusal_has_status_challenge_and_body() {
        let authority = authority();
        let access = authority.issue(UserToken::new("a"));
        for (form, status, error) in [
            (String::new(), 400, r#"error="invalid_request""#),
            ("token=unknown".to_owned(), 401, r#"error="invalid_token""#),
            (
                format!("token={access}&id_token=other"),
                401,
                r#"error="invalid_token""#,
            ),
            (
                format!("token={access}&required_scope=a+b"),
                403,
                r#"error="insufficient_scope", scope="a b""#,
            ),
        ] {
            let response = call(&authority, &form);
            assert_eq!(response.status(), status, "{form}");
            let expected = format!(r#"Bearer realm="imfAuthentication", {error}"#);
            assert_eq!(response.headers()[WWW_AUTHENTICATE], *expected);
            assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
            assert_eq!(response.body(), r#"{"active":false}"#);
        }
    }

    #[test]
    fn a_refusal_may_have_status_200_instead() {
        let authority = authority().with_validation_refusals_as_json();
        let refusal = validated(&authority, "token=unknown");
        assert_eq!(refusal, json!({ "active": false }));
    }
}
