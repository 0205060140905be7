//! Conflict, and trouble upstream.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::Request;
use http::header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue};
use mobilefirst::{Clock, Error, HttpBackend, Reason};

use super::*;

const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

#[tokio::test]
async fn a_conflict_is_passed_on_and_not_kept_c1() {
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
async fn nothing_else_of_a_conflict_is_passed_on_c2() {
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
async fn a_conflict_without_the_header_gets_one_c3() {
    let world = World::new();
    world.answer(response(StatusCode::CONFLICT, ""));
    let denial = world.check(&world.token()).await.unwrap_err();
    assert_eq!(headers(&denial), ["mfp-conflict: true"]);
}

#[tokio::test]
async fn a_deadline_may_be_as_good_as_none_u3() {
    let world = World::with(|builder| builder.deadline(Duration::MAX));
    let tokens = [world.token(), world.token()];
    assert_eq!(at_once(&world, &tokens).await, [200; 2]);
    assert_eq!(
        at_once(&world, &[&*world.token(); 3].map(String::from)).await,
        [200; 3]
    );
}

#[tokio::test(start_paused = true)]
async fn trouble_is_503_and_not_kept_u1() {
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
async fn one_deadline_covers_everything_u3() {
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

fn with_retry_after(status: StatusCode, value: &str) -> Fault {
    let mut answer = response(status, "");
    answer
        .headers_mut()
        .insert(RETRY_AFTER, value.parse().unwrap());
    Fault::Respond(answer)
}

#[tokio::test]
async fn the_server_is_left_alone_for_as_long_as_it_asks_u2() {
    for status in [
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::SERVICE_UNAVAILABLE,
    ] {
        let world = World::new();
        let (token, other) = (world.token(), world.token());
        let seven_seconds = with_retry_after(status, "7");
        world
            .authority
            .fault(Endpoint::Introspection, seven_seconds);
        for token in [&token, &token] {
            let denial = world.check(token).await.unwrap_err();
            assert_eq!(headers(&denial), ["retry-after: 7"]);
        }
        assert_eq!(world.calls(), (1, 1));
        // What it says about one token stops no other.
        assert_eq!(world.status(&other).await, 200);
        world.clock.advance(Duration::from_millis(6_900));
        let denial = world.check(&token).await.unwrap_err();
        assert_eq!(headers(&denial), ["retry-after: 1"]);
        assert_eq!(world.calls(), (1, 2));
        world.clock.advance(Duration::from_millis(100));
        assert_eq!(world.status(&token).await, 200);
    }
}

#[tokio::test]
async fn the_pause_may_be_a_date_and_is_bounded_u2() {
    let world = World::new();
    let end = world.clock.now() + Duration::from_secs(7);
    let date = httpdate::fmt_http_date(end);
    world
        .clock
        .set(httpdate::parse_http_date(&date).unwrap() - Duration::from_secs(7));
    let fault = with_retry_after(StatusCode::SERVICE_UNAVAILABLE, &date);
    world.authority.fault(Endpoint::Introspection, fault);
    let denial = world.check(&world.token()).await.unwrap_err();
    assert_eq!(headers(&denial), ["retry-after: 7"]);

    for (value, retry_after) in [
        ("99999999999", "retry-after: 300"),
        ("0", "retry-after: 1"),
        ("-5", "retry-after: 1"),
        ("soon", "retry-after: 1"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "retry-after: 1"),
    ] {
        let world = World::new();
        let fault = with_retry_after(StatusCode::TOO_MANY_REQUESTS, value);
        world.authority.fault(Endpoint::Introspection, fault);
        let denial = world.check(&world.token()).await.unwrap_err();
        assert_eq!(headers(&denial), [retry_after], "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_by_itself_is_tried_once_more_u4() {
    for fault in [
        Fault::Reset,
        Fault::status(StatusCode::BAD_GATEWAY),
        Fault::status(StatusCode::SERVICE_UNAVAILABLE),
        Fault::status(StatusCode::GATEWAY_TIMEOUT),
    ] {
        for endpoint in [Endpoint::Token, Endpoint::Introspection] {
            let world = World::new();
            world.authority.fault(endpoint, fault.clone());
            assert_eq!(world.status(&world.token()).await, 200, "{fault:?}");
            world.authority.fault(endpoint, fault.clone());
            world.authority.fault(endpoint, fault.clone());
            world.authority.revoke_own_tokens();
            assert_eq!(world.status(&world.token()).await, 503, "{fault:?}");
        }
    }
    // What does not is not.
    let world = World::new();
    let fault = Fault::status(StatusCode::INTERNAL_SERVER_ERROR);
    world.authority.fault(Endpoint::Introspection, fault);
    assert_eq!(world.status(&world.token()).await, 503);
    assert_eq!(world.calls(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_left_alone_and_its_return_is_seen_u5() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world
        .authority
        .fault_always(Endpoint::Introspection, Fault::Hang);
    let mut waits = Vec::new();
    for _ in 0..20 {
        let begin = tokio::time::Instant::now();
        assert_eq!(world.status(&world.token()).await, 503);
        waits.push(begin.elapsed().as_secs());
    }
    assert_eq!(waits[..10], [5; 10]);
    assert_eq!(waits[10..], [0; 10]);
    assert_eq!(world.calls().1, 11);
    // One probe at a time.
    world.clock.advance(Duration::from_millis(500));
    let tokens: Vec<_> = (0..20).map(|_| world.token()).collect();
    assert_eq!(at_once(&world, &tokens).await, [503; 20]);
    assert_eq!(world.calls().1, 12);
    // Back within a second of its return.
    world.authority.clear_faults();
    world.clock.advance(Duration::from_millis(500));
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(at_once(&world, &tokens).await, [200; 20]);
}

#[tokio::test]
async fn nonsense_is_no_outage_u5() {
    let world = World::new();
    let nonsense = Fault::Respond(json("nonsense"));
    world
        .authority
        .fault_always(Endpoint::Introspection, nonsense);
    for _ in 0..20 {
        assert_eq!(world.status(&world.token()).await, 500);
    }
    assert_eq!(world.calls(), (1, 20));
    world.authority.clear_faults();
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn a_server_that_starts_is_an_outage_and_a_wrong_url_is_none_u7() {
    for endpoint in [Endpoint::Token, Endpoint::Introspection] {
        let world = World::new();
        let token = world.token();
        let not_found = Fault::status(StatusCode::NOT_FOUND);
        world.authority.fault_always(endpoint, not_found);
        let denial = world.check(&token).await.unwrap_err();
        assert_eq!(denial.reason(), Reason::Unavailable, "{endpoint:?}");
        assert_eq!(headers(&denial), ["retry-after: 1"], "{endpoint:?}");
        world.clock.advance(Duration::from_millis(19_999));
        assert_eq!(world.status(&token).await, 503, "{endpoint:?}");
        world.clock.advance(Duration::from_millis(1));
        assert_eq!(world.status(&token).await, 500, "{endpoint:?}");
        // Whatever was there for a moment, the next 404 is a new beginning.
        world.authority.clear_faults();
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(world.status(&token).await, 200, "{endpoint:?}");
    }
}

/// Counts the introspections that are under way at the same time.
struct Gauge {
    next: Authority,
    now: AtomicUsize,
    most: Arc<AtomicUsize>,
}

#[async_trait]
impl HttpBackend for Gauge {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        if !request.uri().path().ends_with("introspection") {
            return self.next.send(request).await;
        }
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        let response = self.next.send(request).await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        response
    }
}

#[tokio::test(start_paused = true)]
async fn a_bounded_number_of_introspections_is_under_way_u6() {
    let most = Arc::<AtomicUsize>::default();
    let world = World::through(|next| Gauge {
        next,
        now: AtomicUsize::new(0),
        most: most.clone(),
    });
    let tokens: Vec<_> = (0..10_000).map(|_| world.token()).collect();
    assert_eq!(at_once(&world, &tokens).await, [200; 10_000]);
    assert_eq!(most.load(Ordering::SeqCst), 64);
    assert_eq!(world.calls(), (1, 10_000));

    // Too many for the deadline: the rest is refused, and not as an outage.
    let tokens: Vec<_> = (0..20_000).map(|_| world.token()).collect();
    let statuses = at_once(&world, &tokens).await;
    let granted = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert_eq!(granted + refused, 20_000);
    // 3.75 s in steps of 20 ms, 64 at a time: what is left of the deadline is not enough.
    assert!((11_500..=12_200).contains(&granted), "{granted}");
    assert_eq!(world.status(&world.token()).await, 200);
}
