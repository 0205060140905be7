//! The state that the console shows.

use mobilefirst_devserver::{Endpoint, Fault};

use super::*;

#[tokio::test]
async fn the_state_describes_server_clients_calls_and_tokens() {
    let authority = Authority::new()
        .with_client("bank", "s3cret", "authorization.introspect")
        .with_base_path("/bank/api")
        .with_project_path("/bank");
    let served = Served::start(&authority).await;
    let (_, issued) = served
        .control(
            "tokens",
            json!({"scope": "a", "user": "jdoe", "device_status": "LOST"}),
        )
        .await;
    let token = issued["access_token"].as_str().unwrap();
    let state = served.state(0).await;
    assert_eq!(state["server"]["base_path"], "/bank/api");
    assert_eq!(state["server"]["project_path"], "/bank");
    let clients = json!([
        {"id": "bank", "allowed_scope": "authorization.introspect"},
        {"id": "test", "allowed_scope": "*"},
    ]);
    assert_eq!(state["clients"], clients);
    assert_eq!(
        state["calls"],
        json!({"token": 0, "introspection": 0, "validation": 0})
    );
    assert_eq!(state["tokens"]["total"], 1);
    let listed = &state["tokens"]["newest"][0];
    assert_eq!(listed["token"], format!("{}…", &token[..8]));
    for (member, expected) in [
        ("id", json!(1)),
        ("holder", json!("app")),
        ("scope", json!("a")),
        ("username", json!("jdoe")),
        ("device_status", json!("LOST")),
        ("expired", json!(false)),
    ] {
        assert_eq!(listed[member], expected, "{member}");
    }
}

#[tokio::test]
async fn the_newest_hundred_tokens_are_listed() {
    let authority = Authority::new();
    for _ in 0..102 {
        authority.issue(UserToken::new("a"));
    }
    let served = Served::start(&authority).await;
    let tokens = &served.state(0).await["tokens"];
    assert_eq!(tokens["total"], 102);
    let newest = tokens["newest"].as_array().unwrap().iter();
    let numbers: Vec<_> = newest.map(|token| token["id"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (3..=102).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_waits_for_the_state_learns_of_every_change() {
    type Change = fn(&Authority);
    let changes: [(&str, Change); 8] = [
        ("issue", |authority| {
            drop(authority.issue(UserToken::new("a")))
        }),
        ("expire", |authority| assert!(!authority.expire("a"))),
        ("revoke own", |authority| authority.revoke_own_tokens()),
        ("register", |authority| authority.register("a", "b", "c")),
        ("unregister", |authority| assert!(authority.unregister("a"))),
        ("fault", |authority| {
            authority.fault(Endpoint::Token, Fault::Hang)
        }),
        ("clear", |authority| authority.clear_faults()),
        ("call", |authority| {
            let request = http::Request::post("/mfp/api/az/v1/token");
            authority.handle(request.body(bytes::Bytes::new()).unwrap());
        }),
    ];
    let authority = Authority::new();
    let served = Served::start(&authority).await;
    let mut version = served.get("/devserver/state").await.json()["version"]
        .as_u64()
        .unwrap();
    for (name, change) in changes {
        let waiting = served.state(version);
        let (state, ()) = tokio::join!(waiting, async { change(&authority) });
        let next = state["version"].as_u64().unwrap();
        assert!(next > version, "{name}");
        version = next;
    }
}
