//! A remote store that a fleet shares: `cargo run --example custom-cache`.
//!
//! Each process caches answers, and looks into the remote store before it asks the authorization
//! server. Here the processes are validators and the store is a map. Only the fleet may reach a
//! store whose answers are not sealed: anyone who can write to it can let anyone in.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mobilefirst::{
    AnyScope, Clock, Credentials, Invalidator, ManualClock, RemoteStore, StoreKey, StoredAnswer,
    TokenValidator, async_trait,
};
use mobilefirst_devserver::{Authority, UserToken};

/// The remote store. A real one also drops each answer at the end of its time to live.
struct Store {
    clock: ManualClock,
    /// The answers, and the uptime at which each was stored.
    answers: Mutex<HashMap<StoreKey, (StoredAnswer, Duration)>>,
    fleet: Mutex<Vec<Invalidator>>,
}

#[async_trait]
impl RemoteStore for Store {
    fn attach(&self, invalidator: Invalidator) {
        lock(&self.fleet).push(invalidator);
    }

    async fn fetch(&self, key: &StoreKey) -> Option<StoredAnswer> {
        let (answer, stored_at) = lock(&self.answers).get(key).cloned()?;
        let ends_at = stored_at + answer.time_to_live();
        let left = ends_at.checked_sub(self.clock.uptime())?;
        Some(StoredAnswer::new(answer.text(), left))
    }

    async fn store(&self, key: &StoreKey, answer: StoredAnswer) {
        let now = self.clock.uptime();
        lock(&self.answers).insert(*key, (answer, now));
    }

    async fn invalidate(&self, subject: &StoreKey) -> Result<(), mobilefirst::Error> {
        lock(&self.answers).remove(subject);
        for process in lock(&self.fleet).iter() {
            process.forget(subject);
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let clock = ManualClock::default();
    let authority = Authority::new().with_clock(clock.clone());
    let store = Arc::new(Store {
        clock: clock.clone(),
        answers: Mutex::default(),
        fleet: Mutex::default(),
    });
    // Processes share entries only if they have the same server and client.
    let process = || {
        TokenValidator::builder(
            "http://localhost/mfp/api".parse()?,
            Credentials::new("test", "test")?,
        )
        .http_backend(authority.clone())
        .clock(clock.clone())
        .remote_store(store.clone())
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

    one.invalidate(&fleet.token).await?;
    fleet.show("two: heard one forget it", &two, 200, 2).await;
    two.invalidate(&fleet.token).await?;
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
