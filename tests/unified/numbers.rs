//! What is read of an answer when serde_json passes numbers on as maps (`arbitrary_precision`).

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Response;
use mobilefirst::{ActiveToken, AnyScope, Credentials, Denial, Permit, Reason, TokenValidator};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use serde_json::{Value, json};

/// What follows from an answer that has these members too.
async fn verdict(members: &str) -> Result<Permit, Denial> {
    let authority = Authority::new().with_client("bank", "s3cret", "*");
    let credentials = Credentials::new("bank", "s3cret").unwrap();
    let server = "http://localhost/mfp/api".parse().unwrap();
    let validator = TokenValidator::builder(server, credentials)
        .http_backend(authority.clone())
        .build()
        .unwrap();
    let authorization = [format!("Bearer {}", authority.issue(UserToken::new("a")))];
    let answer = format!(r#"{{"active":true,"scope":"a",{members}}}"#);
    let answer = Response::new(Bytes::from(answer));
    authority.fault(Endpoint::Introspection, Fault::Respond(answer));
    let permit = validator.authorize::<AnyScope>(authorization).await?;
    Ok(permit)
}

async fn granted(members: &str) -> Permit {
    verdict(members).await.expect(members)
}

fn date(milliseconds: u64) -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds))
}

/// The features are on: without them, this number becomes the nearest float.
#[test]
fn another_crate_of_the_program_sees_every_digit_and_the_order() {
    let text = r#"{"b":0.10000000000000000000000000001,"a":1}"#;
    let value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(value.to_string(), text);
}

#[tokio::test]
async fn a_date_is_the_same_in_every_notation_i15() {
    const MILLISECONDS: u64 = 4_102_444_800_000;
    for exp in [
        "4102444800",
        "4102444800000",
        "4102444800.0",
        "4.1024448e9",
        r#""4102444800""#,
        r#""4102444800.0""#,
    ] {
        let permit = granted(&format!(r#""exp":{exp},"nbf":0"#)).await;
        assert_eq!(permit.token().expires_at(), date(MILLISECONDS), "{exp}");
        assert_eq!(permit.token().not_before(), date(0), "{exp}");
        let user = format!(r#""mfp-user":{{"authenticatedAt":{exp}}}"#);
        let user = granted(&user).await.token().user().unwrap();
        assert_eq!(user.authenticated_at, date(MILLISECONDS), "{exp}");
    }
    let expired = verdict(r#""exp":1591254974076.0"#).await.unwrap_err();
    assert_eq!(expired.status(), 401);
}

#[tokio::test]
async fn a_number_in_place_of_a_text_is_that_text_i15() {
    let permit = granted(
        r#""username":12345,"client_id":12345678901234567890123,
        "mfp-application":{"id":1,"version":2.5},
        "mfp-device":{"id":2,"hardware":7,"status":"ACTIVE"},
        "mfp-user":{"id":3,"displayName":-4},
        "security_context":{"imf.sub":5,"imf.user":{"id":6}}"#,
    )
    .await;
    let token: &ActiveToken = permit.token();
    assert_eq!(token.username(), Some("12345"));
    assert_eq!(token.client_id(), Some("12345678901234567890123"));
    let application = token.application().unwrap();
    assert_eq!(application.id.as_deref(), Some("1"));
    assert_eq!(application.version.as_deref(), Some("2.5"));
    let device = token.device().unwrap();
    assert_eq!(device.id.as_deref(), Some("2"));
    assert_eq!(device.hardware.as_deref(), Some("7"));
    let user = token.user().unwrap();
    assert_eq!(user.id.as_deref(), Some("3"));
    assert_eq!(user.display_name.as_deref(), Some("-4"));
    let context = token.security_context().unwrap();
    assert_eq!(context.sub.as_deref(), Some("5"));
    assert_eq!(context.user.id.as_deref(), Some("6"));
}

#[tokio::test]
async fn what_has_no_meaning_to_us_is_kept_as_it_came_i15() {
    let unknown = r#"{"z":1.10,"a":[-0.0,{"huge":1e400,"long":123456789012345678901234567890}]}"#;
    let permit = granted(&format!(
        r#""unknown":{unknown},
        "mfp-user":{{"id":"u","attributes":{{"x":{unknown}}},"other":{unknown}}},
        "mfp-checks":{{"check":{unknown}}}"#
    ))
    .await;
    let token = permit.token();
    let unknown: Value = serde_json::from_str(unknown).unwrap();
    assert_eq!(token.claims().get("unknown"), Some(&unknown));
    assert_eq!(token.checks().get("check"), Some(&unknown));
    let user = token.user().unwrap();
    assert_eq!(user.other.get("other"), Some(&unknown));
    assert_eq!(json!(user.attributes), json!({ "x": unknown }));
}

#[tokio::test]
async fn a_number_is_no_object_and_an_object_no_number_i15() {
    // Of these, serde_json passes the last two on as maps.
    for number in ["5", "5.0", "12345678901234567890123"] {
        for members in [
            r#""mfp-application":N"#,
            r#""mfp-device":N"#,
            r#""mfp-user":N"#,
            r#""mfp-user":{"attributes":N}"#,
            r#""mfp-checks":N"#,
            r#""security_context":N"#,
            r#""security_context":{"imf.user":N}"#,
            r#""security_context":{"imf.user":{"attributes":N}}"#,
        ] {
            assert_unreadable(&members.replace('N', number)).await;
        }
    }
    for members in [
        r#""exp":{"x":1}"#,
        r#""exp":{}"#,
        r#""exp":1e400"#,
        r#""exp":9223372036854775807"#,
        r#""mfp-user":{"authenticatedAt":1e400}"#,
        r#""username":{"x":"1"}"#,
        r#""mfp-user":{"id":{"x":"1"}}"#,
        r#""username":[1]"#,
    ] {
        assert_unreadable(members).await;
    }
    let deep = format!(r#""x":{}1{}"#, "[".repeat(127), "]".repeat(127));
    assert_unreadable(&deep).await;
}

async fn assert_unreadable(members: &str) {
    let reason = verdict(members).await.map(drop);
    let reason = reason.map_err(|denial| denial.reason());
    assert_eq!(reason, Err(Reason::InvalidResponse), "{members}");
}
