//! What is invalidated on one instance is refused on all.

use std::time::{Duration, Instant};

use mobilefirst::{AnyScope, Subject};
use mobilefirst_devserver::{Authority, Endpoint, Fault, UserToken};
use tokio::time::sleep;

use super::instance::{Date, Instance, MAX_AGE, issue};
use super::proxy::Proxy;
use super::server::{Server, until};

/// An instance that hears of removals after this long serves no removed answer any more.
const BOUND: Duration = Duration::from_secs(1);

/// Waits until a revoked token is refused, which takes no longer than it may.
async fn is_refused_soon(instance: &Instance, token: &str) {
    let begin = Instant::now();
    until("refused", async || instance.status(token).await == 401).await;
    assert!(begin.elapsed() < BOUND, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn what_is_invalidated_on_one_is_refused_on_all_f4() {
    let test = "what_is_invalidated_on_one_is_refused_on_all_f4";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    let other = authority.issue(
        UserToken::new("a")
            .user("other")
            .device("d2")
            .client_id("c2"),
    );
    let of_jdoe = || {
        authority.issue(
            UserToken::new("a")
                .user("jdoe")
                .device("d1")
                .client_id("c1"),
        )
    };
    assert_eq!(
        [one.status(&other).await, two.status(&other).await],
        [200; 2]
    );
    type Pick = for<'t> fn(&'t str) -> Subject<'t>;
    let picks: [Pick; 4] = [
        |token| Subject::Token(token),
        |_| Subject::User("jdoe"),
        |_| Subject::Device("d1"),
        |_| Subject::Client("c1"),
    ];
    for pick in picks {
        let token = of_jdoe();
        assert_eq!(
            [one.status(&token).await, two.status(&token).await],
            [200; 2]
        );
        authority.revoke(&token);
        assert_eq!(
            [one.status(&token).await, two.status(&token).await],
            [200; 2]
        );
        one.validator.invalidate(pick(&token)).await.unwrap();
        assert_eq!(one.status(&token).await, 401);
        is_refused_soon(&two, &token).await;
    }
    // What is about somebody else stays.
    let before = one.introspections();
    assert_eq!(
        [one.status(&other).await, two.status(&other).await],
        [200; 2]
    );
    assert_eq!(one.introspections(), before);
    let token = of_jdoe();
    assert_eq!(
        [one.status(&token).await, two.status(&token).await],
        [200; 2]
    );
    authority.revoke(&token);
    one.validator.invalidate_all().await.unwrap();
    is_refused_soon(&two, &token).await;
}

#[tokio::test]
async fn an_instance_that_joins_later_knows_what_was_invalidated_f5() {
    let test = "an_instance_that_joins_later_knows_what_was_invalidated_f5";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let token = issue(&authority);
    assert_eq!(one.status(&token).await, 200);
    until("stored", async || {
        !server.keys("mfp:answer:").await.is_empty()
    })
    .await;
    authority.revoke(&token);
    // The answer stays in the store: nobody there knows whose it is.
    one.validator
        .invalidate(Subject::User("jdoe"))
        .await
        .unwrap();
    assert_eq!(server.keys("mfp:answer:").await.len(), 1);
    let two = Instance::join(&authority, &server.url()).await;
    assert_eq!(two.status(&token).await, 401);
}

#[tokio::test]
async fn a_validator_that_is_built_later_knows_what_was_invalidated_f5() {
    let test = "a_validator_that_is_built_later_knows_what_was_invalidated_f5";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    let token = issue(&authority);
    assert_eq!(
        [one.status(&token).await, two.status(&token).await],
        [200; 2]
    );
    until("stored", async || {
        !server.keys("mfp:answer:").await.is_empty()
    })
    .await;
    authority.revoke(&token);
    one.validator
        .invalidate(Subject::User("jdoe"))
        .await
        .unwrap();
    is_refused_soon(&two, &token).await;
    let server = "http://localhost/mfp/api".parse().unwrap();
    let credentials = mobilefirst::Credentials::new("test", "test").unwrap();
    let late = mobilefirst::TokenValidator::builder(server, credentials)
        .http_backend(authority.clone())
        .remote_store(two.store.clone())
        .build()
        .unwrap();
    let verdict = late
        .authorize::<AnyScope>([format!("Bearer {token}")])
        .await;
    assert_eq!(verdict.unwrap_err().status().as_u16(), 401);
}

#[tokio::test]
async fn an_answer_that_comes_late_does_not_undo_an_invalidation_f5() {
    let test = "an_answer_that_comes_late_does_not_undo_an_invalidation_f5";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    let token = issue(&authority);
    // The server answers before the token is revoked, and the answer is long under way.
    let delay = Fault::Delay(Duration::from_millis(500));
    authority.fault(Endpoint::Introspection, delay);
    let bearing = [format!("Bearer {token}")];
    let late = tokio::spawn(two.validator.authorize::<AnyScope>(bearing));
    until("asked", async || two.introspections() == 1).await;
    one.validator
        .invalidate(Subject::User("jdoe"))
        .await
        .unwrap();
    assert!(late.await.unwrap().is_ok());
    authority.revoke(&token);
    assert_eq!(two.status(&token).await, 401);
    assert_eq!(one.status(&token).await, 401);
}

#[tokio::test]
async fn an_instance_that_is_cut_off_serves_no_answer_older_than_a_second_f6() {
    let test = "an_instance_that_is_cut_off_serves_no_answer_older_than_a_second_f6";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let proxy = Proxy::before(server.port).await;
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &proxy.url()).await;
    let tokens = [(); 3].map(|()| issue(&authority));
    for token in &tokens {
        assert_eq!([one.status(token).await, two.status(token).await], [200; 2]);
    }
    proxy.cut();
    for token in &tokens[..2] {
        authority.revoke(token);
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

#[tokio::test]
async fn an_instance_that_may_have_missed_something_forgets_everything_f6() {
    let test = "an_instance_that_may_have_missed_something_forgets_everything_f6";
    for lose in ["FLUSHALL", "restart"] {
        let Some(mut server) = Server::start(test).await else {
            return;
        };
        let proxy = Proxy::before(server.port).await;
        let authority = Authority::new();
        let one = Instance::join(&authority, &server.url()).await;
        let set = |store: mobilefirst_redis::RedisStoreBuilder| store.cut_off_max_age(MAX_AGE);
        let two = Instance::with(&authority, &proxy.url(), Date::Right, MAX_AGE, set);
        two.is_in_step().await;
        let token = issue(&authority);
        assert_eq!(
            [one.status(&token).await, two.status(&token).await],
            [200; 2]
        );
        authority.revoke(&token);
        proxy.cut();
        two.is_cut_off().await;
        one.validator.invalidate(&token).await.unwrap();
        assert_eq!(two.status(&token).await, 200, "it has not heard of it");
        match lose {
            "restart" => {
                server.kill();
                server.restart().await;
            }
            command => server.run::<()>(command).await,
        }
        proxy.mend();
        two.is_in_step().await;
        assert_eq!(two.status(&token).await, 401, "{lose}");
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
    until("stored", async || {
        !server.keys("mfp:answer:").await.is_empty()
    })
    .await;
    server.run::<()>("SAVE").await;
    authority.revoke(&token);
    one.validator
        .invalidate(Subject::User("jdoe"))
        .await
        .unwrap();
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
    let authority = Authority::new();
    let one = Instance::join(&authority, &proxy.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    let token = issue(&authority);
    assert_eq!(
        [one.status(&token).await, two.status(&token).await],
        [200; 2]
    );
    authority.revoke(&token);
    proxy.cut();
    one.is_cut_off().await;
    let error = one.validator.invalidate(&token).await.unwrap_err();
    assert!(error.to_string().contains("has not confirmed"), "{error}");
    assert_eq!(one.status(&token).await, 401);
    assert_eq!(two.status(&token).await, 200);
    proxy.mend();
    until("heard", async || two.status(&token).await == 401).await;
}

/// The stream ends with an entry of a later time than the server's, then it is gone.
#[tokio::test]
async fn a_clock_that_was_set_back_makes_nobody_deaf_f6() {
    let test = "a_clock_that_was_set_back_makes_nobody_deaf_f6";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let one = Instance::join(&authority, &server.url()).await;
    let two = Instance::join(&authority, &server.url()).await;
    server
        .run::<String>("XADD mfp:removed 9999999999999-1 x y")
        .await;
    sleep(Duration::from_millis(50)).await;
    server.run::<i64>("DEL mfp:removed").await;
    let token = issue(&authority);
    // Until it is noticed.
    sleep(Duration::from_millis(600)).await;
    assert_eq!(
        [one.status(&token).await, two.status(&token).await],
        [200; 2]
    );
    authority.revoke(&token);
    one.validator.invalidate(&token).await.unwrap();
    is_refused_soon(&two, &token).await;
}
