//! `POST <base path>/az/v1/introspection`, RFC 7662.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::state::State;
use crate::wire::credentials::Credentials;
use crate::wire::form::Form;
use crate::wire::refusal::Refusal;

/// The scope that the caller's own token must cover.
const SCOPE: &str = "authorization.introspect";

pub(crate) fn answer(state: &State, request: &Request<Bytes>) -> Result<Value, Refusal> {
    let now = state.now();
    let own = Credentials::of(request).bearer();
    let own = own.and_then(|own| state.tokens.live(own, now));
    if !own.ok_or(Refusal::InvalidToken)?.covers(SCOPE) {
        return Err(Refusal::InsufficientScope(SCOPE));
    }
    let form = Form::read(request)?;
    match state.tokens.live(form.required("token")?, now) {
        Some(token) => Ok(Value::Object(token.answer.clone())),
        None => Ok(json!({ "active": false })),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
    use http::{Response, StatusCode};
    use mobilefirst::{DeviceStatus, ManualClock};

    use super::*;
    use crate::authority::Authority;
    use crate::user_token::UserToken;

    const START: Duration = Duration::from_secs(1_893_456_000);

    fn authority() -> (Authority, ManualClock) {
        let clock = ManualClock::new(UNIX_EPOCH + START);
        (Authority::new().with_clock(clock.clone()), clock)
    }

    fn call(authority: &Authority, authorization: &str, form: String) -> Response<Bytes> {
        let request = Request::post("/mfp/api/az/v1/introspection")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, authorization)
            .body(Bytes::from(form))
            .unwrap();
        authority.handle(request)
    }

    fn introspected(authority: &Authority, token: &str) -> Value {
        let own = authority.issue(UserToken::new(SCOPE));
        let form = format!("token={token}&token_type_hint=access_token");
        let response = call(authority, &format!("Bearer {own}"), form);
        assert_eq!(response.status(), StatusCode::OK);
        serde_json::from_slice(response.body()).unwrap()
    }

    #[test]
    fn an_anonymous_token_has_no_user() {
        let (authority, _) = authority();
        let token = authority.issue(UserToken::new("RegisteredClient push.mobileclient"));
        assert_eq!(
            introspected(&authority, &token),
            json!({
                "active": true,
                "scope": "RegisteredClient push.mobileclient",
                "username": "anonymous",
                "client_id": "b1c5f3a2-4491-4f48-94d1-df541247e6ee",
                "exp": 1_893_459_600_000_u64,
                "mfp-application": {
                    "id": "com.example.app", "clientPlatform": "android", "version": "1.0",
                },
                "mfp-device": {
                    "id": "0d7c9f11-6fe3-348a-a13f-e1bf5fcccf03",
                    "hardware": "Android SDK built for x86",
                    "platform": "android 12",
                    "deviceDisplayName": null,
                    "status": "ACTIVE",
                },
                "mfp-user": null,
                "mfp-checks": {},
            })
        );
    }

    #[test]
    fn every_setting_of_a_token_shows_in_the_answer() {
        let (authority, _) = authority();
        let token = authority.issue(
            UserToken::new("a")
                .user("jdoe")
                .client_id("c")
                .application("app")
                .device("d")
                .device_status(DeviceStatus::Lost)
                .attribute("branch", "Bern")
                .not_before(UNIX_EPOCH + START)
                .field("exp", "1893456000")
                .without("mfp-checks"),
        );
        let answer = introspected(&authority, &token);
        for (pointer, expected) in [
            ("/username", json!("jdoe")),
            ("/mfp-user/id", json!("jdoe")),
            ("/mfp-user/authenticatedAt", json!(1_893_456_000_000_u64)),
            ("/client_id", json!("c")),
            ("/mfp-application/id", json!("app")),
            ("/mfp-device/id", json!("d")),
            ("/mfp-device/status", json!("LOST")),
            ("/mfp-user/attributes", json!({"branch": "Bern"})),
            ("/nbf", json!(1_893_456_000)),
            ("/exp", json!("1893456000")),
        ] {
            assert_eq!(answer.pointer(pointer), Some(&expected), "{pointer}");
        }
        assert_eq!(answer.get("mfp-checks"), None);
    }

    #[test]
    fn unknown_revoked_and_expired_tokens_are_inactive() {
        let (authority, clock) = authority();
        let minute = Duration::from_secs(60);
        let revoked = authority.issue(UserToken::new("a"));
        let expiring = authority.issue(UserToken::new("a").lifetime(minute));
        let ended = authority.issue(UserToken::new("a"));
        let immortal = authority.issue(UserToken::new("a").lifetime(Duration::MAX));
        let is_active = |token: &str| introspected(&authority, token) != json!({"active": false});

        assert!(!is_active("unknown"));
        assert!(is_active(&revoked));
        assert!(authority.revoke(&revoked) && !authority.revoke(&revoked));
        assert!(!is_active(&revoked));
        assert!(is_active(&ended));
        assert!(authority.expire(&ended) && authority.expire(&ended));
        assert!(!is_active(&ended) && !authority.expire(&revoked));
        clock.advance(minute - Duration::from_millis(1));
        assert!(is_active(&expiring));
        clock.advance(Duration::from_millis(1));
        assert!(!is_active(&expiring));
        assert!(is_active(&immortal));
    }

    #[test]
    fn the_caller_needs_a_live_token_with_the_scope() {
        let (authority, clock) = authority();
        let user = authority.issue(UserToken::new("authorization.introspections"));
        let expired = authority.issue(UserToken::new(SCOPE).lifetime(Duration::from_secs(1)));
        let good = authority.issue(UserToken::new(SCOPE));
        clock.advance(Duration::from_secs(1));
        let invalid_token = r#"Bearer error="invalid_token""#;
        let insufficient = r#"Bearer error="insufficient_scope", scope="authorization.introspect""#;
        for (authorization, status, challenge) in [
            ("Basic dGVzdDp0ZXN0".to_owned(), 401, Some(invalid_token)),
            ("Bearer".to_owned(), 401, Some(invalid_token)),
            ("Bearer unknown".to_owned(), 401, Some(invalid_token)),
            (format!("Bearer {expired}"), 401, Some(invalid_token)),
            (format!("Bearer {user}"), 403, Some(insufficient)),
            (format!("bearer {good}"), 200, None),
        ] {
            let response = call(&authority, &authorization, "token=a".to_owned());
            assert_eq!(response.status(), status, "{authorization}");
            let found = response.headers().get(WWW_AUTHENTICATE);
            assert_eq!(found.map(|value| value.to_str().unwrap()), challenge);
        }
    }

    #[test]
    fn the_form_must_contain_one_token() {
        let (authority, _) = authority();
        let own = format!("Bearer {}", authority.issue(UserToken::new(SCOPE)));
        for form in ["", "token=", "token=a&token=b"] {
            let response = call(&authority, &own, form.to_owned());
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{form}");
        }
    }

    #[test]
    fn tokens_of_confidential_clients_are_introspected_and_revoked_too() {
        let (authority, _) = authority();
        let user = authority.issue(UserToken::new("a"));
        let request = Request::post("/mfp/api/az/v1/token")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from_static(
                b"grant_type=client_credentials&scope=a&client_id=test&client_secret=test",
            ));
        let response = authority.handle(request.unwrap());
        let body: Value = serde_json::from_slice(response.body()).unwrap();
        let own = body["access_token"].as_str().unwrap();
        assert_eq!(
            introspected(&authority, own),
            json!({"active": true, "scope": "a", "client_id": "test", "exp": 1_893_459_600_000_u64})
        );
        authority.revoke_own_tokens();
        assert_eq!(introspected(&authority, own), json!({"active": false}));
        assert_eq!(introspected(&authority, &user)["active"], true);
    }
}
