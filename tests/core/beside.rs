//! What goes wrong beside a request, and must not cost it its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use mobilefirst::{Decision, Observer};
use tokio::runtime::Builder;
use tracing::Level;

use super::*;

#[test]
fn a_request_outside_of_a_runtime_leaves_the_refresh_to_the_next_z1() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let world = World::new();
    let token = world.token();
    assert_eq!(runtime.block_on(world.status(&token)), 200);
    world.clock.advance(Duration::from_secs(50));
    for _ in 0..3 {
        let mut outside = std::pin::pin!(world.check(&token));
        assert!(!is_pending(outside.as_mut()), "a cached answer is at hand");
        assert_eq!(world.calls(), (1, 1));
    }
    runtime.block_on(async {
        assert_eq!(world.status(&token).await, 200);
        while world.calls().1 < 2 {
            tokio::task::yield_now().await;
        }
    });
    // It was refreshed: near the end of the first answer, the second one is fresh.
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(runtime.block_on(world.status(&token)), 200);
    assert_eq!(world.calls(), (1, 2));
}

struct Panics;

impl Observer for Panics {
    #[expect(clippy::panic, reason = "this observer has a bug")]
    fn decided(&self, _: &Decision<'_>) {
        panic!("for the test");
    }
}

#[derive(Clone, Default)]
struct Counts(Arc<AtomicUsize>);

impl Observer for Counts {
    fn decided(&self, _: &Decision<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn an_observer_that_panics_costs_no_caller_the_answer_z2() {
    let log = Log::of_this_thread(Level::ERROR);
    let (before, after) = (Counts::default(), Counts::default());
    let world = World::with(|builder| {
        let builder = builder.observer(before.clone()).observer(Panics);
        builder.observer(after.clone())
    });
    let token = world.token();
    // Asked about, from the cache, refused, and dropped before its end.
    for (token, status) in [(&*token, 200), (&token, 200), ("bad", 401), ("a,b", 400)] {
        assert_eq!(world.status(token).await, status);
    }
    let mut dropped = Box::pin(world.check("another"));
    assert!(is_pending(dropped.as_mut()));
    drop(dropped);
    let seen = [before, after].map(|counts| counts.0.load(Ordering::Relaxed));
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0] >= 4, "{seen:?}");
    let lines = log.lines();
    let told = lines
        .iter()
        .filter(|line| line.contains("an observer panicked"));
    assert_eq!(told.count(), seen[0], "{lines:?}");
}

#[tokio::test]
async fn a_small_cache_keeps_a_huge_answer_z3() {
    for capacity in [1, 16, 100] {
        for kilobytes in [200, 1000] {
            let world = World::with(|builder| builder.cache_capacity(capacity));
            let huge = world.token();
            let padding = "x".repeat(kilobytes * 1024);
            let body = format!(r#"{{"active":true,"scope":"a","padding":"{padding}"}}"#);
            world.answer(json(body));
            for _ in 0..3 {
                assert_eq!(world.status(&huge).await, 200);
            }
            let what = format!("{kilobytes} KiB in a cache of {capacity}");
            assert_eq!(world.calls(), (1, 1), "{what}");
            if capacity == 100 {
                let small: Vec<_> = (0..20).map(|_| world.token()).collect();
                for _ in 0..2 {
                    assert_eq!(at_once(&world, &small).await, [200; 20]);
                }
                assert_eq!(world.calls(), (1, 21), "{what}");
            }
        }
    }
}
