//! Several runtimes in one process, as actix-web's workers are, or the tests of a program.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use super::*;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Work under way belongs to the runtime of the request that began it.
#[test]
fn who_waits_for_work_of_a_runtime_that_is_shut_down_begins_it_anew() {
    for (endpoint, under_way, in_the_end) in [
        (Endpoint::Token, (1, 0), (2, 1)),
        (Endpoint::Introspection, (1, 1), (1, 2)),
    ] {
        let (first, second) = (runtime(), runtime());
        let world = World::new();
        let token = world.token();
        world.authority.fault(endpoint, Fault::Hang);
        let mut leads = std::pin::pin!(world.check(&token));
        first.block_on(async {
            assert!(is_pending(leads.as_mut()));
            while world.calls() != under_way {
                tokio::task::yield_now().await;
            }
        });
        second.block_on(async {
            let mut waits = std::pin::pin!(world.check(&token));
            assert!(is_pending(waits.as_mut()));
            assert_eq!(world.validator.cache_stats().joined, 1);
            first.shutdown_background();
            assert!(waits.await.is_ok());
        });
        assert_eq!(world.calls(), in_the_end);
    }
}

/// A runtime that blocks forever, as a worker of actix-web may.
#[test]
fn who_waits_for_work_of_a_runtime_that_stands_still_waits_no_longer_than_the_deadline() {
    let first = runtime();
    let paused = Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    let world = World::new();
    let token = world.token();
    let mut leads = std::pin::pin!(world.check(&token));
    first.block_on(async {
        assert!(is_pending(leads.as_mut()));
    });
    paused.unwrap().block_on(async {
        let begin = Instant::now();
        let minute = Duration::from_secs(60);
        let verdict = tokio::time::timeout(minute, world.check(&token)).await;
        assert_eq!(status(&verdict.unwrap()), 503);
        let waited = begin.elapsed();
        assert!(waited < Duration::from_millis(5100), "{waited:?}");
    });
    assert_eq!(world.validator.cache_stats().joined, 1);
}

/// A connection belongs to the runtime that opened it.
#[test]
fn a_connection_of_a_runtime_that_is_gone_harms_nobody() {
    let elsewhere = Builder::new_multi_thread().enable_all().build().unwrap();
    let authority = Authority::new();
    let devserver = elsewhere.block_on(authority.clone().listen("127.0.0.1:0"));
    let server = devserver.unwrap();
    let credentials = Credentials::new("test", "test").unwrap();
    let validator = TokenValidator::builder(server.url().parse().unwrap(), credentials)
        .build()
        .unwrap();
    for _ in 0..10 {
        let bearing = [format!("Bearer {}", authority.issue(UserToken::new("a")))];
        let verdict = runtime().block_on(validator.authorize::<AnyScope>(bearing));
        assert_eq!(status(&verdict), 200);
    }
    assert_eq!(authority.calls().token, 1);
}
