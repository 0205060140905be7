//! No caller can hurt another, and no grant outlives a revocation.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::Request;
use http::header::{HeaderValue, RETRY_AFTER};
use mobilefirst::{Denial, Error, ErrorKind, HttpBackend, MemoryCache, Permit};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::*;
use crate::support::asking;

const HOUR: Duration = Duration::from_secs(3600);

fn kind(verdict: Result<Permit, Denial>) -> Option<ErrorKind> {
    verdict.err()?.error().map(Error::kind)
}

fn too_many(seconds: &'static str) -> Fault {
    let mut answer = response(StatusCode::TOO_MANY_REQUESTS, "");
    let pause = HeaderValue::from_static(seconds);
    answer.headers_mut().insert(RETRY_AFTER, pause);
    Fault::Respond(answer)
}

#[tokio::test]
async fn an_error_status_for_one_callers_tokens_stops_no_other_v1() {
    let world = World::new();
    for status in [500, 501, 505, 599] {
        for _ in 0..50 {
            let fault = Fault::status(StatusCode::from_u16(status).unwrap());
            world.authority.fault(Endpoint::Introspection, fault);
            let verdict = world.check(&world.token()).await;
            assert_eq!(kind(verdict), Some(ErrorKind::ErrorStatus), "{status}");
            assert_eq!(world.status(&world.token()).await, 200, "{status}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_429_stops_its_token_and_spaces_the_others_out_v2() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world
        .authority
        .fault(Endpoint::Introspection, too_many("86400"));
    let (token, others) = (world.token(), [world.token(), world.token()]);
    for _ in 0..2 {
        let verdict = world.check(&token).await;
        assert_eq!(headers(&verdict.unwrap_err()), ["retry-after: 300"]);
    }
    assert_eq!(world.calls(), (1, 2));
    for other in &others {
        assert_eq!(world.status(other).await, 200);
    }
    // Slow for as long as nothing else is answered: ten a second.
    for _ in 0..3 {
        world
            .authority
            .fault(Endpoint::Introspection, too_many("60"));
    }
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(world.status(&world.token()).await, 503);
    }
    assert_eq!(world.status(&world.token()).await, 200);
    assert!(begun.elapsed() >= Duration::from_millis(100));
}

#[tokio::test(start_paused = true)]
async fn seven_tokens_on_which_the_server_hangs_stop_no_other_v3() {
    let world = World::new();
    for _ in 0..7 {
        world.authority.fault(Endpoint::Introspection, Fault::Hang);
        assert_eq!(world.status(&world.token()).await, 503);
    }
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn a_pause_of_the_token_endpoint_does_not_stop_introspection_v4() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.fault(Endpoint::Token, too_many("60"));
    // Our own token is near its end, and still serves.
    world.clock.advance(HOUR - Duration::from_secs(30));
    for _ in 0..3 {
        assert_eq!(world.status(&world.token()).await, 200);
        tokio::task::yield_now().await;
    }
    assert_eq!(world.calls(), (2, 4));
}

#[tokio::test(start_paused = true)]
async fn no_caller_brings_about_that_a_stale_answer_is_served_v5() {
    let world = World::with(|builder| builder.serve_stale(HOUR));
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    world.authority.revoke(&token);
    world.clock.advance(Duration::from_secs(60));
    for fault in [
        Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        too_many("86400"),
    ] {
        world.authority.fault(Endpoint::Introspection, fault);
        assert_eq!(world.status(&token).await, 503);
    }
    // The pause is not over.
    assert_eq!(world.status(&token).await, 503);
    world.clock.advance(Duration::from_secs(300));
    assert_eq!(world.status(&token).await, 401);
}

/// Holds answers about tokens back, and counts the introspections that were begun.
#[derive(Clone)]
struct Gate {
    next: Authority,
    begun: Arc<AtomicUsize>,
    passes: Arc<Semaphore>,
}

impl Gate {
    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl HttpBackend for Gate {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        if !request.uri().path().ends_with("introspection") {
            return self.next.send(request).await;
        }
        self.begun.fetch_add(1, Ordering::SeqCst);
        let response = self.next.send(request).await;
        self.passes.acquire().await.unwrap().forget();
        response
    }
}

/// A world with places for two introspections, and its gate.
fn gated() -> (World, Gate) {
    let mut gate = None;
    let world = World::of(Authority::new(), |authority| {
        let own = gate.insert(Gate {
            next: authority.clone(),
            begun: Arc::default(),
            passes: Arc::new(Semaphore::new(0)),
        });
        asking(authority).http_backend(own.clone()).max_in_flight(2)
    });
    (world, gate.unwrap())
}

/// A validator that waits at the gate, and one that shares its cache but does not wait.
fn gated_beside_another() -> (World, Gate, TokenValidator) {
    let cache = Arc::new(MemoryCache::new(100));
    let (world, gate) = gated();
    let other = world.beside(|builder| builder.cache(cache.clone()));
    let slow = world.beside(|builder| builder.http_backend(gate.clone()).cache(cache));
    (slow, gate, other.validator)
}

#[tokio::test]
async fn what_nobody_waits_for_is_not_asked_v6() {
    let (world, gate) = gated();
    let tokens = [(); 100].map(|()| world.token());
    let mut first = pin!(world.check(&tokens[0]));
    let mut second = pin!(world.check(&tokens[1]));
    assert!(is_pending(first.as_mut()) && is_pending(second.as_mut()));
    settle().await;
    assert_eq!(gate.begun(), 2);
    for token in &tokens[2..] {
        assert!(is_pending(pin!(world.check(token))));
    }
    settle().await;
    gate.passes.add_permits(100);
    assert_eq!(status(&first.await), 200);
    assert_eq!(status(&second.await), 200);
    settle().await;
    assert_eq!(gate.begun(), 2);
}

#[tokio::test]
async fn a_token_that_was_active_goes_before_new_ones_v7() {
    let (world, gate) = gated();
    gate.passes.add_permits(1);
    let known = world.token();
    assert_eq!(world.status(&known).await, 200);
    world.clock.advance(Duration::from_secs(60));
    let tokens = [(); 4].map(|()| world.token());
    let mut new = tokens.each_ref().map(|token| Box::pin(world.check(token)));
    for check in &mut new {
        assert!(is_pending(check.as_mut()));
    }
    settle().await;
    let mut known = pin!(world.check(&known));
    assert!(is_pending(known.as_mut()));
    settle().await;
    // Two are under way, and two wait before it.
    assert_eq!(gate.begun(), 3);
    gate.passes.add_permits(2);
    settle().await;
    gate.passes.add_permits(1);
    assert_eq!(status(&known.await), 200);
}

#[tokio::test]
async fn the_health_check_has_a_place_of_its_own_v8() {
    let (world, gate) = gated();
    let tokens = [(); 10].map(|()| world.token());
    let mut checks = tokens.each_ref().map(|token| Box::pin(world.check(token)));
    for check in &mut checks {
        assert!(is_pending(check.as_mut()));
    }
    settle().await;
    let mut health = pin!(world.validator.check());
    assert!(is_pending(health.as_mut()));
    settle().await;
    assert_eq!(gate.begun(), 3);
    gate.passes.add_permits(20);
    assert!(health.await.is_healthy());
}

#[tokio::test]
async fn a_late_answer_is_not_cached_after_another_validator_forgot_the_token_v9() {
    let (slow, gate, other) = gated_beside_another();
    let token = slow.token();
    let mut late = pin!(slow.check(&token));
    assert!(is_pending(late.as_mut()));
    settle().await;
    assert_eq!(gate.begun(), 1);
    other.invalidate(&token);
    slow.authority.revoke(&token);
    gate.passes.add_permits(10);
    assert_eq!(status(&late.await), 200);
    assert_eq!(slow.status(&token).await, 401);
}

#[tokio::test]
async fn nobody_joins_a_call_that_another_validator_knows_to_be_too_old_v9() {
    let (slow, gate, other) = gated_beside_another();
    let token = slow.token();
    let mut late = pin!(slow.check(&token));
    assert!(is_pending(late.as_mut()));
    settle().await;
    other.invalidate(&token);
    slow.authority.revoke(&token);
    let mut next = pin!(slow.check(&token));
    assert!(is_pending(next.as_mut()));
    gate.passes.add_permits(10);
    assert_eq!(status(&next.await), 401);
    let _ = late.await;
}

/// Has connections that fall silent, until they are renewed.
#[derive(Clone)]
struct Pool {
    next: Authority,
    is_dead: Arc<std::sync::atomic::AtomicBool>,
    renewals: Arc<AtomicUsize>,
}

#[async_trait]
impl HttpBackend for Pool {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        if self.is_dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        self.next.send(request).await
    }

    fn renew_connections(&self) -> bool {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        self.is_dead.swap(false, Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn connections_that_fall_silent_are_renewed_within_the_deadline_v10() {
    let mut pool = None;
    let world = World::through(|authority| {
        let own = Pool {
            next: authority,
            is_dead: Arc::default(),
            renewals: Arc::default(),
        };
        pool.insert(own).clone()
    });
    let pool = pool.unwrap();
    assert_eq!(world.status(&world.token()).await, 200);
    pool.is_dead.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    let tokens = [(); 20].map(|()| world.token());
    assert_eq!(at_once(&world, &tokens).await, [200; 20]);
    // A quarter of the deadline, and one renewal for all.
    assert_eq!(begun.elapsed().as_millis(), 1250);
    assert_eq!(pool.renewals.load(Ordering::SeqCst), 1);
    // A connection that the server closed meanwhile (408) is renewed, too.
    world.answer(response(StatusCode::REQUEST_TIMEOUT, ""));
    assert_eq!(world.status(&world.token()).await, 200);
}
