//! What the log says of decisions, and of trouble.

use std::time::Duration;

use mobilefirst::{Denial, Requirement, TokenValidatorBuilder};
use tracing::Level;

use super::*;

/// Runs one request, and gives the lines that it logs up to `DEBUG` about itself, with the
/// latency as `…`.
async fn logged(log: &Log, request: impl Future<Output = ()>) -> Vec<String> {
    log.lines();
    request.await;
    let lines = log.lines().into_iter();
    let about = lines.filter(|line| line.contains("authorize{") && !line.contains(":upstream{"));
    about.map(|line| without_latency(&line)).collect()
}

fn without_latency(line: &str) -> String {
    let Some((before, after)) = line.split_once("upstream_ms=") else {
        return line.to_owned();
    };
    let (latency, after) = after.split_once(' ').unwrap();
    assert!(latency.parse::<f64>().unwrap() >= 0.0, "{line}");
    format!("{before}upstream_ms=… {after}")
}

async fn check(world: &World, token: &str, scope: &'static str) {
    let scope = Scope::from_static(scope);
    let authorization = [format!("Bearer {token}")];
    let _ = world.validator.authorize_scope(authorization, scope).await;
}

#[tokio::test(start_paused = true)]
async fn each_refusal_says_why_and_what_it_rests_on() {
    let world = World::new();
    let token = world.token();
    // So that there is a token of our own.
    assert_eq!(world.status("other").await, 401);
    let log = Log::of_this_thread(Level::DEBUG);

    let request = async {
        let none: [&str; 0] = [];
        let _ = world.validator.authorize_scope(none, &Scope::EMPTY).await;
    };
    let line = r#"DEBUG authorize{scope= outcome="denied" reason="missing_token"}: refused: the request has no bearer token"#;
    assert_eq!(logged(&log, request).await, [line]);

    let line = r#"DEBUG authorize{scope=a outcome="denied" reason="invalid_request"}: refused: the `Authorization` field is malformed"#;
    assert_eq!(logged(&log, check(&world, "=", "a")).await, [line]);

    let line = r#"DEBUG authorize{scope=a outcome="denied" reason="invalid_token" cache="miss" upstream_ms=… retries=0 breaker="closed"}: refused: the token is not valid"#;
    assert_eq!(logged(&log, check(&world, "nonsense", "a")).await, [line]);

    let line = r#"DEBUG authorize{scope=a outcome="denied" reason="invalid_token" cache="hit"}: refused: the token is not valid"#;
    assert_eq!(logged(&log, check(&world, "nonsense", "a")).await, [line]);

    let line = r#"DEBUG authorize{scope=b outcome="denied" reason="insufficient_scope" cache="miss" upstream_ms=… retries=0 breaker="closed"}: refused: the token does not cover the required scope"#;
    assert_eq!(logged(&log, check(&world, &token, "b")).await, [line]);

    assert_eq!(logged(&log, check(&world, &token, "a")).await, [""; 0]);

    let fault = Fault::conflict(http::HeaderValue::from_static("v"));
    world.authority.fault(Endpoint::Introspection, fault);
    let line = r#"DEBUG authorize{scope=a outcome="denied" reason="conflict" cache="miss" upstream_ms=… retries=0 breaker="closed"}: refused: the client's state changed during the check"#;
    assert_eq!(
        logged(&log, check(&world, &world.token(), "a")).await,
        [line]
    );

    world.answer(json("nonsense"));
    let lines = logged(&log, check(&world, &world.token(), "a")).await;
    assert!(lines[0].starts_with(r"WARN authorize{scope=a}: tokens cannot be checked kind=InvalidResponse error=the authorization server's answer is not an introspection response"), "{lines:?}");
    assert!(lines[1].contains(r#"breaker="closed"}: refused: the authorization server's answer is invalid error=the authorization server's answer is not an introspection response"#), "{lines:?}");
    assert_eq!(lines.len(), 2);

    for _ in 0..2 {
        let fault = Fault::status(StatusCode::BAD_GATEWAY);
        world.authority.fault(Endpoint::Introspection, fault);
    }
    let lines = logged(&log, check(&world, &world.token(), "a")).await;
    let last = lines.last().unwrap();
    assert!(last.contains(r#"retries=1 breaker="closed"}: refused: the authorization server is unavailable error=the authorization server answered 502 Bad Gateway"#), "{lines:?}");
}

#[tokio::test]
async fn a_stranger_who_is_served_is_no_refusal() {
    let world = World::new();
    let log = Log::of_this_thread(Level::TRACE);
    let request = async {
        let none: [&str; 0] = [];
        let check = world.validator.authorize_scope(none, &Scope::EMPTY);
        assert!(check.optional().await.unwrap().is_none());
    };
    let line = r#"TRACE authorize{scope= outcome="anonymous"}: allowed"#;
    assert_eq!(logged(&log, request).await, [line]);
}

#[tokio::test(start_paused = true)]
async fn a_grant_says_how_the_answer_was_come_by() {
    let stale = |builder: TokenValidatorBuilder| builder.serve_stale(Duration::from_secs(60));
    let world = World::with(stale);
    let token = world.token();
    let log = Log::of_this_thread(Level::TRACE);
    let granted = async |what: &str| {
        let lines = logged(&log, check(&world, &token, "a")).await;
        let line = format!(r#"TRACE authorize{{scope=a outcome="granted" cache={what}}}: allowed"#);
        assert_eq!(lines.last(), Some(&line));
    };
    granted(r#""miss" upstream_ms=… retries=0 breaker="closed""#).await;
    granted(r#""hit""#).await;
    world.clock.advance(Duration::from_secs(50));
    granted(r#""refreshed""#).await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    world.clock.advance(Duration::from_secs(61));
    let fault = Fault::Respond(busy());
    world.authority.fault(Endpoint::Introspection, fault);
    granted(r#""stale" upstream_ms=… retries=0 breaker="closed""#).await;

    world.validator.invalidate_all();
    world.clock.advance(Duration::from_secs(1));
    let both = async {
        tokio::join!(check(&world, &token, "a"), check(&world, &token, "a"));
    };
    let lines = logged(&log, both).await;
    let says = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    assert_eq!(says(r#"cache="miss" upstream_ms=… retries=0"#), 1);
    assert_eq!(says(r#"cache="joined" upstream_ms=… retries=0"#), 1);
}

/// The answer is waited for within the span of the decision, and each attempt has a span
/// of its own.
#[tokio::test]
async fn what_happens_upstream_stands_within_the_decision() {
    let world = World::new();
    let log = Log::of_this_thread(Level::DEBUG);
    let fault = Fault::status(StatusCode::UNAUTHORIZED);
    world.authority.fault(Endpoint::Introspection, fault);
    check(&world, &world.token(), "a").await;
    let lines = log.lines();
    let own_tokens = lines.iter().filter(|line| {
        line.starts_with("DEBUG authorize{scope=a}: got a token of our own scope=authorization.")
    });
    assert_eq!(own_tokens.count(), 2, "{lines:?}");
}

/// O6: the cause and the fix, once in ten seconds however many requests come.
#[tokio::test]
async fn trouble_of_ours_is_warned_of_and_not_with_each_request_o6() {
    let world = World::new();
    world.authority.unregister("test");
    let log = Log::of_this_thread(Level::WARN);
    for _ in 0..50 {
        assert_eq!(world.status(&world.token()).await, 500);
    }
    let fix = "error=the authorization server refuses our credentials: register the confidential \
               client `test` there, or correct its secret here";
    let warning = format!(
        "WARN authorize{{scope=}}: tokens cannot be checked kind=CredentialsRejected {fix}"
    );
    assert_eq!(log.lines(), [format!("{warning} suppressed=0")]);
    world.clock.advance(Duration::from_secs(10));
    for _ in 0..50 {
        assert_eq!(world.status(&world.token()).await, 500);
    }
    assert_eq!(log.lines(), [format!("{warning} suppressed=49")]);
}

#[tokio::test]
async fn the_breaker_says_when_it_opens_and_when_it_closes() {
    let world = World::new();
    let log = Log::of_this_thread(Level::INFO);
    for _ in 0..10 {
        let fault = Fault::Respond(busy());
        world.authority.fault(Endpoint::Introspection, fault);
        assert_eq!(world.status(&world.token()).await, 503);
    }
    assert_eq!(world.status(&world.token()).await, 503);
    // A probe that fails is no news.
    world.clock.advance(Duration::from_secs(1));
    let fault = Fault::Respond(busy());
    world.authority.fault(Endpoint::Introspection, fault);
    assert_eq!(world.status(&world.token()).await, 503);
    let lines = log.lines();
    let opened = "WARN authorize{scope=}: the authorization server fails: it is left alone, except for a probe every 500ms";
    assert_eq!(lines.iter().filter(|line| *line == opened).count(), 1);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(
        log.lines(),
        ["INFO authorize{scope=}: the authorization server answers again"]
    );
}

/// O8: the old token serves on, so no request would tell.
#[tokio::test]
async fn a_renewal_that_fails_is_warned_of_o8() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.unregister("test");
    world.clock.advance(Duration::from_secs(3600 - 29));
    let log = Log::of_this_thread(Level::WARN);
    for _ in 0..10 {
        assert_eq!(world.status(&world.token()).await, 200);
    }
    let warning = "WARN renew: our own token cannot be renewed, and serves to its end scope=authorization.introspect \
                   kind=CredentialsRejected error=the authorization server refuses our credentials: \
                   register the confidential client `test` there, or correct its secret here suppressed=0";
    assert_eq!(log.lines(), [warning]);
}

/// A line for each request would be a means to fill our disk.
#[tokio::test]
async fn refusals_are_not_logged_at_the_usual_level() {
    let world = World::new();
    let log = Log::of_this_thread(Level::INFO);
    for token in ["=", "nonsense", &world.token()] {
        check(&world, token, "b").await;
    }
    let requirement = Requirement::new(Scope::EMPTY).max_age(Duration::ZERO);
    let granted = [format!("Bearer {}", world.token())];
    let permit = world.validator.authorize_scope(granted, requirement).await;
    assert!(permit.is_ok());
    assert_eq!(log.lines(), [""; 0]);
}

/// An answer that says that the server is down, and is not tried again.
fn busy() -> Response<Bytes> {
    let mut answer = response(StatusCode::SERVICE_UNAVAILABLE, "");
    let second = http::HeaderValue::from_static("1");
    answer
        .headers_mut()
        .insert(http::header::RETRY_AFTER, second);
    answer
}

#[test]
fn each_mistake_in_the_set_up_is_logged() {
    let log = Log::of_this_thread(Level::ERROR);
    for advice in ["attach the first", "attach the second", "attach the first"] {
        Denial::not_set_up(advice);
    }
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("attach the first") && lines[1].contains("attach the second"));
}
