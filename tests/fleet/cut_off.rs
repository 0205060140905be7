//! What an instance does that may have missed an invalidation.

use std::time::{Duration, Instant};

use http::StatusCode;
use mobilefirst::Subject;
use mobilefirst_devserver::{Authority, Endpoint, Fault};
use mobilefirst_redis::RedisStoreBuilder;
use tokio::time::sleep;

use super::instance::{Date, Instance, MAX_AGE, issue};
use super::pair::{BOUND, Pair, is_refused_soon};
use super::proxy::Proxy;
use super::server::{Server, until};

#[tokio::test]
async fn an_instance_that_is_cut_off_serves_no_answer_older_than_a_second_f6() {
    let test = "an_instance_that_is_cut_off_serves_no_answer_older_than_a_second_f6";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let proxy = Proxy::before(server.port).await;
    let pair = Pair::at([&server.url(), &proxy.url()]).await;
    let (one, two) = (&pair.one, &pair.two);
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(pair.issue().await);
    }
    proxy.cut();
    for token in &tokens[..2] {
        pair.authority.revoke(token);
        one.validator.invalidate(token.as_str()).await.unwrap();
    }
    let reached = Instant::now();
    sleep(BOUND.saturating_sub(reached.elapsed())).await;
    assert_eq!(two.status(&tokens[0]).await, 401);
    // The others are served, and asked about more often.
    assert_eq!(two.status(&tokens[2]).await, 200);
    // It catches up, and its cached answers count again: the third is not asked about.
    proxy.mend();
    two.is_in_step().await;
    assert_eq!(two.status(&tokens[1]).await, 401);
    let before = two.introspections();
    sleep(Duration::from_millis(1200)).await;
    assert_eq!(two.status(&tokens[2]).await, 200);
    assert_eq!(two.introspections(), before);
}

/// What the authorization server can't say is not made up for by an answer that may have been
/// invalidated.
#[tokio::test]
async fn a_stale_answer_is_no_older_than_a_second_either_f6() {
    let test = "a_stale_answer_is_no_older_than_a_second_either_f6";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let proxy = Proxy::before(server.port).await;
    let authority = Authority::new();
    let short = Duration::from_millis(100);
    let instance = Instance::building(&authority, &proxy.url(), |validator| {
        validator.max_age(short).serve_stale(MAX_AGE)
    });
    instance.is_in_step().await;
    let token = issue(&authority);
    assert_eq!(instance.status(&token).await, 200);
    let outage = Fault::status(StatusCode::BAD_GATEWAY);
    authority.fault_always(Endpoint::Introspection, outage);
    sleep(BOUND + short).await;
    assert_eq!(instance.status(&token).await, 200, "stale");
    proxy.cut();
    instance.is_cut_off().await;
    until("cut off", async || instance.status(&token).await == 503).await;
    proxy.mend();
    instance.is_in_step().await;
    assert_eq!(instance.status(&token).await, 200, "stale again");
}

/// It was not connected, and its cached answers would be good for a minute.
#[tokio::test]
async fn an_instance_that_may_have_missed_something_forgets_everything_f6() {
    let test = "an_instance_that_may_have_missed_something_forgets_everything_f6";
    for lose in ["FLUSHALL", "DEL mfp:removed", "restart"] {
        let Some(mut server) = Server::start(test).await else {
            return;
        };
        let proxy = Proxy::before(server.port).await;
        let authority = Authority::new();
        let one = Instance::join(&authority, &server.url()).await;
        let set = |store: RedisStoreBuilder| store.cut_off_max_age(MAX_AGE);
        let two = Instance::with(&authority, &proxy.url(), Date::Right, MAX_AGE, set);
        two.is_in_step().await;
        let pair = Pair {
            authority,
            one,
            two,
        };
        // So that there is something to miss.
        pair.hears().await;
        let token = pair.revoked().await;
        proxy.cut();
        pair.two.is_cut_off().await;
        pair.one.validator.invalidate(&token).await.unwrap();
        assert_eq!(pair.two.status(&token).await, 200, "not heard of");
        match lose {
            "restart" => {
                server.kill();
                server.restart().await;
            }
            command => server.run::<()>(command).await,
        }
        proxy.mend();
        pair.two.is_in_step().await;
        assert_eq!(pair.two.status(&token).await, 401, "{lose}");
    }
}

/// It is connected all the time. Nobody can know what was deleted before it was read.
#[tokio::test]
async fn what_was_deleted_under_their_eyes_makes_all_forget_everything_f6() {
    let test = "what_was_deleted_under_their_eyes_makes_all_forget_everything_f6";
    let Some(server) = Server::start(test).await else {
        return;
    };
    for (is_anything_read, lose) in [
        (false, "FLUSHALL"),
        (true, "FLUSHALL"),
        (false, "SWAPDB 0 1"),
        (true, "DEL mfp:removed"),
        (true, "XTRIM mfp:removed MAXLEN 0"),
        (true, "RENAME mfp:removed other"),
        // Until it is put right, nobody is in step.
        (true, "SET mfp:removed x"),
    ] {
        server.run::<()>("FLUSHALL").await;
        let pair = Pair::join(&server).await;
        if is_anything_read {
            pair.hears().await;
        }
        let token = pair.revoked().await;
        server.run::<redis::Value>(lose).await;
        if lose.starts_with("SET") {
            pair.two.is_cut_off().await;
            server.run::<()>("DEL mfp:removed").await;
        }
        until(lose, async || pair.two.status(&token).await == 401).await;
        for instance in [&pair.one, &pair.two] {
            instance.is_in_step().await;
        }
        // Who joins later takes no answer from before.
        let late = Instance::join(&pair.authority, &server.url()).await;
        assert_eq!(late.status(&token).await, 401, "{lose}");
        pair.hears().await;
    }
}

/// The same server is the master again, with the data of another one.
#[tokio::test]
async fn a_server_that_was_a_replica_meanwhile_is_another_one_f6() {
    let test = "a_server_that_was_a_replica_meanwhile_is_another_one_f6";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let pair = Pair::join(&server).await;
    let token = pair.revoked_but_stored(&server).await;
    // Elsewhere it was invalidated.
    server.run::<()>("REPLICAOF 127.0.0.1 1").await;
    pair.two.is_cut_off().await;
    server.run::<()>("REPLICAOF NO ONE").await;
    pair.two.is_in_step().await;
    assert_eq!(server.keys("mfp:answer:").await.len(), 1);
    let late = Instance::join(&pair.authority, &server.url()).await;
    assert_eq!(late.status(&token).await, 401);
    for instance in [&pair.one, &pair.two] {
        is_refused_soon(instance, &token).await;
    }
}

#[tokio::test]
async fn a_server_that_comes_back_with_older_data_lets_nobody_in_f6() {
    let test = "a_server_that_comes_back_with_older_data_lets_nobody_in_f6";
    let arguments = ["--dbfilename", "dump.rdb"];
    let Some(mut server) = Server::start_with(test, &arguments).await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let token = issue(&authority);
    assert_eq!(one.status(&token).await, 200);
    server.holds_answers(1).await;
    server.run::<()>("SAVE").await;
    authority.revoke(&token);
    let jdoe = Subject::User("jdoe");
    one.validator.invalidate(jdoe).await.unwrap();
    server.kill();
    assert!(server.folder().join("dump.rdb").is_file());
    server.restart().await;
    // The answer is back, and the removal is not.
    assert_eq!(server.keys("mfp:answer:").await.len(), 1);
    assert_eq!(server.keys("mfp:removed").await.len(), 0);
    let two = Instance::join(&authority, &server.url()).await;
    assert_eq!(two.status(&token).await, 401);
}

#[tokio::test]
async fn what_could_not_be_sent_is_sent_when_the_store_is_back_f7() {
    let test = "what_could_not_be_sent_is_sent_when_the_store_is_back_f7";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let proxy = Proxy::before(server.port).await;
    let pair = Pair::at([&proxy.url(), &server.url()]).await;
    let token = pair.revoked().await;
    proxy.cut();
    pair.one.is_cut_off().await;
    let error = pair.one.validator.invalidate(&token).await.unwrap_err();
    assert!(error.to_string().contains("has not confirmed"), "{error}");
    assert_eq!(pair.one.status(&token).await, 401);
    assert_eq!(pair.two.status(&token).await, 200);
    proxy.mend();
    until("heard", async || pair.two.status(&token).await == 401).await;
}

#[tokio::test]
async fn what_the_store_refused_is_sent_until_it_takes_it_f7() {
    let test = "what_the_store_refused_is_sent_until_it_takes_it_f7";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let pair = Pair::join(&server).await;
    for [refuse, take] in [
        ["CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"],
        [
            "CONFIG SET min-replicas-to-write 1",
            "CONFIG SET min-replicas-to-write 0",
        ],
    ] {
        let tokens = [pair.revoked().await, pair.revoked().await];
        server.run::<()>(refuse).await;
        for token in &tokens {
            pair.one.validator.invalidate(token).await.unwrap_err();
        }
        pair.serve(&pair.issue().await).await;
        server.run::<()>(take).await;
        for token in &tokens {
            until(refuse, async || pair.two.status(token).await == 401).await;
        }
    }
}

/// The stream ends with an entry of a later time than the server's, then it is gone.
#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_deaf_f6() {
    let test = "a_clock_that_was_set_back_makes_nobody_deaf_f6";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let pair = Pair::join(&server).await;
    let add = "XADD mfp:removed 9999999999999-1 x y";
    server.run::<String>(add).await;
    sleep(Duration::from_millis(50)).await;
    server.run::<i64>("DEL mfp:removed").await;
    // Until it is noticed.
    sleep(Duration::from_millis(600)).await;
    pair.hears().await;
}
