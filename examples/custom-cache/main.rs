//! A cache with a remote store that a fleet shares: `cargo run --example custom-cache`.
//!
//! Each process caches a few answers locally, and looks into the remote store before it asks
//! the authorization server. Here the processes are validators and the store is a map. In
//! production the store is a server such as Redis. Only the fleet may reach it: anyone who
//! can write to it can let anyone in.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mobilefirst::{
    AnyScope, CacheKey, Credentials, Introspection, ManualClock, TokenCache, TokenValidator,
    async_trait,
};
use mobilefirst_devserver::{Authority, UserToken};

/// The number of answers that each process caches locally.
const LOCAL_CAPACITY: usize = 1000;

/// The cache of one process of the fleet.
struct FleetCache {
    local: Arc<Local>,
    store: Arc<Store>,
    clock: ManualClock,
}

/// The local answers. Old or expired ones may stay: the validator checks them at every use.
#[derive(Default)]
struct Local {
    entries: Mutex<HashMap<[u8; 32], Introspection>>,
}

/// The remote store. A real one also drops each text once it is `max_age` old.
#[derive(Default)]
struct Store {
    texts: Mutex<HashMap<[u8; 32], String>>,
    fleet: Mutex<Vec<Arc<Local>>>,
}

impl FleetCache {
    fn new(store: Arc<Store>, clock: ManualClock) -> Self {
        let local = Arc::<Local>::default();
        lock(&store.fleet).push(local.clone());
        Self {
            local,
            store,
            clock,
        }
    }
}

#[async_trait]
impl TokenCache for FleetCache {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        lock(&self.local.entries).get(key.as_bytes()).cloned()
    }

    fn insert(&self, key: CacheKey, introspection: Introspection, _epoch: u64) {
        let mut entries = lock(&self.local.entries);
        if entries.len() >= LOCAL_CAPACITY
            && let Some(any) = entries.keys().next().copied()
        {
            entries.remove(&any);
        }
        entries.insert(*key.as_bytes(), introspection);
    }

    /// The validator holds a lock during this call: over a network, spawn a task instead.
    fn remove(&self, key: &CacheKey) {
        self.store.remove(key.as_bytes());
    }

    fn clear(&self) {
        self.store.clear();
    }

    async fn fetch(&self, key: &CacheKey) -> Option<Introspection> {
        let text = lock(&self.store.texts).get(key.as_bytes()).cloned()?;
        // Unreadable is as good as missing: the validator asks the authorization server.
        Introspection::from_json(&text, &self.clock).ok()
    }

    async fn store(&self, key: &CacheKey, introspection: &Introspection) {
        let text = introspection.to_json();
        lock(&self.store.texts).insert(*key.as_bytes(), text);
    }
}

impl Store {
    /// Removes the answer everywhere, as a message to a channel's subscribers would. A process
    /// that is just fetching it may still cache it, for up to `max_age`.
    fn remove(&self, key: &[u8; 32]) {
        lock(&self.texts).remove(key);
        for local in lock(&self.fleet).iter() {
            lock(&local.entries).remove(key);
        }
    }

    fn clear(&self) {
        lock(&self.texts).clear();
        for local in lock(&self.fleet).iter() {
            lock(&local.entries).clear();
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
    // Processes share entries only if they have the same server and client.
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
    fleet.show("two: has it locally", &two, 200, 1).await;

    one.invalidate(&fleet.token);
    fleet.show("two: heard one forget it", &two, 200, 2).await;
    two.invalidate(&fleet.token);
    fleet.show("one: heard two forget it", &one, 200, 3).await;

    clock.advance(ten_seconds);
    let late = process()?;
    fleet.show("one: expired locally", &one, 401, 3).await;
    fleet.show("late: expired in store", &late, 401, 3).await;
    Ok(())
}

/// What all requests of this example share.
struct Fleet {
    authority: Authority,
    token: String,
}

impl Fleet {
    /// Prints the status of a request and the number of introspections so far, and panics if
    /// they are not the expected ones.
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
