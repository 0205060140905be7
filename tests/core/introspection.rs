//! Reading the introspection.

use std::time::{Duration, UNIX_EPOCH};

use http::HeaderValue;
use http::header::LOCATION;
use mobilefirst::Clock;
use serde_json::json;

use super::*;

/// A nonsense answer is no grant and not kept: the next request asks again.
async fn assert_refused_and_forgotten(answer: Response<Bytes>, what: &str) {
    let world = World::new();
    let token = world.token();
    world.answer(answer);
    assert_eq!(world.status(&token).await, 500, "{what}");
    assert_eq!(world.status(&token).await, 200, "{what}");
    assert_eq!(world.calls(), (1, 2), "{what}");
}

#[tokio::test]
async fn only_a_plain_true_is_active_i3() {
    for body in [
        r#"{}"#,
        r#"{"active":null}"#,
        r#"{"active":"true"}"#,
        r#"{"active":"false"}"#,
        r#"{"active":0}"#,
        r#"{"active":1}"#,
        r#"{"active":false,"active":true}"#,
        r#"{"active":true,"active":true}"#,
        r#"{"scope":"a","username":"jdoe"}"#,
    ] {
        assert_refused_and_forgotten(json(body), body).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_no_json_object_is_refused_i4() {
    for body in [
        "",
        "<html>",
        r#"{"active":true"#,
        r#"[{"active":true}]"#,
        "true",
    ] {
        assert_refused_and_forgotten(json(body), body).await;
    }
    for status in [201, 204, 206, 400, 405] {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = response(status, r#"{"active":true,"scope":"a"}"#);
        assert_refused_and_forgotten(answer, status.as_str()).await;
    }
}

#[tokio::test]
async fn a_redirect_is_refused_i6() {
    for status in [301, 302, 303, 307, 308] {
        let status = StatusCode::from_u16(status).unwrap();
        let mut answer = response(status, "");
        let elsewhere = HeaderValue::from_static("http://localhost/elsewhere");
        answer.headers_mut().insert(LOCATION, elsewhere);
        assert_refused_and_forgotten(answer, status.as_str()).await;
    }
}

#[tokio::test]
async fn an_instant_is_the_same_in_every_notation_i7() {
    let world = World::new();
    let end = world.clock.now() + Duration::from_secs(30);
    let seconds = end.duration_since(UNIX_EPOCH).unwrap().as_secs();
    world
        .clock
        .set(UNIX_EPOCH + Duration::from_secs(seconds - 30));
    let notations = [
        json!(seconds),
        json!(seconds * 1000),
        json!(seconds as f64 + 0.5),
        json!(seconds as f64 * 1000.0),
        json!(seconds.to_string()),
        json!((seconds * 1000).to_string()),
    ];
    let tokens = notations.map(|exp| world.authority.issue(UserToken::new("a").field("exp", exp)));
    for token in &tokens {
        assert_eq!(world.status(token).await, 200);
    }
    world.clock.advance(Duration::from_secs(29));
    for token in &tokens {
        assert_eq!(world.status(token).await, 200);
    }
    world.clock.advance(Duration::from_secs(2));
    for token in &tokens {
        assert_eq!(world.status(token).await, 401);
    }
}

#[tokio::test]
async fn an_expired_token_is_refused_whatever_the_server_says_i8() {
    let expired_for_5_s = |world: &World| {
        let end = world.clock.now() - Duration::from_secs(5);
        let seconds = end.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let token = UserToken::new("a").field("exp", seconds);
        world.authority.issue(token)
    };
    let world = World::new();
    assert_eq!(world.status(&expired_for_5_s(&world)).await, 401);
    let world = World::with(|builder| builder.leeway(Duration::from_secs(10)));
    let token = expired_for_5_s(&world);
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_secs(10));
    assert_eq!(world.status(&token).await, 401);
}

#[tokio::test]
async fn a_token_without_an_end_is_granted_for_max_age_i9() {
    let world = World::new();
    let token = world.authority.issue(UserToken::new("a").without("exp"));
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_millis(59_999));
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls(), (1, 1));
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls().1, 2);
}

#[tokio::test]
async fn no_end_means_for_ever_i10() {
    for (exp, status) in [
        (json!(-1), 401),
        (json!(0), 401),
        (json!(1e300), 500),
        (json!(i64::MAX), 500),
        (json!(u64::MAX), 500),
        (json!("never"), 500),
        (json!(""), 500),
        (json!(true), 500),
        (json!([1]), 500),
    ] {
        let world = World::new();
        let token = UserToken::new("a").field("exp", exp.clone());
        let token = world.authority.issue(token);
        assert_eq!(world.status(&token).await, status, "{exp}");
    }
}

#[tokio::test]
async fn scope_comes_in_several_shapes_i11() {
    for (scope, granted) in [
        (json!(["b", "a"]), "b a"),
        (json!("  b  a "), "b a"),
        (json!(null), ""),
        (json!([]), ""),
    ] {
        let world = World::new();
        let token = UserToken::new("").field("scope", scope);
        let permit = world.check(&world.authority.issue(token)).await.unwrap();
        assert_eq!(permit.token().scope(), granted);
    }
    let world = World::new();
    let token = world.authority.issue(UserToken::new("a").without("scope"));
    assert_eq!(world.check(&token).await.unwrap().token().scope(), "");
    assert!(world.check_scope(&token, "a").await.is_err());
}

#[tokio::test]
async fn a_token_is_not_good_before_its_time_i12() {
    let world = World::new();
    let begin = world.clock.now() + Duration::from_secs(5);
    let token = world.authority.issue(UserToken::new("a").not_before(begin));
    let denial = world.check(&token).await.unwrap_err();
    let challenge = r#"www-authenticate: Bearer error="invalid_token""#;
    assert_eq!(headers(&denial), [challenge]);
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls(), (1, 1));
}
