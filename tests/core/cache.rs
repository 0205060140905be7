//! The cache.

use std::time::Duration;

use super::*;

#[tokio::test]
async fn k1_the_same_token_is_asked_about_once_within_max_age() {
    let world = World::new();
    let token = world.token();
    for _ in 0..10 {
        assert_eq!(world.status(&token).await, 200);
    }
    assert_eq!(world.calls(), (1, 1));
}

#[tokio::test]
async fn k2_a_kept_token_is_refused_at_the_instant_of_its_end() {
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
