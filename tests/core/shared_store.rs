//! A remote store, which the processes of a fleet share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http::Request;
use mobilefirst::{
    Clock, Error, HttpBackend, Invalidator, RemoteStore, Requirement, StoreKey, StoredAnswer,
    Subject,
};
use tokio::sync::Semaphore;

use super::*;

/// The store, with what the tests want to know of it and do to it.
struct Store {
    answers: Mutex<BTreeMap<StoreKey, (StoredAnswer, Duration)>>,
    clock: ManualClock,
    validators: Mutex<Vec<Invalidator>>,
    fetches: AtomicUsize,
    stores: AtomicUsize,
    /// A fetch takes one of these, and a store one of those, while it lasts.
    looks: Semaphore,
    changes: Semaphore,
}

impl Store {
    fn new(clock: ManualClock) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::default(),
            clock,
            validators: Mutex::default(),
            fetches: AtomicUsize::new(0),
            stores: AtomicUsize::new(0),
            looks: Semaphore::new(1),
            changes: Semaphore::new(1),
        })
    }

    /// Fetches and stores so far.
    fn calls(&self) -> (usize, usize) {
        let read = |count: &AtomicUsize| count.load(Ordering::SeqCst);
        (read(&self.fetches), read(&self.stores))
    }

    fn holds(&self) -> usize {
        self.answers.lock().unwrap().len()
    }

    /// Replaces what it holds by what `change` makes of it.
    fn tamper(&self, change: impl Fn(&StoredAnswer) -> StoredAnswer) {
        for (answer, _) in self.answers.lock().unwrap().values_mut() {
            *answer = change(answer);
        }
    }
}

#[async_trait]
impl RemoteStore for Store {
    fn attach(&self, invalidator: Invalidator) {
        self.validators.lock().unwrap().push(invalidator);
    }

    async fn fetch(&self, key: &StoreKey) -> Option<StoredAnswer> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let _look = self.looks.acquire().await.unwrap();
        let (answer, stored) = self.answers.lock().unwrap().get(key).cloned()?;
        let left = (stored + answer.time_to_live()).checked_sub(self.clock.uptime())?;
        Some(StoredAnswer::new(answer.text(), left))
    }

    async fn store(&self, key: &StoreKey, answer: StoredAnswer) {
        self.stores.fetch_add(1, Ordering::SeqCst);
        let _change = self.changes.acquire().await.unwrap();
        let now = self.clock.uptime();
        self.answers.lock().unwrap().insert(*key, (answer, now));
    }

    async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error> {
        self.answers.lock().unwrap().remove(subject);
        for validator in &*self.validators.lock().unwrap() {
            validator.forget(subject);
        }
        Ok(())
    }
}

/// `world` with a validator as it is in another process.
fn another(world: &World, store: &Arc<Store>) -> World {
    world.beside(|builder| builder.remote_store(store.clone()))
}

/// Two processes with one store.
fn fleet() -> (World, World, Arc<Store>) {
    let world = World::new();
    let store = Store::new(world.clock.clone());
    (another(&world, &store), another(&world, &store), store)
}

#[tokio::test]
async fn the_store_is_asked_before_the_server_is() {
    let (one, two, store) = fleet();
    let token = one.token();
    assert_eq!(one.status(&token).await, 200);
    assert_eq!((store.calls(), one.calls().1), ((1, 1), 1));
    assert_eq!(two.status(&token).await, 200);
    assert_eq!((store.calls(), one.calls().1), ((2, 1), 1));
    // Now it is at hand, and was not stored again: it might have been forgotten meanwhile.
    assert_eq!(two.status(&token).await, 200);
    assert_eq!((store.calls(), one.calls().1), ((2, 1), 1));
}

#[tokio::test]
async fn only_answers_about_tokens_are_stored() {
    let (one, _, store) = fleet();
    for fault in [
        Fault::status(StatusCode::INTERNAL_SERVER_ERROR),
        Fault::status(StatusCode::CONFLICT),
        Fault::Respond(json("nonsense")),
    ] {
        one.authority.fault(Endpoint::Introspection, fault);
        assert_ne!(one.status(&one.token()).await, 200);
    }
    assert_eq!(one.status("bad").await, 401);
    settle().await;
    assert_eq!((store.calls().1, store.holds()), (0, 0));
    assert_eq!(one.status(&one.token()).await, 200);
    settle().await;
    assert_eq!((store.calls().1, store.holds()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_after_invalidate_is_not_stored() {
    let (one, _, store) = fleet();
    let token = one.token();
    let late = Fault::Delay(Duration::from_secs(1));
    one.authority.fault(Endpoint::Introspection, late);
    let bearing = [format!("Bearer {token}")];
    let request = tokio::spawn(one.validator.authorize::<AnyScope>(bearing));
    settle().await;
    one.validator.invalidate(&token);
    assert!(request.await.unwrap().is_ok());
    settle().await;
    assert_eq!((store.calls().1, store.holds()), (0, 0));
}

#[tokio::test]
async fn an_answer_that_is_being_stored_while_it_is_invalidated_does_not_stay() {
    type Invalidate = fn(&World, &str);
    let ways: [Invalidate; 3] = [
        |world, token| drop(world.validator.invalidate(token)),
        |world, _| drop(world.validator.invalidate(Subject::User("jdoe"))),
        |world, _| drop(world.validator.invalidate_all()),
    ];
    for invalidate in ways {
        let (one, two, store) = fleet();
        let token = one.authority.issue(UserToken::new("a").user("jdoe"));
        let delay = store.changes.acquire().await.unwrap();
        assert_eq!(one.status(&token).await, 200);
        settle().await;
        assert_eq!((store.calls().1, store.holds()), (1, 0));
        one.authority.revoke(&token);
        invalidate(&one, &token);
        drop(delay);
        settle().await;
        assert_eq!(store.holds(), 0);
        assert_eq!(two.status(&token).await, 401);
    }
}

#[tokio::test]
async fn an_old_answer_from_the_store_is_not_used() {
    let (one, two, _store) = fleet();
    let token = one.token();
    assert_eq!(one.status(&token).await, 200);
    one.authority.revoke(&token);
    one.clock.advance(Duration::from_secs(60));
    assert_eq!(two.status(&token).await, 401);
    assert_eq!(two.calls().1, 2);
}

#[tokio::test]
async fn an_inactive_answer_stays_in_its_process() {
    let (one, two, store) = fleet();
    assert_eq!(one.status("bad").await, 401);
    settle().await;
    assert_eq!((store.calls(), store.holds()), ((1, 0), 0));
    assert_eq!(two.status("bad").await, 401);
    assert_eq!(two.calls().1, 2);
}

#[tokio::test]
async fn what_cannot_be_read_is_as_good_as_not_there() {
    let (one, two, store) = fleet();
    let token = one.token();
    assert_eq!(one.status(&token).await, 200);
    store.tamper(|answer| {
        let half = &answer.text()[..answer.text().len() / 2];
        StoredAnswer::new(half, answer.time_to_live())
    });
    assert_eq!(two.status(&token).await, 200);
    assert_eq!(two.calls().1, 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_given_up_in_time_to_ask_the_server() {
    let (one, _, store) = fleet();
    let token = one.token();
    let hang = store.looks.acquire().await.unwrap();
    let begin = tokio::time::Instant::now();
    assert_eq!(one.status(&token).await, 200);
    assert_eq!(begin.elapsed().as_millis(), 3750);
    assert_eq!(one.calls(), (1, 1));
    drop(hang);
    assert_eq!(one.status(&token).await, 200);
}

#[tokio::test]
async fn a_route_may_want_fresher_answers_than_the_store_has_k9() {
    let (one, two, _store) = fleet();
    let token = one.token();
    let bearing = [format!("Bearer {token}")];
    assert_eq!(one.status(&token).await, 200);
    one.clock.advance(Duration::from_secs(5));
    for (age, introspections) in [(6, 1), (5, 2), (0, 3)] {
        let fresh = Requirement::new(Scope::EMPTY).max_age(Duration::from_secs(age));
        let verdict = two.validator.authorize_scope(&bearing, &fresh).await;
        assert!(verdict.is_ok());
        assert_eq!(two.calls().1, introspections, "{age}");
        two.clock.advance(Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_request_that_joined_another_still_gets_an_answer_that_is_fresh_enough_k9() {
    let (one, two, store) = fleet();
    let token = one.token();
    let bearing = [format!("Bearer {token}")];
    assert_eq!(one.status(&token).await, 200);
    one.clock.advance(Duration::from_secs(5));
    one.authority.revoke(&token);
    let delay = store.looks.acquire().await.unwrap();
    let easy = tokio::spawn(two.validator.authorize::<AnyScope>(&bearing));
    settle().await;
    let fresh = Requirement::new(Scope::EMPTY).max_age(Duration::from_secs(5));
    let strict = tokio::spawn(two.validator.authorize_scope(&bearing, &fresh));
    settle().await;
    drop(delay);
    assert!(easy.await.unwrap().is_ok());
    assert_eq!(status(&strict.await.unwrap()), 401);
}

#[tokio::test]
async fn an_answer_that_is_old_in_the_store_too_is_asked_for_ahead_of_time_k10() {
    let (one, two, _store) = fleet();
    let token = one.token();
    assert_eq!(one.status(&token).await, 200);
    one.clock.advance(Duration::from_secs(48));
    assert_eq!(one.status(&token).await, 200);
    settle().await;
    assert_eq!(one.calls().1, 2);
    // What one has renewed, two takes from the store.
    assert_eq!(two.status(&token).await, 200);
    one.clock.advance(Duration::from_secs(47));
    assert_eq!(two.status(&token).await, 200);
    assert_eq!(one.calls().1, 2);
}

/// A store whose answer is only read after what happens to the fleet meanwhile.
struct SlowReader(Arc<Store>);

#[async_trait]
impl RemoteStore for SlowReader {
    fn attach(&self, invalidator: Invalidator) {
        self.0.attach(invalidator);
    }

    async fn fetch(&self, key: &StoreKey) -> Option<StoredAnswer> {
        let found = self.0.fetch(key).await;
        let date = self.0.clock.now();
        self.0.clock.advance(Duration::from_secs(1));
        self.0.invalidate(key).await.unwrap();
        self.0.clock.advance(Duration::from_secs(1));
        // The date in the answer says nothing where the clocks of two processes differ.
        self.0.clock.set(date);
        found
    }

    async fn store(&self, key: &StoreKey, answer: StoredAnswer) {
        self.0.store(key, answer).await;
    }

    async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error> {
        self.0.invalidate(subject).await
    }
}

#[tokio::test]
async fn an_answer_that_is_invalidated_while_it_is_fetched_is_not_used() {
    let (one, _, store) = fleet();
    let two = one.beside(|builder| builder.remote_store(SlowReader(store.clone())));
    let token = one.token();
    assert_eq!(one.status(&token).await, 200);
    one.authority.revoke(&token);
    assert_eq!(two.status(&token).await, 401);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_age_holds_for_cached_and_stale_answers() {
    let world = World::new();
    let store = Store::new(world.clock.clone());
    let one = world.beside(|builder| {
        let builder = builder.serve_stale(Duration::from_secs(600));
        builder.remote_store(store.clone())
    });
    let token = one.token();
    assert_eq!(one.status(&token).await, 200);
    let outage = Fault::status(StatusCode::BAD_GATEWAY);
    one.authority.fault_always(Endpoint::Introspection, outage);
    for (later, limit, expected) in [
        (2, Some(3), 200),
        (0, Some(1), 503),
        (0, None, 200),
        (60, Some(1), 503),
        (0, None, 200),
    ] {
        one.clock.advance(Duration::from_secs(later));
        for validator in &*store.validators.lock().unwrap() {
            validator.limit_age(limit.map(Duration::from_secs));
        }
        assert_eq!(one.status(&token).await, expected, "{later} {limit:?}");
    }
}

/// Says that every token is active, and counts the questions.
#[derive(Default)]
struct AlwaysActive(AtomicUsize);

#[async_trait]
impl HttpBackend for AlwaysActive {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        if request.uri().path().ends_with("/az/v1/token") {
            let own = r#"{"access_token":"own","token_type":"Bearer","expires_in":3599}"#;
            return Ok(Response::new(Bytes::from_static(own.as_bytes())));
        }
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Response::new(Bytes::from_static(br#"{"active":true}"#)))
    }
}

#[tokio::test]
async fn validators_with_another_protocol_server_or_client_share_no_stored_answer_k3() {
    let clock = ManualClock::default();
    let store = Store::new(clock.clone());
    let backend = Arc::new(AlwaysActive::default());
    // Only version 8 has clients.
    let realms = [
        ("http://localhost:1/mfp", Some("one")),
        ("http://localhost:1/mfp", Some("two")),
        ("http://localhost:2/mfp", Some("one")),
        ("http://localhost:1/mfp", None),
        ("http://localhost:2/mfp", None),
    ];
    let mut asked = 0;
    for is_known in [false, true] {
        for (server, client) in realms {
            let server = server.parse().unwrap();
            let builder = match client {
                Some(client) => {
                    let credentials = Credentials::new(client, "secret").unwrap();
                    TokenValidator::builder(server, credentials)
                }
                None => TokenValidator::builder_v7(server),
            };
            // With a cache of its own, so that only the store can tell one what another was told.
            let validator = builder
                .http_backend(backend.clone())
                .clock(clock.clone())
                .remote_store(store.clone())
                .build()
                .unwrap();
            let verdict = validator.authorize::<AnyScope>(["Bearer token"]).await;
            assert!(verdict.is_ok(), "{client:?}");
            settle().await;
            asked += usize::from(!is_known);
            assert_eq!(backend.0.load(Ordering::SeqCst), asked, "{client:?}");
            assert_eq!(store.holds(), asked);
        }
    }
}
