//! Streams that end with their tokens.

use std::pin::pin;
use std::time::{Duration, SystemTime};

use mobilefirst::{Clock, Permit};
use tokio::time::{Instant, advance};

use super::*;

/// Shows the time of tokio, which tests can pause.
#[derive(Clone)]
struct Paused {
    begun: Instant,
    date: SystemTime,
}

impl Paused {
    fn new() -> Self {
        Self {
            begun: Instant::now(),
            date: SystemTime::now(),
        }
    }
}

impl Clock for Paused {
    fn now(&self) -> SystemTime {
        self.date + self.begun.elapsed()
    }

    fn uptime(&self) -> Duration {
        self.begun.elapsed()
    }
}

async fn granted(lifetime: Option<Duration>, leeway: Duration) -> (TokenValidator, Permit) {
    let clock = Paused::new();
    let authority = Authority::new().with_clock(clock.clone());
    let builder = asking(&authority).clock(clock).leeway(leeway);
    let validator = builder.build().unwrap();
    let token = UserToken::new("a");
    let token = authority.issue(match lifetime {
        Some(lifetime) => token.lifetime(lifetime),
        None => token.without("exp"),
    });
    let authorization = [format!("Bearer {token}")];
    let permit = validator.authorize(authorization).await.unwrap();
    (validator, permit)
}

#[tokio::test(start_paused = true)]
async fn a_stream_can_wait_for_its_token_to_end_q7() {
    for (lifetime, leeway) in [(100, 0), (100, 7), (3600, 0), (10, 0)] {
        let lifetime = Duration::from_secs(lifetime);
        let leeway = Duration::from_secs(leeway);
        let begun = Instant::now();
        let (validator, permit) = granted(Some(lifetime), leeway).await;
        // What happens before it is called counts too.
        advance(Duration::from_secs(3)).await;
        validator.token_end(&permit).await;
        let off = begun.elapsed().abs_diff(lifetime + leeway);
        // `exp` is in whole seconds.
        assert!(off <= Duration::from_secs(1), "{lifetime:?}: {off:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_end_ends_no_stream_q7() {
    let (validator, permit) = granted(None, Duration::ZERO).await;
    let waiting = tokio::time::timeout(Duration::from_secs(100_000), validator.token_end(&permit));
    assert!(waiting.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_date_that_is_set_is_noticed_by_a_stream_q7() {
    let world = World::new();
    let permit = world.check(&world.token()).await.unwrap();
    let mut end = pin!(world.validator.token_end(&permit));
    // It waits already, for what is left by the old date.
    let waiting = tokio::time::timeout(Duration::from_secs(1), &mut end);
    assert!(waiting.await.is_err());
    world
        .clock
        .set(SystemTime::now() + Duration::from_secs(100_000));
    let waiting = tokio::time::timeout(Duration::from_secs(31), end);
    assert!(waiting.await.is_ok());
}
