//! Reading the request: what the conformance table does not reach.

use super::*;

#[tokio::test]
async fn a_token_over_the_limit_is_refused_and_nobody_is_asked_h8() {
    let world = World::with(|builder| builder.max_token_length(100));
    assert_eq!(world.status(&"a".repeat(101)).await, 400);
    assert_eq!(world.calls(), (0, 0));
    assert_eq!(world.status(&"a".repeat(100)).await, 401);
    assert_eq!(world.calls(), (1, 1));

    let world = World::new();
    assert_eq!(world.status(&"a".repeat(16 * 1024 + 1)).await, 400);
    assert_eq!(world.status(&"a".repeat(16 * 1024)).await, 401);
    assert_eq!(world.calls(), (1, 1));
}

#[tokio::test]
async fn the_token_is_escaped_in_the_form_h9() {
    let recorder = Recorder::default();
    let world = World::through(|authority| recorder.before(&authority));
    assert_eq!(world.status("a+b/c==").await, 401);
    let requests = recorder.take();
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0].body(),
        "grant_type=client_credentials&scope=authorization.introspect"
    );
    assert_eq!(
        requests[1].body(),
        "token=a%2Bb%2Fc%3D%3D&token_type_hint=access_token"
    );
}

#[tokio::test]
async fn a_scope_is_checked_as_a_value_too() {
    let world = World::new();
    let token = world.token();
    assert!(world.check_scope(&token, "a").await.is_ok());
    let denial = world.check_scope(&token, "a b").await.unwrap_err();
    let challenge = r#"www-authenticate: Bearer error="insufficient_scope", scope="a b""#;
    assert_eq!(headers(&denial), [challenge]);
    assert_eq!(world.calls(), (1, 1));
}
