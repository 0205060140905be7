//! Conflict, and trouble upstream.

use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use mobilefirst::Reason;

use super::*;

const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

#[tokio::test]
async fn c1_a_conflict_is_passed_on_and_not_kept() {
    let world = World::new();
    let token = world.token();
    let fault = Fault::conflict(HeaderValue::from_static("v"));
    world.authority.fault(Endpoint::Introspection, fault);
    let denial = world.check(&token).await.unwrap_err();
    assert_eq!(denial.status(), StatusCode::CONFLICT);
    assert_eq!(headers(&denial), ["mfp-conflict: v"]);
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls(), (1, 2));
}

#[tokio::test]
async fn c2_nothing_else_of_a_conflict_is_passed_on() {
    let world = World::new();
    let mut answer = response(StatusCode::CONFLICT, "state");
    let fields = answer.headers_mut();
    fields.insert(MFP_CONFLICT, HeaderValue::from_static("v"));
    fields.insert(SET_COOKIE, HeaderValue::from_static("session=1"));
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    fields.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    fields.insert(RETRY_AFTER, HeaderValue::from_static("9"));
    world.answer(answer);
    let denial = world.check(&world.token()).await.unwrap_err();
    assert_eq!(headers(&denial), ["mfp-conflict: v"]);
}

#[tokio::test]
async fn c3_a_conflict_without_the_header_gets_one() {
    let world = World::new();
    world.answer(response(StatusCode::CONFLICT, ""));
    let denial = world.check(&world.token()).await.unwrap_err();
    assert_eq!(headers(&denial), ["mfp-conflict: true"]);
}

#[tokio::test(start_paused = true)]
async fn u1_trouble_is_503_and_not_kept() {
    for fault in [
        Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::status(StatusCode::NOT_IMPLEMENTED),
        Fault::status(StatusCode::TOO_MANY_REQUESTS),
        Fault::Hang,
    ] {
        for endpoint in [Endpoint::Token, Endpoint::Introspection] {
            let world = World::new();
            let token = world.token();
            world.authority.fault(endpoint, fault.clone());
            let denial = world.check(&token).await.unwrap_err();
            assert_eq!(denial.reason(), Reason::Unavailable, "{fault:?}");
            assert_eq!(headers(&denial), ["retry-after: 1"], "{fault:?}");
            assert_eq!(world.status(&token).await, 200, "{fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn u3_one_deadline_covers_everything() {
    let world = World::new();
    let three_seconds = Fault::Delay(Duration::from_secs(3));
    world
        .authority
        .fault(Endpoint::Token, three_seconds.clone());
    world
        .authority
        .fault(Endpoint::Introspection, three_seconds);
    let begin = tokio::time::Instant::now();
    assert_eq!(world.status(&world.token()).await, 503);
    assert_eq!(begin.elapsed().as_millis(), 5000);

    let world = World::with(|builder| builder.deadline(Duration::from_secs(2)));
    world.authority.fault(Endpoint::Introspection, Fault::Hang);
    let begin = tokio::time::Instant::now();
    assert_eq!(world.status(&world.token()).await, 503);
    assert_eq!(begin.elapsed().as_millis(), 2000);
}
