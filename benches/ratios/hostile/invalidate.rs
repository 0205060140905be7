//! An answer from before `invalidate` that is still served after it.
//!
//! A token has been revoked, and the resource server is told to forget it. Two ways to serve
//! it all the same: a remote store that removes late, and an answer on its way to another
//! validator that shares the cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use benches::validator;
use mobilefirst::{CacheKey, Introspection, MemoryCache, TokenCache, async_trait};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::request;
use super::server::Server;
use crate::runtime;

const TRIES: usize = 1000;

/// Tokens that are granted after `invalidate` returned, of a thousand each way.
pub(crate) fn grants() -> f64 {
    runtime().block_on(async { (from_remote_store().await + from_shared_cache().await) as f64 })
}

/// Each token is in the remote store, which removes it a moment later than it says.
async fn from_remote_store() -> usize {
    let server = Arc::new(Server::new(TRIES, Duration::from_millis(1)));
    let cache = Arc::new(LateStore::default());
    let validator = validator(|builder| builder.http_backend(server.clone()).cache(cache.clone()));
    for token in tokens() {
        request(&validator, &token).await.expect("a permit");
    }
    while cache.remote().len() < TRIES {
        sleep(Duration::from_millis(1)).await;
    }
    server.revoke();
    let mut grants = 0;
    for token in tokens() {
        validator.invalidate(&token);
        grants += usize::from(request(&validator, &token).await.is_ok());
    }
    grants
}

/// The answer is on its way to one validator while the other forgets the token.
async fn from_shared_cache() -> usize {
    let server = Arc::new(Server::new(TRIES, Duration::from_millis(300)));
    let cache = Arc::new(MemoryCache::new(2 * TRIES));
    let sharing = || {
        validator(|builder| {
            let builder = builder.http_backend(server.clone()).cache(cache.clone());
            builder.max_in_flight(TRIES)
        })
    };
    let (near, far) = (sharing(), sharing());
    let on_their_way: JoinSet<_> = tokens().map(|token| request(&far, &token)).collect();
    while server.introspections() < TRIES {
        sleep(Duration::from_millis(1)).await;
    }
    server.revoke();
    for token in tokens() {
        near.invalidate(&token);
    }
    on_their_way.join_all().await;
    let later: JoinSet<_> = tokens().map(|token| request(&near, &token)).collect();
    let verdicts = later.join_all().await;
    verdicts.iter().filter(|verdict| verdict.is_ok()).count()
}

fn tokens() -> impl Iterator<Item = String> {
    (0..TRIES).map(|number| format!("revocable.{number}"))
}

/// A cache with a remote store that removes in the background, 20 ms later.
struct LateStore {
    near: MemoryCache,
    remote: Arc<Mutex<HashMap<CacheKey, Introspection>>>,
}

impl LateStore {
    fn remote(&self) -> MutexGuard<'_, HashMap<CacheKey, Introspection>> {
        self.remote.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LateStore {
    fn default() -> Self {
        Self {
            near: MemoryCache::new(2 * TRIES),
            remote: Arc::default(),
        }
    }
}

#[async_trait]
impl TokenCache for LateStore {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        self.near.get(key)
    }

    fn insert(&self, key: CacheKey, introspection: Introspection, epoch: u64) {
        self.near.insert(key, introspection, epoch);
    }

    fn epoch(&self, key: &CacheKey) -> u64 {
        self.near.epoch(key)
    }

    fn remove(&self, key: &CacheKey) {
        self.near.remove(key);
        let (remote, key) = (self.remote.clone(), *key);
        tokio::spawn(async move {
            sleep(Duration::from_millis(20)).await;
            let mut remote = remote.lock().unwrap_or_else(PoisonError::into_inner);
            remote.remove(&key);
        });
    }

    fn clear(&self) {
        self.near.clear();
        self.remote().clear();
    }

    async fn fetch(&self, key: &CacheKey) -> Option<Introspection> {
        self.remote().get(key).cloned()
    }

    async fn store(&self, key: &CacheKey, introspection: &Introspection) {
        self.remote().insert(*key, introspection.clone());
    }
}
