//! An answer from before `invalidate` that is still served after it.
//!
//! A token has been revoked, and the resource server is told to forget it. Two ways to serve
//! it all the same: a remote store that removes late, and an answer on its way to another
//! validator that shares the cache.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use benches::validator;
use mobilefirst::{Error, MemoryCache, RemoteStore, StoreKey, StoredAnswer, async_trait};
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
    let store = Arc::new(LateStore::default());
    let validator = validator(|builder| {
        let builder = builder.http_backend(server.clone());
        builder.remote_store(store.clone())
    });
    for token in tokens() {
        request(&validator, &token).await.expect("a permit");
    }
    while store.answers().len() < TRIES {
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

/// A remote store that removes in the background, 20 ms later.
#[derive(Default)]
struct LateStore {
    answers: Arc<Mutex<HashMap<StoreKey, StoredAnswer>>>,
}

impl LateStore {
    fn answers(&self) -> MutexGuard<'_, HashMap<StoreKey, StoredAnswer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RemoteStore for LateStore {
    async fn fetch(&self, key: &StoreKey) -> Option<StoredAnswer> {
        self.answers().get(key).cloned()
    }

    async fn store(&self, key: &StoreKey, answer: StoredAnswer) {
        self.answers().insert(*key, answer);
    }

    async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error> {
        sleep(Duration::from_millis(20)).await;
        self.answers().remove(subject);
        Ok(())
    }
}
