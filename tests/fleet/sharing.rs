//! Sharing answers.

use std::time::Duration;

use mobilefirst_devserver::{Authority, UserToken};
use mobilefirst_redis::{RedisStore, SealingKeys};
use tokio::time::sleep;

use super::instance::{Date, Instance, MAX_AGE, issue};
use super::server::{Server, until};

#[tokio::test]
async fn one_call_serves_the_whole_fleet_f1() {
    let Some(server) = Server::start("one_call_serves_the_whole_fleet_f1").await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    for number in 1..=20 {
        let token = issue(&authority);
        assert_eq!(one.status(&token).await, 200);
        server.holds_answers(number).await;
        assert_eq!(two.status(&token).await, 200);
        assert_eq!(one.introspections(), number as u64);
    }
}

#[tokio::test]
async fn only_active_answers_are_shared_f1() {
    let Some(server) = Server::start("only_active_answers_are_shared_f1").await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    assert_eq!(one.status("bad").await, 401);
    assert_eq!(one.status(&issue(&authority)).await, 200);
    server.holds_answers(1).await;
    assert_eq!(two.status("bad").await, 401);
    assert_eq!(two.introspections(), 3);
}

/// Neither the clocks of the instances nor the expiry in the store lengthen a life.
#[tokio::test]
async fn no_answer_is_served_beyond_max_age_whatever_the_clocks_say_f2() {
    let test = "no_answer_is_served_beyond_max_age_whatever_the_clocks_say_f2";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let max_age = Duration::from_secs(1);
    for [writer, reader] in [
        [Date::Right, Date::Right],
        [Date::HourFast, Date::HourSlow],
        [Date::HourSlow, Date::HourSlow],
    ] {
        let authority = Authority::new();
        // Each round has keys of its own.
        let prefix = format!("{:x}:", fastrand::u64(..));
        let [one, two] = [writer, reader].map(|date| {
            Instance::with(&authority, &server.url(), date, max_age, |store| {
                store.prefix(&prefix)
            })
        });
        one.is_in_step().await;
        two.is_in_step().await;
        let token = issue(&authority);
        assert_eq!(one.status(&token).await, 200);
        until("stored", async || {
            server.keys(&format!("{prefix}answer:")).await.len() == 1
        })
        .await;
        let key = server.keys(&format!("{prefix}answer:")).await.remove(0);
        // Whoever can write to the store lets it live.
        assert_eq!(server.run::<i64>(&format!("PERSIST {key}")).await, 1);
        authority.revoke(&token);
        sleep(max_age).await;
        assert_eq!(two.status(&token).await, 401);
        assert_eq!(two.introspections(), 2);
    }
}

#[tokio::test]
async fn an_instance_with_a_shorter_max_age_keeps_to_its_own_f2() {
    let test = "an_instance_with_a_shorter_max_age_keeps_to_its_own_f2";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let short = Duration::from_millis(500);
    let two = Instance::with(&authority, &server.url(), Date::Right, short, |store| store);
    two.is_in_step().await;
    let token = issue(&authority);
    assert_eq!(one.status(&token).await, 200);
    server.holds_answers(1).await;
    sleep(short).await;
    assert_eq!(two.status(&token).await, 200);
    assert_eq!(two.introspections(), 2);
}

#[tokio::test]
async fn no_token_and_no_users_data_is_readable_in_the_store_f3() {
    let test = "no_token_and_no_users_data_is_readable_in_the_store_f3";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let user = UserToken::new("scopeOfTheUser").user("jdoe-the-user");
    let token = authority.issue(user);
    for (keys, is_readable) in [
        (super::instance::keys(), false),
        // Without this, the test could not fail.
        (SealingKeys::insecure_plaintext(), true),
    ] {
        let prefix = format!("{:x}:", fastrand::u64(..));
        let builder = RedisStore::builder(&server.url(), keys)
            .unwrap()
            .prefix(&prefix);
        let one = Instance::of(&authority, builder, Date::Right, MAX_AGE);
        one.is_in_step().await;
        assert_eq!(one.status(&token).await, 200);
        until("stored", async || {
            server.keys(&format!("{prefix}answer:")).await.len() == 1
        })
        .await;
        let user = mobilefirst::Subject::User("jdoe-the-user");
        let before = dump(&server, &prefix).await;
        one.validator.invalidate(user).await.unwrap();
        let all = [before, dump(&server, &prefix).await].concat();
        assert!(all.len() > 500, "{}", all.len());
        let holds = |text: &str| all.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!holds(&token));
        assert_eq!(holds("jdoe-the-user"), is_readable);
        assert_eq!(holds("scopeOfTheUser"), is_readable);
    }
}

/// All that is in the store, with its names.
async fn dump(server: &Server, prefix: &str) -> Vec<u8> {
    let mut all = Vec::new();
    for key in server.keys(prefix).await {
        all.extend(key.as_bytes());
        let kind: String = server.run(&format!("TYPE {key}")).await;
        let value: redis::Value = match &*kind {
            "string" => server.run(&format!("GET {key}")).await,
            "stream" => server.run(&format!("XRANGE {key} - +")).await,
            other => unreachable!("{other}"),
        };
        flatten(value, &mut all);
    }
    all
}

fn flatten(value: redis::Value, into: &mut Vec<u8>) {
    match value {
        redis::Value::BulkString(bytes) => into.extend(bytes),
        redis::Value::SimpleString(text) => into.extend(text.into_bytes()),
        redis::Value::Array(values) => values.into_iter().for_each(|value| flatten(value, into)),
        other => unreachable!("{other:?}"),
    }
}
