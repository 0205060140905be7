//! What is invalidated on one instance is refused on all.

use std::time::Duration;

use mobilefirst::{AnyScope, Subject};
use mobilefirst_devserver::{Endpoint, Fault, UserToken};

use super::instance::{Instance, issue};
use super::pair::{Pair, is_refused_soon};
use super::server::{Server, until};

#[tokio::test]
async fn what_is_invalidated_on_one_is_refused_on_all_f4() {
    let test = "what_is_invalidated_on_one_is_refused_on_all_f4";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let pair = Pair::join(&server).await;
    let user = UserToken::new("a").user("other").device("d2");
    let other = pair.authority.issue(user.client_id("c2"));
    pair.serve(&other).await;
    let of_jdoe = async || {
        let user = UserToken::new("a").user("jdoe").device("d1");
        let token = pair.authority.issue(user.client_id("c1"));
        pair.serve(&token).await;
        pair.authority.revoke(&token);
        pair.serve(&token).await;
        token
    };
    type Pick = for<'t> fn(&'t str) -> Subject<'t>;
    let picks: [Pick; 4] = [
        |token| Subject::Token(token),
        |_| Subject::User("jdoe"),
        |_| Subject::Device("d1"),
        |_| Subject::Client("c1"),
    ];
    for pick in picks {
        let token = of_jdoe().await;
        pair.one.validator.invalidate(pick(&token)).await.unwrap();
        assert_eq!(pair.one.status(&token).await, 401);
        is_refused_soon(&pair.two, &token).await;
    }
    // What is about somebody else stays.
    let before = pair.one.introspections();
    pair.serve(&other).await;
    assert_eq!(pair.one.introspections(), before);
    let token = of_jdoe().await;
    pair.one.validator.invalidate_all().await.unwrap();
    is_refused_soon(&pair.two, &token).await;
}

#[tokio::test]
async fn an_instance_that_joins_later_knows_what_was_invalidated_f5() {
    let test = "an_instance_that_joins_later_knows_what_was_invalidated_f5";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let pair = Pair::join(&server).await;
    let token = pair.revoked_but_stored(&server).await;
    // The answer stays in the store: nobody there knows whose it is.
    let jdoe = Subject::User("jdoe");
    pair.one.validator.invalidate(jdoe).await.unwrap();
    assert_eq!(server.keys("mfp:answer:").await.len(), 1);
    let three = Instance::join(&pair.authority, &server.url()).await;
    assert_eq!(three.status(&token).await, 401);
}

#[tokio::test]
async fn a_validator_that_is_built_later_knows_what_was_invalidated_f5() {
    let test = "a_validator_that_is_built_later_knows_what_was_invalidated_f5";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let pair = Pair::join(&server).await;
    let token = pair.revoked_but_stored(&server).await;
    let jdoe = Subject::User("jdoe");
    pair.one.validator.invalidate(jdoe).await.unwrap();
    is_refused_soon(&pair.two, &token).await;
    let server = "http://localhost/mfp/api".parse().unwrap();
    let credentials = mobilefirst::Credentials::new("test", "test").unwrap();
    let late = mobilefirst::TokenValidator::builder(server, credentials)
        .http_backend(pair.authority.clone())
        .remote_store(pair.two.store.clone())
        .build()
        .unwrap();
    let bearing = [format!("Bearer {token}")];
    let verdict = late.authorize::<AnyScope>(bearing).await;
    assert_eq!(verdict.unwrap_err().status().as_u16(), 401);
}

#[tokio::test]
async fn an_answer_that_comes_late_does_not_undo_an_invalidation_f5() {
    let test = "an_answer_that_comes_late_does_not_undo_an_invalidation_f5";
    let Some(server) = Server::start(test).await else {
        return;
    };
    let Pair {
        authority,
        one,
        two,
    } = Pair::join(&server).await;
    let token = issue(&authority);
    // The server answers before the token is revoked, and the answer is long under way.
    let delay = Fault::Delay(Duration::from_millis(500));
    authority.fault(Endpoint::Introspection, delay);
    let bearing = [format!("Bearer {token}")];
    let late = tokio::spawn(two.validator.authorize::<AnyScope>(bearing));
    until("asked", async || two.introspections() == 1).await;
    let jdoe = Subject::User("jdoe");
    one.validator.invalidate(jdoe).await.unwrap();
    assert!(late.await.unwrap().is_ok());
    authority.revoke(&token);
    assert_eq!(two.status(&token).await, 401);
    assert_eq!(one.status(&token).await, 401);
}
