//! Gates that share a store.

use bytes::Bytes;
use http::{Request, Response};
use mobilefirst_devserver::{Authority, UserToken};
use mobilefirst_gate::{Config, Gate, Peer, Server as GateServer};

use super::instance::KEY;
use super::server::{Server, until};

fn config(authority: &str, store: &str, more: &str) -> Config {
    let text = format!(
        "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
         [mobilefirst]\nserver_url = {authority:?}\nclient_id = \"test\"\n\
         client_secret = \"test\"\nrefresh_ahead = false\n\
         [store]\nurl = {store:?}\nkeys = {KEY:?}\n{more}"
    );
    text.parse().unwrap()
}

async fn status(gate: &Gate, token: &str) -> u16 {
    let question = Request::get("/auth?scope=a").header("authorization", format!("Bearer {token}"));
    let question = question.body(()).unwrap();
    let answer: Response<Bytes> = gate.answer(Peer::SocketFile, question).await;
    answer.status().as_u16()
}

async fn is_in_step(gate: &Gate) {
    until("connected", async || {
        gate.store_is_connected() == Some(true)
    })
    .await;
}

#[tokio::test]
async fn what_one_gate_is_told_to_forget_all_forget_y12() {
    let test = "what_one_gate_is_told_to_forget_all_forget_y12";
    let Some(store) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let server = authority.clone().listen("127.0.0.1:0").await.unwrap();
    let config = config(&server.url(), &store.url(), "");
    let (one, two) = (Gate::new(&config).unwrap(), Gate::new(&config).unwrap());
    is_in_step(&one).await;
    is_in_step(&two).await;
    let admin = GateServer::bind(&config, &one).await.unwrap();
    let invalidate = format!("http://{}/invalidate", admin.admin_address().unwrap());
    let admin = tokio::spawn(admin.run(std::future::pending()));

    let token = authority.issue(UserToken::new("a").user("jdoe"));
    assert_eq!(status(&one, &token).await, 200);
    until("stored", async || {
        store.keys("mfp:answer:").await.len() == 1
    })
    .await;
    assert_eq!(status(&two, &token).await, 200);
    assert_eq!(authority.calls().introspection, 1);

    authority.revoke(&token);
    assert_eq!(
        (status(&one, &token).await, status(&two, &token).await),
        (200, 200)
    );
    let form = reqwest::Client::new().post(invalidate).body("user=jdoe");
    assert_eq!(form.send().await.unwrap().status(), 204);
    assert_eq!(status(&one, &token).await, 401);
    until("forgotten", async || status(&two, &token).await == 401).await;
    admin.abort();
}

#[tokio::test]
async fn a_store_that_is_down_is_not_in_the_gates_way_y12() {
    let authority = Authority::new();
    let server = authority.clone().listen("127.0.0.1:0").await.unwrap();
    // Nobody listens there.
    let gate = Gate::new(&config(&server.url(), "redis://127.0.0.1:9", "")).unwrap();
    assert_eq!(gate.store_is_connected(), Some(false));
    let token = authority.issue(UserToken::new("a"));
    assert_eq!(status(&gate, &token).await, 200);
}

#[tokio::test]
async fn a_reload_keeps_the_store_while_its_settings_stay_the_same_y12() {
    let test = "a_reload_keeps_the_store_while_its_settings_stay_the_same_y12";
    let Some(store) = Server::start(test).await else {
        return;
    };
    let authority = Authority::new();
    let server = authority.clone().listen("127.0.0.1:0").await.unwrap();
    let config = |more| config(&server.url(), &store.url(), more);
    let gate = Gate::new(&config("")).unwrap();
    is_in_step(&gate).await;
    gate.reload(&config("")).await.unwrap();
    // At once: it is the same connection.
    assert_eq!(gate.store_is_connected(), Some(true));

    let wrong = gate.reload(&config("prefix = \"*\"")).await.unwrap_err();
    assert!(wrong.to_string().contains("prefix"), "{wrong}");
    assert_eq!(gate.store_is_connected(), Some(true));

    gate.reload(&config("prefix = \"other:\"")).await.unwrap();
    is_in_step(&gate).await;
    let token = authority.issue(UserToken::new("a"));
    assert_eq!(status(&gate, &token).await, 200);
    until("stored", async || {
        store.keys("other:answer:").await.len() == 1
    })
    .await;
}
