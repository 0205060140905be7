//! The cache.

mod stale;

use std::sync::Arc;
use std::time::Duration;

use mobilefirst::{Clock, MemoryCache, RequiredScope, Requirement};

use super::*;

#[tokio::test]
async fn the_same_token_is_asked_about_once_within_max_age_k1() {
    let world = World::new();
    let token = world.token();
    for _ in 0..10 {
        assert_eq!(world.status(&token).await, 200);
    }
    assert_eq!(world.calls(), (1, 1));
    let stats = world.validator.cache_stats();
    assert_eq!(
        (stats.hits, stats.misses, stats.active_entries),
        (9, 1, Some(1))
    );
}

#[tokio::test]
async fn a_kept_token_is_refused_at_the_instant_of_its_end_k2() {
    let world = World::new();
    let token = UserToken::new("a").lifetime(Duration::from_secs(10));
    let token = world.authority.issue(token);
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_millis(9_999));
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.status(&token).await, 401);
    assert_eq!(world.calls(), (1, 1));
}

#[tokio::test]
async fn validators_with_another_server_or_client_share_no_entry_k3() {
    let cache = Arc::new(MemoryCache::new(100));
    let clock = ManualClock::default();
    let validator = |authority: &Authority, server: &str, client: &str| {
        let credentials = Credentials::new(client, "secret").unwrap();
        TokenValidator::builder(server.parse().unwrap(), credentials)
            .http_backend(authority.clone())
            .clock(clock.clone())
            .cache(cache.clone())
            .build()
            .unwrap()
    };
    let one = Authority::new().with_clock(clock.clone());
    for client in ["one", "two"] {
        one.register(client, "secret", "*");
    }
    let other = Authority::new().with_clock(clock.clone());
    other.register("one", "secret", "*");
    let token = one.issue(UserToken::new("a"));
    let bearing = [format!("Bearer {token}")];
    for (authority, server, client, granted, introspections) in [
        (&one, "http://localhost:1/mfp/api", "one", true, 1),
        (&one, "http://localhost:1/mfp/api", "two", true, 2),
        (&other, "http://localhost:2/mfp/api", "one", false, 1),
        (&one, "http://localhost:1/mfp/api/", "one", true, 2),
    ] {
        let validator = validator(authority, server, client);
        let verdict = validator.authorize::<AnyScope>(&bearing).await;
        assert_eq!(verdict.is_ok(), granted, "{server} {client}");
        assert_eq!(
            authority.calls().introspection,
            introspections,
            "{server} {client}"
        );
    }
}

#[tokio::test]
async fn it_stays_within_its_capacity_and_is_never_emptied_k4() {
    let world = World::with(|builder| builder.cache_capacity(100));
    let tokens: Vec<_> = (0..300).map(|_| world.token()).collect();
    for token in &tokens {
        assert_eq!(world.status(token).await, 200);
        let entries = world.validator.cache_stats().active_entries.unwrap();
        assert!(entries <= 100, "{entries}");
    }
    let entries = world.validator.cache_stats().active_entries.unwrap();
    assert!(entries >= 90, "{entries}");
}

#[tokio::test]
async fn a_flood_of_bad_tokens_pushes_no_good_one_out_k5() {
    let world = World::with(|builder| builder.cache_capacity(100));
    let tokens: Vec<_> = (0..50).map(|_| world.token()).collect();
    for token in &tokens {
        assert_eq!(world.status(token).await, 200);
    }
    for i in 0..2000 {
        assert_eq!(world.status(&format!("bad{i}")).await, 401);
    }
    let before = world.calls().1;
    for token in &tokens {
        assert_eq!(world.status(token).await, 200);
    }
    assert_eq!(world.calls().1, before);
    let bad = world.validator.cache_stats().inactive_entries.unwrap();
    assert!((1..=25).contains(&bad), "{bad}");
}

#[tokio::test]
async fn an_inactive_answer_is_kept_for_ten_seconds_k5() {
    let world = World::new();
    for (advance, introspections) in [(0, 1), (9_999, 1), (1, 2)] {
        world.clock.advance(Duration::from_millis(advance));
        assert_eq!(world.status("bad").await, 401);
        assert_eq!(world.calls().1, introspections);
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_is_never_kept_k6() {
    for fault in [
        Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::status(StatusCode::NOT_FOUND),
        Fault::status(StatusCode::CONFLICT),
        Fault::Respond(json("nonsense")),
        Fault::Hang,
    ] {
        let world = World::new();
        let token = world.token();
        world
            .authority
            .fault(Endpoint::Introspection, fault.clone());
        assert_ne!(world.status(&token).await, 200, "{fault:?}");
        assert_eq!(world.status(&token).await, 200, "{fault:?}");
        assert_eq!(world.calls().1, 2, "{fault:?}");
    }
}

#[tokio::test]
async fn without_a_cache_every_request_is_asked_about_k7() {
    let without_age = World::with(|builder| builder.max_age(Duration::ZERO));
    let without_room = World::with(|builder| builder.cache_capacity(0));
    for world in [without_age, without_room] {
        let token = world.token();
        for introspections in 1..=3 {
            assert_eq!(world.status(&token).await, 200);
            assert_eq!(world.status("bad").await, 401);
            assert_eq!(world.calls(), (1, 2 * introspections));
        }
        let stats = world.validator.cache_stats();
        assert_eq!(
            (stats.active_entries, stats.inactive_entries),
            (Some(0), Some(0))
        );
        world.authority.revoke(&token);
        assert_eq!(world.status(&token).await, 401);
    }
}

#[tokio::test]
async fn an_answer_that_comes_after_invalidate_is_not_kept_k8() {
    type Invalidate = fn(&World, &str);
    let ways: [Invalidate; 2] = [
        |world, token| drop(world.validator.invalidate(token)),
        |world, _| drop(world.validator.invalidate_all()),
    ];
    for invalidate in ways {
        let world = World::new();
        let token = world.token();
        assert_eq!(world.status(&token).await, 200);
        invalidate(&world, &token);
        assert_eq!(world.status(&token).await, 200);
        assert_eq!(world.calls().1, 2);

        // The answer "active" is on its way while the token is revoked and forgotten.
        let other = world.token();
        let mut late = std::pin::pin!(world.check(&other));
        assert!(is_pending(late.as_mut()));
        invalidate(&world, &other);
        assert!(late.await.is_ok());
        world.authority.revoke(&other);
        assert_eq!(world.status(&other).await, 401);
    }
}

struct Fresh;

impl RequiredScope for Fresh {
    const SCOPE: Scope = Scope::from_static("a");
    const MAX_AGE: Option<Duration> = Some(Duration::from_secs(5));
}

#[tokio::test]
async fn a_route_may_want_fresher_answers_k9() {
    let world = World::new();
    let token = world.token();
    let bearing = [format!("Bearer {token}")];
    assert_eq!(world.status(&token).await, 200);
    for (advance, introspections) in [(4, 1), (1, 2), (4, 2)] {
        world.clock.advance(Duration::from_secs(advance));
        assert!(world.validator.authorize::<Fresh>(&bearing).await.is_ok());
        assert_eq!(world.calls().1, introspections);
    }
    // The answer that it fetched serves the other routes too.
    world.clock.advance(Duration::from_secs(40));
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls().1, 2);

    let always = Requirement::new(Scope::EMPTY).max_age(Duration::ZERO);
    for introspections in 3..=5 {
        let verdict = world.validator.authorize_scope(&bearing, &always).await;
        assert!(verdict.is_ok());
        assert_eq!(world.calls().1, introspections);
    }
    let longer = Requirement::new(Scope::EMPTY).max_age(Duration::from_secs(3600));
    world.clock.advance(Duration::from_secs(60));
    let verdict = world.validator.authorize_scope(&bearing, &longer).await;
    assert!(verdict.is_ok());
    assert_eq!(world.calls().1, 6);
}

#[tokio::test]
async fn a_token_in_use_is_asked_about_ahead_of_time_k10() {
    let world = World::new();
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_secs(47));
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls().1, 1);
    world.clock.advance(Duration::from_secs(1));
    for _ in 0..5 {
        // At hand at once: the answer is still good.
        assert!(!is_pending(std::pin::pin!(world.check(&token))));
    }
    settle().await;
    assert_eq!(world.calls().1, 2);
    assert_eq!(world.validator.cache_stats().refreshed, 1);
    // 59 s later: too old for the first answer, not for the second.
    world.clock.advance(Duration::from_secs(47));
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls().1, 2);

    let world = World::with(TokenValidatorBuilder::without_refresh_ahead);
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_secs(59));
    assert_eq!(world.status(&token).await, 200);
    settle().await;
    assert_eq!(world.calls().1, 1);
}

#[tokio::test]
async fn a_revoked_token_in_use_is_found_out_ahead_of_time_k10() {
    let world = World::new();
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    world.authority.revoke(&token);
    world.clock.advance(Duration::from_secs(48));
    assert_eq!(world.status(&token).await, 200);
    settle().await;
    assert_eq!(world.status(&token).await, 401);
}

#[tokio::test(start_paused = true)]
async fn the_others_get_their_answer_when_the_first_goes_away_k13() {
    let world = World::new();
    let token = world.token();
    let second = Duration::from_secs(1);
    world
        .authority
        .fault(Endpoint::Introspection, Fault::Delay(second));
    let first = tokio::spawn(
        world
            .validator
            .authorize::<AnyScope>([format!("Bearer {token}")]),
    );
    tokio::time::sleep(second / 2).await;
    let mut others = std::pin::pin!(world.check(&token));
    assert!(is_pending(others.as_mut()));
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(others.await.is_ok());
    assert_eq!(world.calls(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_and_then_forgotten_k14() {
    let world = World::new();
    let token = world.token();
    world.answer(response(StatusCode::INTERNAL_SERVER_ERROR, ""));
    let statuses = at_once(&world, &vec![token.clone(); 100]).await;
    assert_eq!(statuses, [503; 100]);
    assert_eq!(world.calls(), (1, 1));
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.calls(), (1, 2));
}

#[tokio::test]
async fn no_jump_of_the_date_lengthens_a_life_k15() {
    let hour = Duration::from_secs(3600);
    let world = World::with(|builder| builder.max_age(hour * 24));
    let token = world.authority.issue(UserToken::new("a").lifetime(hour));
    let begin = world.clock.now();
    assert_eq!(world.status(&token).await, 200);
    world.clock.set(begin - hour * 10);
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(hour - Duration::from_secs(1));
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.status(&token).await, 401);
    world.clock.set(std::time::UNIX_EPOCH);
    assert_eq!(world.status(&token).await, 401);
    world.clock.set(begin + hour * 1000);
    assert_eq!(world.status(&token).await, 401);
}
