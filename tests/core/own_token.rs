//! Our own token.

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
async fn a_refused_token_is_replaced_once_and_the_caller_sees_nothing_o2() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.calls(), (2, 3));
}

#[tokio::test]
async fn a_token_that_is_always_refused_is_our_misconfiguration_o3() {
    for status in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        let world = World::new();
        let fault = Fault::status(status);
        world.authority.fault_always(Endpoint::Introspection, fault);
        let denial = world.check(&world.token()).await.unwrap_err();
        assert_eq!(denial.reason(), Reason::Misconfigured);
        assert!(headers(&denial).is_empty());
        assert_eq!(world.calls(), (2, 2));
    }
}

#[tokio::test]
async fn a_token_that_is_refused_to_many_is_replaced_once_o4() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    let tokens: Vec<_> = (0..50).map(|_| world.token()).collect();
    assert_eq!(at_once(&world, &tokens).await, [200; 50]);
    assert_eq!(world.calls().0, 2);
}

/// Lets two introspections be refused before either hears of it, and holds back the
/// second refusal until it is let through.
struct HeldBack {
    authority: Authority,
    calls: AtomicUsize,
    let_through: Arc<Notify>,
}

#[async_trait]
impl HttpBackend for HeldBack {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let answer = self.authority.send(request).await;
        // A token of our own, an introspection with it, and then those two.
        match self.calls.fetch_add(1, Ordering::Relaxed) + 1 {
            3 => {
                while self.calls.load(Ordering::Relaxed) < 4 {
                    tokio::task::yield_now().await;
                }
            }
            4 => self.let_through.notified().await,
            _ => {}
        }
        answer
    }
}

#[tokio::test]
async fn who_hears_late_of_a_refused_token_takes_the_one_that_replaced_it_o4() {
    let let_through = Arc::new(Notify::new());
    let world = World::through(|authority| HeldBack {
        authority,
        calls: AtomicUsize::new(0),
        let_through: let_through.clone(),
    });
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    let (first, second) = (world.token(), world.token());
    let early = async {
        let status = world.status(&first).await;
        assert_eq!(world.calls(), (2, 4));
        let_through.notify_one();
        status
    };
    assert_eq!(tokio::join!(early, world.status(&second)), (200, 200));
    assert_eq!(world.calls(), (2, 5));
}

#[tokio::test]
async fn refusals_do_not_cost_a_token_call_each_o5() {
    let world = World::new();
    let fault = Fault::status(StatusCode::UNAUTHORIZED);
    world.authority.fault_always(Endpoint::Introspection, fault);
    for _ in 0..50 {
        assert_eq!(world.status(&world.token()).await, 500);
    }
    assert_eq!(world.calls().0, 2);

    let world = World::new();
    world.authority.unregister("test");
    for _ in 0..50 {
        assert_eq!(world.status(&world.token()).await, 500);
    }
    assert_eq!(world.calls(), (1, 0));
    world.authority.register("test", "test", "*");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn a_token_that_was_good_is_replaced_after_a_second_however_often_o5() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    for _ in 0..10 {
        world.authority.revoke_own_tokens();
        assert_eq!(world.status(&world.token()).await, 200);
        world.clock.advance(Duration::from_secs(1));
    }
    // A token endpoint that answered nonsense is asked again after a second too.
    for _ in 0..10 {
        world.authority.revoke_own_tokens();
        let fault = Fault::Respond(json("nonsense"));
        world.authority.fault(Endpoint::Token, fault);
        assert_eq!(world.status(&world.token()).await, 500);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.status(&world.token()).await, 200);
        world.clock.advance(Duration::from_secs(1));
    }
    // The pause that a lasting refusal brought about ends with the refusal.
    let refused = Fault::status(StatusCode::UNAUTHORIZED);
    world
        .authority
        .fault_always(Endpoint::Introspection, refused);
    for _ in 0..40 {
        assert_eq!(world.status(&world.token()).await, 500);
        world.clock.advance(Duration::from_secs(1));
    }
    world.authority.clear_faults();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.revoke_own_tokens();
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn a_lasting_refusal_makes_replacements_rare_and_a_wavering_one_not_frequent_o5() {
    let world = World::new();
    let refused = Fault::status(StatusCode::UNAUTHORIZED);
    let lasting = refused.clone();
    world
        .authority
        .fault_always(Endpoint::Introspection, lasting);
    for _ in 0..60 {
        assert_eq!(world.status(&world.token()).await, 500);
        world.clock.advance(Duration::from_secs(1));
    }
    // At 0 s two, then after 1, 2, 4, 8 and 16 s.
    assert_eq!(world.calls().0, 7);

    // One node of two knows our token.
    let world = World::new();
    let mut calls = 0;
    world
        .authority
        .fault_each(Endpoint::Introspection, move || {
            calls += 1;
            (calls % 2 == 0).then(|| refused.clone())
        });
    for _ in 0..50 {
        world.status(&world.token()).await;
    }
    assert_eq!(world.calls().0, 2);
}

#[tokio::test]
async fn the_operator_is_told_cause_and_fix_o6() {
    let world = World::new();
    world.authority.unregister("test");
    let denial = world.check(&world.token()).await.unwrap_err();
    let cause = std::error::Error::source(&denial).unwrap().to_string();
    assert!(
        cause.contains("register the confidential client `test`"),
        "{cause}"
    );

    let world = World::new();
    world.authority.register("test", "test", "other");
    let denial = world.check(&world.token()).await.unwrap_err();
    let cause = std::error::Error::source(&denial).unwrap().to_string();
    assert!(
        cause.contains("add it to the client's allowed scope"),
        "{cause}"
    );

    let world = World::new();
    let fault = Fault::status(StatusCode::NOT_FOUND);
    world.authority.fault(Endpoint::Token, fault);
    let denial = world.check(&world.token()).await.unwrap_err();
    let cause = std::error::Error::source(&denial).unwrap().to_string();
    assert!(cause.contains("correct the URL"), "{cause}");
}

/// Everything that the refusal tells the operator.
fn cause(denial: &Denial) -> String {
    let mut cause = std::error::Error::source(denial);
    let mut text = denial.to_string();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

#[tokio::test]
async fn a_403_of_a_gateway_is_not_blamed_on_our_client_e3() {
    let basic = |status| {
        let mut answer = response(status, "<html>");
        let value = HeaderValue::from_static("Basic realm=My Proxy");
        answer.headers_mut().insert(WWW_AUTHENTICATE, value);
        answer
    };
    for answer in [
        response(StatusCode::FORBIDDEN, ""),
        response(StatusCode::FORBIDDEN, r#"["invalid_scope"]"#),
        basic(StatusCode::FORBIDDEN),
    ] {
        for endpoint in [
            Endpoint::Token,
            Endpoint::Introspection,
            Endpoint::Validation,
        ] {
            let world = match endpoint {
                Endpoint::Validation => World::of(Authority::new(), |authority| {
                    TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
                        .http_backend(authority.clone())
                }),
                _ => World::new(),
            };
            world
                .authority
                .fault_always(endpoint, Fault::Respond(answer.clone()));
            let denial = world.check(&world.token()).await.unwrap_err();
            assert_eq!(denial.status(), 500, "{endpoint:?}");
            let text = cause(&denial);
            assert!(text.contains("403 without a"), "{endpoint:?}: {text}");
            assert!(
                text.contains("gateways and firewalls"),
                "{endpoint:?}: {text}"
            );
            assert!(
                !text.contains("scope") && !text.contains("secret"),
                "{text}"
            );
        }
    }
    // A challenge for `Bearer`, or an error code, comes from the server itself.
    let mut answer = response(StatusCode::FORBIDDEN, "");
    for value in [
        "Basic realm=My Proxy",
        "Bearer, error=\"insufficient_scope\"",
    ] {
        answer
            .headers_mut()
            .append(WWW_AUTHENTICATE, HeaderValue::from_static(value));
    }
    let world = World::new();
    world
        .authority
        .fault_always(Endpoint::Introspection, Fault::Respond(answer));
    let text = cause(&world.check(&world.token()).await.unwrap_err());
    assert!(text.contains("allowed scope"), "{text}");
    let world = World::new();
    let answer = response(StatusCode::FORBIDDEN, r#"{"error":"invalid_client"}"#);
    world
        .authority
        .fault_always(Endpoint::Token, Fault::Respond(answer));
    let text = cause(&world.check(&world.token()).await.unwrap_err());
    assert!(text.contains("correct its secret here"), "{text}");
}

#[test]
fn a_validator_that_is_not_set_up_is_not_blamed_on_the_server_e4() {
    let denial = Denial::not_set_up("there is no validator in the state: add it");
    let text = cause(&denial);
    assert_eq!(denial.status(), 500);
    assert!(
        text.contains("there is no validator in the state: add it"),
        "{text}"
    );
    assert!(!text.contains("authorization server"), "{text}");
    assert_eq!(denial.error().unwrap().kind(), ErrorKind::Configuration);
    assert_eq!(headers(&denial), [""; 0]);
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
