//! The store fails, and nobody notices.

use std::time::{Duration, Instant};

use mobilefirst_devserver::Authority;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::instance::{Date, Instance, KEY, MAX_AGE, issue};
use super::log::Log;
use super::pair::Pair;
use super::server::{Server, free_port, until};

/// A request waits for a store that hangs no longer than this, timeout and machine included.
const BRIEFLY: Duration = Duration::from_millis(500);

/// Requests about new tokens are served, and at once.
pub(crate) async fn is_served(instance: &Instance, during: &str) {
    for _ in 0..10 {
        let token = issue(&instance.authority);
        let begin = Instant::now();
        assert_eq!(instance.status(&token).await, 200, "{during}");
        assert!(begin.elapsed() < BRIEFLY, "{during}: {:?}", begin.elapsed());
        instance.authority.revoke(&token);
    }
}

#[tokio::test]
async fn a_store_that_fails_is_not_in_the_way_f8() {
    let Some(mut server) = Server::start("a_store_that_fails_is_not_in_the_way_f8").await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    is_served(&one, "before").await;
    server.freeze();
    is_served(&one, "frozen").await;
    one.is_cut_off().await;
    is_served(&one, "frozen for a while").await;
    server.thaw();
    one.is_in_step().await;
    server.kill();
    is_served(&one, "killed").await;
    one.is_cut_off().await;
    server.restart().await;
    one.is_in_step().await;
    is_served(&one, "restarted").await;
    server.run::<()>("CONFIG SET maxmemory 1").await;
    is_served(&one, "full").await;
    assert!(one.validator.invalidate("token").await.is_err());
    let two = Instance::join(&authority, &server.url()).await;
    is_served(&two, "full at the begin").await;
    server.run::<()>("CONFIG SET maxmemory 0").await;
    one.validator.invalidate("token").await.unwrap();
    server.run::<()>("REPLICAOF 127.0.0.1 1").await;
    is_served(&one, "read-only").await;
    assert!(one.validator.invalidate("token").await.is_err());
    server.run::<()>("REPLICAOF NO ONE").await;
    one.is_in_step().await;
    one.validator.invalidate("token").await.unwrap();
    server.run::<String>("XTRIM mfp:removed MAXLEN 0").await;
}

#[tokio::test]
async fn a_store_that_was_never_there_is_not_in_the_way_f8() {
    let authority = Authority::new();
    let url = format!("redis://127.0.0.1:{}", free_port());
    let one = Instance::with(&authority, &url, Date::Right, MAX_AGE, |store| store);
    is_served(&one, "absent").await;
    assert!(!one.store.is_connected());
    let begin = Instant::now();
    assert!(one.validator.invalidate("token").await.is_err());
    assert!(begin.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_store_that_answers_garbage_is_not_in_the_way_f8() {
    for garbage in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"+OK\r\n",
        b":1\r\n$-1\r\n",
        b"$99999999999\r\n",
        b"*1000000\r\n",
        b"\x00\xff\xfe",
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-BUSY Redis is busy running a script\r\n",
        b"-MOVED 1 127.0.0.1:1\r\n",
        // It hangs.
        b"",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 1024];
                    while matches!(stream.read(&mut buffer).await, Ok(1..)) {
                        if stream.write_all(garbage).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        let authority = Authority::new();
        let url = format!("redis://127.0.0.1:{port}");
        let one = Instance::with(&authority, &url, Date::Right, MAX_AGE, |store| store);
        is_served(&one, &String::from_utf8_lossy(garbage)).await;
        assert!(!one.store.is_connected());
    }
}

/// The commands and keys that the documentation names, and no other.
#[tokio::test]
async fn a_user_with_a_handful_of_commands_is_enough_f9() {
    let Some(server) = Server::start("a_user_with_a_handful_of_commands_is_enough_f9").await else {
        return;
    };
    let operations = include_str!("../../docs/operations.md");
    let rule = operations
        .lines()
        .find(|line| line.starts_with("ACL SETUSER "));
    let rule = rule.unwrap().replace("s3cret", "pass");
    server.run::<()>(&rule).await;
    let url = server.url().replace("redis://", "redis://bank:pass@");
    let pair = Pair::at([&url, &url]).await;
    pair.shares().await;
    pair.hears().await;
    // It tidies up after the invalidation, and looks whether the data are the same.
    tokio::time::sleep(Duration::from_millis(400)).await;
    let denied: Vec<redis::Value> = server.run("ACL LOG").await;
    assert!(denied.is_empty(), "{denied:?}");
}

#[tokio::test]
async fn the_operator_is_told_what_fails_and_no_secret_f8() {
    let test = "the_operator_is_told_what_fails_and_no_secret_f8";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let log = Log::of_the_process();
    server
        .run::<()>("ACL SETUSER bank on >pass-of-the-bank ~mfp:* +get")
        .await;
    let authority = Authority::new();
    let mut instances = Vec::new();
    for user in ["bank:pass-of-the-bank", "bank:wrong-pass"] {
        let url = server
            .url()
            .replace("redis://", &format!("redis://{user}@"));
        let one = Instance::with(&authority, &url, Date::Right, MAX_AGE, |store| store);
        is_served(&one, user).await;
        let debug = format!("{:?} {:?}", one.store, one.validator);
        assert!(!debug.contains("pass"), "{debug}");
        instances.push(one);
    }
    until("told", async || {
        let text = log.text();
        text.contains("no_permission") && text.contains("authentication_failed")
    })
    .await;
    let text = log.text();
    assert!(text.contains("WARN the store of answers fails"), "{text}");
    for secret in ["pass-of-the-bank", "wrong-pass", KEY] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn what_the_store_does_is_counted_f8() {
    let Some(server) = Server::start("what_the_store_does_is_counted_f8").await else {
        return;
    };
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder();
    let recorder = recorder.unwrap();
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    let token = issue(&authority);
    assert_eq!(one.status(&token).await, 200);
    server.holds_answers(1).await;
    assert_eq!(two.status(&token).await, 200);
    one.validator.invalidate(&token).await.unwrap();
    until("counted", async || {
        let text = recorder.render();
        [
            r#"mobilefirst_store_calls_total{call="fetch",result="hit"}"#,
            r#"mobilefirst_store_calls_total{call="fetch",result="miss"}"#,
            r#"mobilefirst_store_calls_total{call="store",result="stored"}"#,
            r#"mobilefirst_store_seconds_count{call="fetch"}"#,
            r#"mobilefirst_store_invalidations_total{direction="sent"}"#,
            r#"mobilefirst_store_invalidations_total{direction="received"}"#,
            "mobilefirst_store_connections_total ",
            "mobilefirst_store_connected ",
        ]
        .iter()
        .all(|series| text.contains(series))
    })
    .await;
}
