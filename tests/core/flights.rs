//! Many threads, late answers, requests that are dropped: what must hold in any order.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::Request;
use mobilefirst::{Error, HttpBackend, Requirement};
use tokio::time::timeout;

use super::*;

const SEED: u64 = 0x6d66_7001;
const TOKENS: u64 = 100;
const CALLERS: u64 = 6;
const REQUESTS: usize = 20;
/// A bound that is far away: if it is met, something waits forever.
const LONG: Duration = Duration::from_secs(60);

/// Answers at once, and lets the answer arrive after any number of other steps.
struct Late {
    next: Authority,
}

#[async_trait]
impl HttpBackend for Late {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let response = self.next.send(request).await;
        yields(fastrand::usize(..30)).await;
        response
    }
}

async fn yields(times: usize) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

/// A token in use by many, while it is invalidated several times, and at last revoked.
struct Life {
    world: Arc<World>,
    token: String,
    /// Set once the token was revoked, and then invalidated.
    is_over: AtomicBool,
}

impl Life {
    const INVALIDATIONS: u64 = 3;

    /// The statuses of its requests that were not dropped.
    async fn call(self: Arc<Self>, mut rng: fastrand::Rng) -> Vec<u16> {
        let mut statuses = Vec::new();
        for _ in 0..REQUESTS {
            let was_over = self.is_over.load(Ordering::SeqCst);
            let request = self.world.check(&self.token);
            if rng.u8(..4) == 0 {
                // Polled once, then dropped.
                let _ = timeout(Duration::ZERO, request).await;
                continue;
            }
            let status = status(&request.await);
            assert!(!was_over || status == 401, "{status} after invalidate");
            statuses.push(status);
            yields(rng.usize(..5)).await;
        }
        statuses
    }

    async fn end(self: Arc<Self>, mut rng: fastrand::Rng) {
        for _ in 1..Self::INVALIDATIONS {
            yields(rng.usize(..40)).await;
            self.world.validator.invalidate(&self.token);
        }
        yields(rng.usize(..40)).await;
        self.world.authority.revoke(&self.token);
        self.world.validator.invalidate(&self.token);
        self.is_over.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_let_in_after_invalidate_in_whatever_order_things_happen_k8() {
    // No request may run into its deadline where the machine is slow.
    let world = World::of(Authority::new(), |authority| {
        let next = authority.clone();
        asking(authority).deadline(LONG).http_backend(Late { next })
    });
    let world = Arc::new(world);
    let mut tokens = Vec::new();
    let mut tasks = Vec::new();
    for number in 0..TOKENS {
        let life = Arc::new(Life {
            world: world.clone(),
            token: world.token(),
            is_over: AtomicBool::new(false),
        });
        tokens.push(life.token.clone());
        let rng = |offset| fastrand::Rng::with_seed(SEED + number * 100 + offset);
        let end = tokio::spawn(life.clone().end(rng(99)));
        let callers = (0..CALLERS).map(|caller| tokio::spawn(life.clone().call(rng(caller))));
        tasks.push((end, callers.collect::<Vec<_>>()));
    }
    let mut seen = HashMap::<u16, usize>::new();
    for (end, callers) in tasks {
        in_time(end).await.unwrap();
        for caller in callers {
            for status in in_time(caller).await.unwrap() {
                *seen.entry(status).or_default() += 1;
            }
        }
    }
    // Each had a verdict of the two that there can be, and both were met.
    let mut statuses: Vec<_> = seen.keys().copied().collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{seen:?}");

    // What has landed is kept until it is invalidated. Work may still be under way whose
    // requests were all dropped.
    for token in &tokens {
        assert_eq!(in_time(world.status(token)).await, 401);
    }
    in_time(async {
        while world.calls().1 != world.validator.cache_stats().misses {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let asked = world.calls().1;
    assert!(asked <= TOKENS * (1 + Life::INVALIDATIONS), "{asked}");
    // No flight is left behind: a request for a fresh answer would wait for it forever.
    let fresh = Requirement::new(Scope::EMPTY).max_age(Duration::ZERO);
    for token in &tokens {
        let bearing = [format!("Bearer {token}")];
        let verdict = in_time(world.validator.authorize_scope(bearing, &fresh)).await;
        assert_eq!(status(&verdict), 401);
    }
    assert_eq!(world.calls().1, asked + TOKENS);
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(LONG, future).await.unwrap()
}
