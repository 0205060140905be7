//! What a check costs, how long it takes, and what it leaves alone.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_told_at_the_deadline() {
    for (endpoint, seconds) in [(Endpoint::Token, 5), (Endpoint::Introspection, 2)] {
        let deadline = Duration::from_secs(seconds);
        let world = World::with(|builder| builder.deadline(deadline));
        world.authority.fault_always(endpoint, Fault::Hang);
        let begin = Instant::now();
        let health = world.validator.check().await;
        assert_eq!(begin.elapsed().as_secs(), seconds);
        assert_eq!(words(&health), NO_SERVER);
        assert_eq!(kind(&health), Some(ErrorKind::Timeout));
        // It holds, as any other.
        world.authority.clear_faults();
        assert_eq!(checked(&world).await, NO_SERVER);
        assert_eq!(begin.elapsed().as_secs(), seconds);
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(checked(&world).await, HEALTHY);
    }
    // One deadline for both.
    let world = World::new();
    let three_seconds = Fault::Delay(Duration::from_secs(3));
    for endpoint in [Endpoint::Token, Endpoint::Introspection] {
        world.authority.fault(endpoint, three_seconds.clone());
    }
    let begin = Instant::now();
    assert_eq!(checked(&world).await, NO_SERVER);
    assert_eq!(begin.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_left_alone_is_not_asked() {
    let world = World::new();
    let fault = Fault::status(StatusCode::BAD_GATEWAY);
    world.authority.fault_always(Endpoint::Introspection, fault);
    for _ in 0..10 {
        assert_eq!(world.status(&world.token()).await, 503);
    }
    let health = world.validator.check().await;
    assert_eq!(words(&health), NO_SERVER);
    assert_eq!(kind(&health), Some(ErrorKind::Suspended));
    assert_eq!(world.calls(), (1, 20));
    // A check is a probe as good as a request: the next one finds a server that is back.
    world.authority.clear_faults();
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(checked(&world).await, HEALTHY);
    assert_eq!(world.status(&world.token()).await, 200);
}

#[tokio::test]
async fn a_thousand_checks_cost_one_call() {
    let world = World::new();
    let unwell = World::new();
    unwell.authority.unregister("test");
    for (world, words, calls) in [(&world, HEALTHY, (1, 1)), (&unwell, NO_CREDENTIALS, (1, 0))] {
        let checks: Vec<_> = (0..1000)
            .map(|_| tokio::spawn(world.validator.clone().check()))
            .collect();
        for check in checks {
            assert_eq!(self::words(&check.await.unwrap()), words);
        }
        for _ in 0..1000 {
            assert_eq!(checked(world).await, words);
        }
        assert_eq!(world.calls(), calls);
        world.clock.advance(Duration::from_millis(4_999));
        assert_eq!(checked(world).await, words);
        assert_eq!(world.calls(), calls);
    }
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(checked(&world).await, HEALTHY);
    assert_eq!(world.calls(), (1, 2));
    // A finding does not last longer because somebody set the date back.
    world.clock.set(std::time::SystemTime::UNIX_EPOCH);
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(checked(&world).await, HEALTHY);
    assert_eq!(world.calls(), (1, 3));
}

#[tokio::test]
async fn it_uses_the_token_at_hand_and_replaces_one_that_is_refused() {
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(checked(&world).await, HEALTHY);
    assert_eq!(world.calls(), (1, 2));
    world.authority.revoke_own_tokens();
    world.clock.advance(Duration::from_secs(5));
    assert_eq!(checked(&world).await, HEALTHY);
    assert_eq!(world.calls(), (2, 4));
}

#[tokio::test]
async fn any_answer_of_the_introspection_endpoint_will_do() {
    for answer in [
        json(r#"{"active":false}"#),
        response(StatusCode::CONFLICT, ""),
    ] {
        let world = World::new();
        world.answer(answer);
        assert_eq!(checked(&world).await, HEALTHY);
    }
}

#[tokio::test]
async fn nothing_gets_into_the_cache() {
    let world = World::new();
    assert_eq!(checked(&world).await, HEALTHY);
    let seven = seven(world.authority.clone());
    assert!(seven.check().await.is_healthy());
    for validator in [&world.validator, &seven] {
        let stats = validator.cache_stats();
        assert_eq!(stats.active_entries, Some(0));
        assert_eq!(stats.inactive_entries, Some(0));
        assert_eq!((stats.hits, stats.misses), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_check_that_is_dropped_harms_no_other() {
    let world = World::new();
    let second = Fault::Delay(Duration::from_secs(1));
    world.authority.fault(Endpoint::Introspection, second);
    let soon = Duration::from_millis(500);
    let dropped = tokio::time::timeout(soon, world.validator.check()).await;
    assert!(dropped.is_err());
    assert_eq!(checked(&world).await, HEALTHY);
    assert_eq!(world.calls(), (1, 1));
}

#[tokio::test]
async fn an_http_client_that_panics_is_a_server_that_cannot_be_asked() {
    let panics = || panic!("for the test");
    let world = World::with(|builder| builder.http_backend(Broken(panics)));
    for _ in 0..3 {
        assert_eq!(checked(&world).await, NO_SERVER);
    }
}

#[test]
fn outside_a_runtime_it_says_so() {
    let world = World::new();
    let check = pin!(world.validator.check());
    let Poll::Ready(health) = check.poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits for nothing");
    };
    assert_eq!(words(&health), NO_SERVER);
    assert!(health.to_string().contains("outside a tokio runtime"));
}

/// As in a test that has a runtime of its own, and leaves it standing.
#[test]
fn a_check_on_a_runtime_that_stands_still_holds_up_no_other() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_time().start_paused(true).build().unwrap()
    };
    let world = World::new();
    world.authority.fault(Endpoint::Token, Fault::Hang);
    let standing = runtime();
    let soon = Duration::from_millis(500);
    let dropped =
        standing.block_on(async { tokio::time::timeout(soon, world.validator.check()).await });
    assert!(dropped.is_err());
    let other = runtime();
    let begin = other.block_on(async { Instant::now() });
    let health = other.block_on(world.validator.check());
    assert_eq!(kind(&health), Some(ErrorKind::Timeout));
    assert_eq!(other.block_on(async { begin.elapsed().as_secs() }), 5);
    drop(standing);
    assert_eq!(runtime().block_on(checked(&world)), HEALTHY);
}
