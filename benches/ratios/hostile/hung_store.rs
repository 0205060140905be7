//! A remote store that hangs.
//!
//! Each new token is written to the remote store in the background. Where nothing bounds
//! that, every token leaves a task behind.

use std::future::pending;
use std::time::Duration;

use benches::{check, validator};
use mobilefirst::{CacheKey, Introspection, MemoryCache, TokenCache, async_trait};
use tokio::runtime::Handle;

use crate::runtime;

const TOKENS: usize = 10_000;
const DEADLINE: Duration = Duration::from_secs(1);

/// Tasks that are left alive, a deadline after the last token.
pub(crate) fn tasks() -> f64 {
    runtime().block_on(async {
        let store = HungStore(MemoryCache::new(2 * TOKENS));
        let validator = validator(|builder| builder.cache(store).deadline(DEADLINE));
        let metrics = Handle::current().metrics();
        let before = metrics.num_alive_tasks();
        for number in 0..TOKENS {
            check(&validator, &format!("Bearer {number}")).await;
        }
        tokio::time::sleep(DEADLINE + Duration::from_millis(200)).await;
        metrics.num_alive_tasks().saturating_sub(before) as f64
    })
}

/// A cache whose remote store takes everything and never says so.
struct HungStore(MemoryCache);

#[async_trait]
impl TokenCache for HungStore {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        self.0.get(key)
    }

    fn insert(&self, key: CacheKey, introspection: Introspection, epoch: u64) {
        self.0.insert(key, introspection, epoch);
    }

    fn epoch(&self, key: &CacheKey) -> u64 {
        self.0.epoch(key)
    }

    fn remove(&self, key: &CacheKey) {
        self.0.remove(key);
    }

    fn clear(&self) {
        self.0.clear();
    }

    async fn store(&self, _key: &CacheKey, _introspection: &Introspection) {
        pending().await
    }
}
