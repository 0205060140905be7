//! A cache whose answers a fleet shares: `cargo run --example custom-cache`.
//!
//! Each process keeps a few answers at hand, and looks into a common store before it asks
//! the authorization server. Here the processes are two validators and the store is a map;
//! in production, a server such as Redis that only the fleet can reach: whoever can write
//! to it can let anyone in.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mobilefirst::{
    AnyScope, CacheKey, Credentials, Introspection, ManualClock, TokenCache, TokenValidator,
    async_trait,
};
use mobilefirst_devserver::{Authority, UserToken};

/// So many answers are at hand in each process.
const NEARBY: usize = 1000;

/// What one process of the fleet gives its validator.
struct FleetCache {
    nearby: Arc<Nearby>,
    store: Arc<Store>,
    clock: ManualClock,
}

/// The answers at hand. What is old or expired may stay: the validator judges it anew each
/// time.
#[derive(Default)]
struct Nearby {
    entries: Mutex<HashMap<[u8; 32], Introspection>>,
}

/// The store that all share. A true one also drops each text once it is `max_age` old.
#[derive(Default)]
struct Store {
    texts: Mutex<HashMap<[u8; 32], String>>,
    fleet: Mutex<Vec<Arc<Nearby>>>,
}

impl FleetCache {
    fn new(store: Arc<Store>, clock: ManualClock) -> Self {
        let nearby = Arc::<Nearby>::default();
        lock(&store.fleet).push(nearby.clone());
        Self {
            nearby,
            store,
            clock,
        }
    }
}

#[async_trait]
impl TokenCache for FleetCache {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        lock(&self.nearby.entries).get(key.as_bytes()).cloned()
    }

    fn insert(&self, key: CacheKey, introspection: Introspection, _epoch: u64) {
        let mut entries = lock(&self.nearby.entries);
        if entries.len() >= NEARBY
            && let Some(any) = entries.keys().next().copied()
        {
            entries.remove(&any);
        }
        entries.insert(*key.as_bytes(), introspection);
    }

    /// A lock is held meanwhile: over a network, leave this to a task.
    fn remove(&self, key: &CacheKey) {
        self.store.remove(key.as_bytes());
    }

    fn clear(&self) {
        self.store.clear();
    }

    async fn fetch(&self, key: &CacheKey) -> Option<Introspection> {
        let text = lock(&self.store.texts).get(key.as_bytes()).cloned()?;
        // What cannot be read is as good as not there: the authorization server is asked.
        Introspection::from_json(&text, &self.clock).ok()
    }

    async fn store(&self, key: &CacheKey, introspection: &Introspection) {
        let text = introspection.to_json();
        lock(&self.store.texts).insert(*key.as_bytes(), text);
    }
}

impl Store {
    /// Tells the fleet, as a message to the subscribers of a channel does. An answer that
    /// another process is just fetching may still land there, and serve it for `max_age`.
    fn remove(&self, key: &[u8; 32]) {
        lock(&self.texts).remove(key);
        for nearby in lock(&self.fleet).iter() {
            lock(&nearby.entries).remove(key);
        }
    }

    fn clear(&self) {
        lock(&self.texts).clear();
        for nearby in lock(&self.fleet).iter() {
            lock(&nearby.entries).clear();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::default();
    let authority = Authority::new().with_clock(clock.clone());
    let store = Arc::<Store>::default();
    // All have the same server and client, or they would not share an entry.
    let process = || {
        TokenValidator::builder(
            "http://localhost/mfp/api".parse()?,
            Credentials::new("test", "test")?,
        )
        .http_backend(authority.clone())
        .clock(clock.clone())
        .cache(FleetCache::new(store.clone(), clock.clone()))
        .build()
    };
    let (one, two) = (process()?, process()?);
    let ten_seconds = Duration::from_secs(10);
    let fleet = Fleet {
        authority: authority.clone(),
        token: authority.issue(UserToken::new("a").lifetime(ten_seconds)),
    };

    fleet.show("one: asks the server", &one, 200, 1).await;
    fleet.show("two: finds it in the store", &two, 200, 1).await;
    fleet.show("two: has it at hand", &two, 200, 1).await;

    one.invalidate(&fleet.token);
    fleet.show("two: heard one forget it", &two, 200, 2).await;
    two.invalidate(&fleet.token);
    fleet.show("one: heard two forget it", &one, 200, 3).await;

    clock.advance(ten_seconds);
    let late = process()?;
    fleet.show("one: expired at hand", &one, 401, 3).await;
    fleet.show("late: expired in store", &late, 401, 3).await;
    Ok(())
}

/// What the requests of this demonstration have in common.
struct Fleet {
    authority: Authority,
    token: String,
}

impl Fleet {
    /// Prints what a request meets, and how often the server was asked so far; a
    /// demonstration that shows anything else has failed.
    async fn show(&self, case: &str, process: &TokenValidator, status: u16, asked: u64) {
        let bearing = [format!("Bearer {}", self.token)];
        let seen = match process.authorize::<AnyScope>(bearing).await {
            Ok(_) => 200,
            Err(denial) => denial.status().as_u16(),
        };
        let introspections = self.authority.calls().introspection;
        println!("{case:<28} {seen}   asked {introspections} times so far");
        assert_eq!((seen, introspections), (status, asked), "{case}");
    }
}
