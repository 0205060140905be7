//! Our own token.

mod blame;
mod replacement;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Request};
use mobilefirst::{ClientAuthentication, Denial, Error, ErrorKind, HttpBackend, Reason};
use tokio::sync::Notify;

use super::*;

/// The next call to the token endpoint gets a good token with these other fields.
fn grant(world: &World, fields: &str) {
    let own = UserToken::new("authorization.introspect");
    let token = world.authority.issue(own);
    let body = format!(r#"{{"access_token":"{token}"{fields}}}"#);
    let fault = Fault::Respond(json(body));
    world.authority.fault(Endpoint::Token, fault);
}

#[tokio::test]
async fn it_is_kept_and_used_again() {
    let world = World::new();
    for _ in 0..5 {
        assert_eq!(world.status(&world.token()).await, 200);
    }
    assert_eq!(world.calls(), (1, 5));
}

#[tokio::test]
async fn a_hundred_requests_at_once_cost_one_call_each_o1() {
    let world = World::new();
    let token = world.token();
    let statuses = at_once(&world, &vec![token; 100]).await;
    assert_eq!(statuses, [200; 100]);
    assert_eq!(world.calls(), (1, 1));
    assert_eq!(world.validator.cache_stats().joined, 99);
}

#[tokio::test]
async fn a_life_that_is_not_told_or_very_short_makes_no_loop_o7() {
    for (fields, calls_at_once, calls_after_a_minute) in [
        ("", 1, 2),
        (r#","expires_in":"soon""#, 1, 2),
        (r#","expires_in":"3599""#, 1, 1),
        (r#","expires_in":3599"#, 1, 1),
        (r#","expires_in":1"#, 1, 2),
        (r#","expires_in":0"#, 3, 4),
        (r#","expires_in":-1"#, 3, 4),
    ] {
        let world = World::new();
        for _ in 0..4 {
            grant(&world, fields);
        }
        for _ in 0..3 {
            assert_eq!(world.status(&world.token()).await, 200, "{fields}");
        }
        assert_eq!(world.calls(), (calls_at_once, 3), "{fields}");
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(world.status(&world.token()).await, 200, "{fields}");
        assert_eq!(world.calls(), (calls_after_a_minute, 4), "{fields}");
    }
}

#[tokio::test]
async fn a_token_response_without_a_usable_token_is_refused() {
    for body in [
        "",
        "{}",
        r#"{"access_token":""}"#,
        r#"{"access_token":null}"#,
        r#"{"access_token":"a\nb"}"#,
        r#"{"access_token":"abc","token_type":"mac"}"#,
    ] {
        let world = World::new();
        let fault = Fault::Respond(json(body));
        world.authority.fault(Endpoint::Token, fault);
        let denial = world.check(&world.token()).await.unwrap_err();
        assert_eq!(denial.reason(), Reason::InvalidResponse, "{body}");
        assert_eq!(world.calls(), (1, 0), "{body}");
    }
}

#[tokio::test]
async fn it_is_renewed_ahead_of_its_end_and_nobody_waits_o8() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    // 3600 s: renewed 30 to 33 s before the end.
    world.clock.advance(Duration::from_secs(3600 - 34));
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.calls().0, 1);
    world.clock.advance(Duration::from_secs(5));
    world.authority.fault(Endpoint::Token, Fault::Hang);
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.calls(), (2, 3));

    // That renewal hangs; the old token serves to its end.
    world.clock.advance(Duration::from_secs(28));
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.calls(), (2, 4));
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_the_old_token_o8() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world.clock.advance(Duration::from_secs(3600 - 29));
    world.authority.unregister("test");
    for _ in 0..10 {
        assert_eq!(world.status(&world.token()).await, 200);
    }
    assert_eq!(world.calls().0, 2);
    world.clock.advance(Duration::from_secs(29));
    assert_eq!(world.status(&world.token()).await, 500);
}

#[tokio::test]
async fn credentials_are_sent_in_each_of_the_three_ways_o9() {
    for authentication in [
        ClientAuthentication::Basic,
        ClientAuthentication::BasicFormEncoded,
        ClientAuthentication::Body,
    ] {
        let (id, secret) = ("bank 1", "s:3%c+r/t");
        let authority = Authority::new().with_client(id, secret, "authorization.introspect");
        let credentials = Credentials::new(id, secret).unwrap();
        let server = "http://localhost/mfp/api".parse().unwrap();
        let world = World::of(authority, |authority| {
            TokenValidator::builder(server, credentials.authenticated_by(authentication))
                .http_backend(authority.clone())
        });
        assert_eq!(
            world.status(&world.token()).await,
            200,
            "{authentication:?}"
        );
    }
    assert!(Credentials::new("a:b", "secret").is_err());
}
