//! Stale answers, while the authorization server cannot be asked.

use super::*;

fn outage(world: &World) {
    let fault = Fault::status(StatusCode::SERVICE_UNAVAILABLE);
    world.authority.fault_always(Endpoint::Introspection, fault);
}

#[tokio::test(start_paused = true)]
async fn nothing_stale_is_served_unasked_k11() {
    let world = World::new();
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    outage(&world);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.status(&token).await, 503);
}

#[tokio::test(start_paused = true)]
async fn an_outage_may_be_bridged_k12() {
    let five_minutes = Duration::from_secs(300);
    let world = World::with(|builder| builder.serve_stale(five_minutes));
    let token = world.token();
    let revoked = world.token();
    let short = UserToken::new("a").lifetime(Duration::from_secs(100));
    let short = world.authority.issue(short);
    for token in [&token, &revoked, &short] {
        assert!(!world.check(token).await.unwrap().is_stale());
    }
    world.authority.revoke(&revoked);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(world.status(&revoked).await, 401);

    outage(&world);
    assert!(world.check(&token).await.unwrap().is_stale());
    assert_eq!(world.validator.cache_stats().stale, 1);
    assert_eq!(
        world.check_scope(&token, "b").await.unwrap_err().status(),
        403
    );
    assert!(world.check(&short).await.unwrap().is_stale());
    // Never after "inactive" was seen, and never one that was not seen at all.
    world.clock.advance(Duration::from_secs(11));
    assert_eq!(world.status(&revoked).await, 503);
    assert_eq!(world.status(&world.token()).await, 503);
    // A route that wants fresh answers gets no stale one.
    let fresh = Requirement::new(Scope::EMPTY).max_age(Duration::from_secs(1));
    let verdict = world
        .validator
        .authorize_scope([format!("Bearer {token}")], &fresh)
        .await;
    assert_eq!(status(&verdict), 503);
    // Never past `exp`.
    world.clock.advance(Duration::from_secs(29));
    assert_eq!(world.status(&short).await, 401);
    // Within its time, and not after it.
    world.clock.advance(Duration::from_secs(259));
    assert!(world.check(&token).await.unwrap().is_stale());
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.status(&token).await, 503);

    world.authority.clear_faults();
    world.clock.advance(Duration::from_secs(1));
    assert!(!world.check(&token).await.unwrap().is_stale());
}

#[tokio::test]
async fn misconfiguration_is_no_outage_k12() {
    let world = World::with(|builder| builder.serve_stale(Duration::from_secs(300)));
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    world.clock.advance(Duration::from_secs(60));
    let fault = Fault::status(StatusCode::UNAUTHORIZED);
    world.authority.fault_always(Endpoint::Introspection, fault);
    assert_eq!(world.status(&token).await, 500);
    world.authority.clear_faults();
    world.answer(json("nonsense"));
    assert_eq!(world.status(&token).await, 500);
}
