//! Somebody else can write to the store.

use std::time::Duration;

use mobilefirst::Subject;
use mobilefirst_devserver::{Authority, UserToken};
use redis::aio::MultiplexedConnection;

use super::instance::{Date, Instance, MAX_AGE, issue};
use super::pair::Pair;
use super::server::{Server, command, until};

/// An attacker's hands on the one answer that is in the store.
struct Answer {
    key: String,
    value: Vec<u8>,
    store: MultiplexedConnection,
}

impl Answer {
    async fn of(server: &Server) -> Self {
        server.holds_answers(1).await;
        let key = server.keys("mfp:answer:").await.remove(0);
        let mut store = server.connection().await;
        let value = redis::cmd("GET")
            .arg(&key)
            .query_async(&mut store)
            .await
            .unwrap();
        Self { key, value, store }
    }

    async fn read(&mut self) -> Vec<u8> {
        let get = redis::cmd("GET").arg(&self.key).to_owned();
        get.query_async(&mut self.store).await.unwrap()
    }

    /// Writes it with a day to live.
    async fn put(&mut self, key: &str, value: &[u8]) {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value).arg("EX").arg(86_400);
        set.query_async::<()>(&mut self.store).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_changed_or_moved_is_not_used_f3() {
    let Some(server) = Server::start("what_was_changed_or_moved_is_not_used_f3").await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let good = issue(&authority);
    assert_eq!(one.status(&good).await, 200);
    let mut answer = Answer::of(&server).await;
    let (key, value) = (answer.key.clone(), answer.value.clone());
    let flipped = |place: usize| {
        let mut value = value.clone();
        value[place] ^= 1;
        value
    };
    let middle = value.len() / 2;
    let plain = [&[0][..], &[0; 16], br#"{"active":true}"#].concat();
    for (what, value) in [
        ("the form", flipped(0)),
        ("the key's hint", flipped(1)),
        ("the nonce", flipped(5)),
        ("the text", flipped(middle)),
        ("the tag", flipped(value.len() - 1)),
        ("half of it", value[..middle].to_vec()),
        ("nothing", Vec::new()),
        ("plain text", plain),
    ] {
        answer.put(&key, &value).await;
        let two = Instance::join(&authority, &server.url()).await;
        let before = two.introspections();
        assert_eq!(two.status(&good).await, 200);
        assert_eq!(two.introspections(), before + 1, "{what}");
        // It stores the right one, in the background.
        until("stored again", async || answer.read().await != value).await;
    }
    // Another kind of value.
    server.run::<i64>(&format!("DEL {key}")).await;
    server.run::<i64>(&format!("LPUSH {key} x")).await;
    let two = Instance::join(&authority, &server.url()).await;
    assert_eq!(two.status(&good).await, 200);
}

#[tokio::test]
async fn an_answer_is_good_for_its_own_token_alone_f3() {
    let Some(server) = Server::start("an_answer_is_good_for_its_own_token_alone_f3").await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let [strong, weak] = ["admin", "a"].map(|scope| authority.issue(UserToken::new(scope)));
    assert_eq!(one.status(&weak).await, 200);
    let name_of_weak = Answer::of(&server).await.key;
    server.run::<i64>(&format!("DEL {name_of_weak}")).await;
    assert_eq!(one.status(&strong).await, 200);
    let mut answer = Answer::of(&server).await;
    let value = answer.value.clone();
    answer.put(&name_of_weak, &value).await;
    authority.revoke(&weak);
    let two = Instance::join(&authority, &server.url()).await;
    assert_eq!(two.status(&weak).await, 401);
    // Nor is it good under another prefix.
    let set = |store: mobilefirst_redis::RedisStoreBuilder| store.prefix("mfp:answer:");
    let three = Instance::with(&authority, &server.url(), Date::Right, MAX_AGE, set);
    three.is_in_step().await;
    let name = answer.key.replace("mfp:answer:", "mfp:answer:answer:");
    answer.put(&name, &value).await;
    authority.revoke(&strong);
    assert_eq!(three.status(&strong).await, 401);
}

#[tokio::test]
async fn an_old_answer_that_is_put_back_after_an_invalidation_is_not_used_f3() {
    let test = "an_old_answer_that_is_put_back_after_an_invalidation_is_not_used_f3";
    let Some(server) = Server::start(test).await else {
        return;
    };
    for date in [Date::Right, Date::HourSlow, Date::HourFast] {
        let authority = Authority::new();
        let one = Instance::join(&authority, &server.url()).await;
        let join = || Instance::with(&authority, &server.url(), date, MAX_AGE, |store| store);
        let two = join();
        two.is_in_step().await;
        server.run::<()>("FLUSHALL").await;
        let token = issue(&authority);
        assert_eq!(one.status(&token).await, 200);
        let mut answer = Answer::of(&server).await;
        let (key, value) = (answer.key.clone(), answer.value.clone());
        authority.revoke(&token);
        let jdoe = Subject::User("jdoe");
        one.validator.invalidate(jdoe).await.unwrap();
        // Long enough for everyone to hear of it.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let three = join();
        three.is_in_step().await;
        for instance in [&two, &three] {
            answer.put(&key, &value).await;
            assert_eq!(instance.status(&token).await, 401);
        }
    }
}

#[tokio::test]
async fn nobody_without_a_key_can_make_the_fleet_forget_f3() {
    let test = "nobody_without_a_key_can_make_the_fleet_forget_f3";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let pair = Pair::join(&server).await;
    let token = pair.issue().await;
    let mut store = server.connection().await;
    // More than are read at once.
    for entry in ["r everything", "x y", "r \u{0}0123456789012345"]
        .iter()
        .cycle()
        .take(1200)
    {
        let add = command(&format!("XADD mfp:removed * {entry}"));
        add.query_async::<String>(&mut store).await.unwrap();
    }
    // It gets past them, and hears what is sealed.
    pair.hears().await;
    let before = pair.two.introspections();
    pair.serve(&token).await;
    assert_eq!(pair.two.introspections(), before);
}
