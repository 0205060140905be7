//! Version 7: one endpoint, two tokens, and refusals in the server's own words.

mod cached;
mod refusals;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::WWW_AUTHENTICATE;
use mobilefirst::{Clock, MemoryCache, Reason};
use serde_json::json;

use super::*;

const SAMPLE: &str = r#"{"active":true,"exp":1893456000,"scope":"SampleAppRealm wl_deviceNoProvisioningRealm","user_id":"jdoe","security_context":{"imf.sub":"jdoe","imf.user":{"id":"jdoe","authBy":"SampleAppRealm","displayName":"John Doe","attributes":{}},"imf.device":{"id":"device-id","platform":"iOSnative","model":"iPhone6,2","osVersion":"9.2.1"},"imf.application":{"id":"com.sample.bank","version":"1.0"}}}"#;

fn builder(authority: &Authority) -> TokenValidatorBuilder {
    TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
        .http_backend(authority.clone())
}

fn world_with(set: impl FnOnce(TokenValidatorBuilder) -> TokenValidatorBuilder) -> World {
    World::of(Authority::new(), |authority| set(builder(authority)))
}

fn world() -> World {
    world_with(|builder| builder)
}

/// Calls so far of the validation endpoint; there are no others.
fn calls(world: &World) -> u64 {
    assert_eq!(world.calls(), (0, 0));
    world.authority.calls().validation
}

fn refusal(status: u16, challenge: &[u8]) -> Response<Bytes> {
    let mut response = response(StatusCode::from_u16(status).unwrap(), "");
    let challenge = HeaderValue::from_bytes(challenge).unwrap();
    response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    response
}

fn answer(world: &World, response: Response<Bytes>) {
    let fault = Fault::Respond(response);
    world.authority.fault(Endpoint::Validation, fault);
}

/// What a caller who needs the scope `a b` sees of an answer of the server.
async fn seen(response: Response<Bytes>) -> (u16, Vec<String>) {
    let world = world();
    answer(&world, response);
    let denial = world.check_scope("access id", "a b").await.unwrap_err();
    (denial.status().as_u16(), headers(&denial))
}

#[tokio::test]
async fn a_second_word_is_the_id_token_in_version_7_and_malformed_later_h10() {
    let world = world();
    let token = UserToken::new("a").user("jdoe");
    let (access, id) = world.authority.issue_with_id_token(token);
    assert_eq!(world.status(&format!("{access} {id}")).await, 200);
    assert_eq!(world.status(&format!("{access} other")).await, 401);
    assert_eq!(world.status(&access).await, 200);
    assert_eq!(calls(&world), 3);
    assert_eq!(world.status(&format!("{access} {id} {id}")).await, 400);
    assert_eq!(world.status(&format!("{access} \"")).await, 400);
    assert_eq!(calls(&world), 3);

    let later = World::new();
    assert_eq!(later.status(&format!("{} id", later.token())).await, 400);
    assert_eq!(later.calls(), (0, 0));
}

#[tokio::test]
async fn the_form_holds_both_tokens_and_the_scope_and_no_credentials() {
    let recorder = Recorder::default();
    let backend = recorder.before(&Authority::new());
    let world = world_with(|builder| builder.http_backend(backend));
    assert_eq!(world.status("a+b=").await, 401);
    assert!(world.check_scope("a+b=  i/d", "r s").await.is_err());
    let requests = recorder.take();
    assert_eq!(requests.len(), 2);
    for (request, body) in requests.iter().zip([
        "token=a%2Bb%3D",
        "token=a%2Bb%3D&id_token=i%2Fd&required_scope=r+s",
    ]) {
        let path = "/mfp/authorization/v1/token/validation";
        assert_eq!(
            (request.method().as_str(), request.uri().path()),
            ("POST", path)
        );
        assert!(!request.headers().contains_key("authorization"));
        assert_eq!(request.body(), body);
    }
}

#[tokio::test]
async fn a_missing_token_is_refused_here() {
    let world = world();
    let bearing: [&[u8]; 0] = [];
    let denial = world.validator.authorize::<AnyScope>(bearing).await;
    let denial = denial.unwrap_err();
    assert_eq!(headers(&denial), ["www-authenticate: Bearer"]);
    assert_eq!((denial.status().as_u16(), calls(&world)), (401, 0));
}

#[tokio::test]
async fn the_documented_answer_is_read_whole() {
    let world = world();
    answer(&world, json(SAMPLE));
    let permit = world.check("access id").await.unwrap();
    let token = permit.token();
    assert_eq!(token.username(), Some("jdoe"));
    assert_eq!(token.user_id().as_deref(), Some("jdoe"));
    assert_eq!(token.scope(), "SampleAppRealm wl_deviceNoProvisioningRealm");
    let end = std::time::UNIX_EPOCH + Duration::from_secs(1_893_456_000);
    assert_eq!(token.expires_at(), Some(end));
    let context = token.security_context().unwrap();
    assert_eq!(context.sub.as_deref(), Some("jdoe"));
    assert_eq!(context.user.auth_by.as_deref(), Some("SampleAppRealm"));
    assert_eq!(context.user.display_name.as_deref(), Some("John Doe"));
    assert_eq!(context.device.model.as_deref(), Some("iPhone6,2"));
    assert_eq!(context.device.os_version.as_deref(), Some("9.2.1"));
    assert_eq!(context.application.id.as_deref(), Some("com.sample.bank"));
    // Written again, nothing is lost or added.
    let sample: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    assert_eq!(json!(context), sample["security_context"]);
}

#[tokio::test]
async fn what_version_7_leaves_out_is_empty_and_the_unknown_is_kept() {
    for (body, user_id, context) in [
        (r#"{"active":true}"#, None, None),
        (
            r#"{"active":true,"user_id":7,"security_context":{}}"#,
            Some("7"),
            Some(json!({"imf.user":{},"imf.device":{},"imf.application":{}})),
        ),
        (
            r#"{"active":true,"security_context":{"imf.user":null,"imf.device":{"x":1},"y":2}}"#,
            None,
            Some(json!({"imf.user":{},"imf.device":{"x":1},"imf.application":{},"y":2})),
        ),
    ] {
        let world = world();
        answer(&world, json(body));
        let permit = world.check("access").await.unwrap();
        let token = permit.token();
        assert_eq!(token.user_id().as_deref(), user_id, "{body}");
        assert_eq!(token.username(), user_id, "{body}");
        assert_eq!(
            token.security_context().map(|c| json!(c)),
            context,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_nonsense_answer_is_no_grant_and_not_kept() {
    for body in [
        "",
        "nonsense",
        "{}",
        r#"{"active":"true"}"#,
        r#"[{"active":true}]"#,
        r#"{"active":true,"active":true}"#,
        r#"{"active":true,"exp":"never"}"#,
        r#"{"active":true,"security_context":"jdoe"}"#,
        r#"{"active":true,"security_context":{"imf.user":"jdoe"}}"#,
        r#"{"active":true,"security_context":{"imf.sub":"a","imf.sub":"b"}}"#,
    ] {
        let world = world();
        let token = world.token();
        answer(&world, json(body));
        assert_eq!(world.status(&token).await, 500, "{body}");
        assert_eq!(world.status(&token).await, 200, "{body}");
        assert_eq!(calls(&world), 2, "{body}");
    }
}

/// The server's check does not replace ours.
#[tokio::test]
async fn dates_and_scope_are_judged_here_too() {
    let world = world();
    let (now, minute) = (world.clock.now(), Duration::from_secs(60));
    let seconds = |date: std::time::SystemTime| {
        let age = date.duration_since(std::time::UNIX_EPOCH).unwrap();
        age.as_secs()
    };
    for (body, status) in [
        (json!({"active": true, "scope": "a b"}), 200),
        (
            json!({"active": true, "scope": "b a", "exp": seconds(now + minute)}),
            200,
        ),
        (
            json!({"active": true, "scope": "a b", "exp": seconds(now - minute)}),
            401,
        ),
        (
            json!({"active": true, "scope": "a b", "exp": seconds(now - minute) * 1000}),
            401,
        ),
        (
            json!({"active": true, "scope": "a b", "nbf": seconds(now + minute)}),
            401,
        ),
        (json!({"active": true, "scope": "ab a"}), 403),
        (json!({"active": true}), 403),
    ] {
        answer(&world, json(body.to_string()));
        let token = world.token();
        let verdict = world.check_scope(&token, "a b").await;
        assert_eq!(super::status(&verdict), status, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_is_as_in_later_versions() {
    for fault in [
        Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::status(StatusCode::TOO_MANY_REQUESTS),
        Fault::Hang,
    ] {
        let world = world();
        let token = world.token();
        world.authority.fault(Endpoint::Validation, fault.clone());
        let denial = world.check(&token).await.unwrap_err();
        assert_eq!(denial.reason(), Reason::Unavailable, "{fault:?}");
        assert_eq!(headers(&denial), ["retry-after: 1"], "{fault:?}");
        assert_eq!(world.status(&token).await, 200, "{fault:?}");
    }
    let world = world();
    world.authority.fault(Endpoint::Validation, Fault::Reset);
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(calls(&world), 2);

    let conflict = Fault::conflict(HeaderValue::from_static("v"));
    world.authority.fault(Endpoint::Validation, conflict);
    let denial = world.check(&world.token()).await.unwrap_err();
    assert_eq!(headers(&denial), ["mfp-conflict: v"]);
}

#[tokio::test]
async fn serving_stale_is_refused_when_it_is_set_up() {
    let second = Duration::from_secs(1);
    let authority = Authority::new();
    let builder = builder(&authority)
        .clock(ManualClock::default())
        .serve_stale(second);
    assert!(
        builder
            .build()
            .unwrap_err()
            .to_string()
            .contains("serve_stale")
    );
}
