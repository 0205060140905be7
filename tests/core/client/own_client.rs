//! The token alone, for an HTTP client other than our own.

use http::Method;
use mobilefirst::{GuardedCall, HttpBackend, Resource};

use super::net::Caller;
use super::*;

const ITEM: &str = "https://bank.example/items/1";

fn get(uri: &str) -> Request<Bytes> {
    Request::get(uri).body(Bytes::new()).unwrap()
}

/// Sends one attempt, as a user's own client would.
async fn attempt(caller: &Caller, call: &mut GuardedCall, uri: &str) -> (u16, bool) {
    let mut request = get(uri);
    call.authorize(&mut request).await.unwrap();
    let response = HttpBackend::send(&caller.net, request).await.unwrap();
    let retries = call.should_retry(response.status(), response.headers());
    (response.status().as_u16(), retries)
}

#[tokio::test]
async fn a_call_of_ones_own_answers_challenges_like_send_w15() {
    let caller = Caller::new();
    let mut call = caller
        .client
        .call(&Method::GET, &ITEM.parse().unwrap())
        .unwrap();
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(attempt(&caller, &mut call, ITEM).await);
    }
    assert_eq!(answers, [(401, true), (403, true), (200, false)]);
    assert!(!format!("{call:?}").contains("Bearer"), "{call:?}");

    // A body that cannot be made again: each call is sent once, and teaches the next.
    let caller = Caller::new();
    let mut statuses = Vec::new();
    for n in 0..4 {
        let uri = format!("https://bank.example/items/{n}");
        let mut call = caller
            .client
            .call(&Method::GET, &uri.parse().unwrap())
            .unwrap();
        statuses.push(attempt(&caller, &mut call, &uri).await.0);
    }
    assert_eq!(statuses, [401, 403, 200, 200]);

    // A token that was revoked is replaced.
    let token = caller.seen().pop().unwrap().authorization.unwrap();
    assert!(
        caller
            .world
            .authority
            .revoke(token.strip_prefix("Bearer ").unwrap())
    );
    let mut call = caller
        .client
        .call(&Method::GET, &ITEM.parse().unwrap())
        .unwrap();
    assert_eq!(attempt(&caller, &mut call, ITEM).await, (401, true));
    assert_eq!(attempt(&caller, &mut call, ITEM).await, (200, false));
}

#[tokio::test]
async fn a_token_is_added_only_to_a_request_to_its_origin_w16() {
    let caller = Caller::with(|builder| {
        let bank: Resource = "https://bank.example".parse().unwrap();
        builder
            .resource(bank.scope(Scope::from_static("items")))
            .resource("https://other.example".parse().unwrap())
    });
    let mut call = caller
        .client
        .call(&Method::GET, &ITEM.parse().unwrap())
        .unwrap();
    for uri in [
        OTHER,
        "https://third.example/",
        "http://bank.example/items/1",
        "/items/1",
    ] {
        let mut request = get(uri);
        let error = call.authorize(&mut request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{uri}");
        assert!(request.headers().is_empty(), "{uri}");
    }
    let mut request = get(ITEM);
    call.authorize(&mut request).await.unwrap();
    assert!(request.headers()[AUTHORIZATION].is_sensitive());
    // It is built anew for each attempt.
    let error = call.authorize(&mut request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn the_field_alone_needs_a_scope_that_is_known_w16() {
    let caller = Caller::new();
    let uri = ITEM.parse().unwrap();
    let error = caller.client.authorization_for(&Method::GET, &uri).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`Resource::scope`"), "{error}");
    assert_eq!(caller.token_calls(), 0);

    assert_eq!(caller.get(ITEM).await, 200);
    let calls = caller.token_calls();
    for _ in 0..3 {
        let value = caller
            .client
            .authorization_for(&Method::GET, &uri)
            .await
            .unwrap();
        assert!(value.is_sensitive());
        let token = value.to_str().unwrap().strip_prefix("Bearer ").unwrap();
        assert!(caller.world.check_scope(token, "items").await.is_ok());
    }
    assert_eq!(caller.token_calls(), calls);
}
