use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Credentials, HttpBackend, TokenValidator};

use super::*;
use crate::seal::SealingKeys;

/// A server that nobody can reach.
struct Nowhere;

#[async_trait]
impl HttpBackend for Nowhere {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        Err(Error::new(ErrorKind::Unreachable, "nowhere"))
    }
}

fn store() -> RedisStore {
    let keys = SealingKeys::insecure_plaintext();
    let builder = RedisStore::builder("redis://127.0.0.1:1", keys).unwrap();
    builder.build().unwrap()
}

fn validator(store: &RedisStore) -> TokenValidator {
    let server = "http://localhost/mfp/api".parse().unwrap();
    let credentials = Credentials::new("test", "test").unwrap();
    TokenValidator::builder(server, credentials)
        .http_backend(Nowhere)
        .remote_store(store.clone())
        .build()
        .unwrap()
}

#[test]
fn validators_that_are_gone_are_not_kept() {
    let store = store();
    let stays = validator(&store);
    for _ in 0..1000 {
        drop(validator(&store));
    }
    let last = validator(&store);
    assert_eq!(store.link.audience.len(), 2);
    drop((stays, last));
    store.link.audience.forget(
        Removal::Subject(mobilefirst::StoreKey::from_bytes([1; 32])),
        Instant::now(),
    );
    assert_eq!(store.link.audience.len(), 0);
}

/// The thread of a store, and what it holds, end with the last clone.
#[test]
fn a_store_does_not_outlive_its_users() {
    let store = store();
    let link = Arc::downgrade(&store.link);
    let validator = validator(&store);
    drop(store);
    assert!(link.upgrade().is_some());
    drop(validator);
    let begin = Instant::now();
    while link.upgrade().is_some() {
        assert!(begin.elapsed() < std::time::Duration::from_secs(20));
        std::thread::yield_now();
    }
}
