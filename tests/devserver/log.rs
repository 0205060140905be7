//! The live log of what resource servers ask.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mobilefirst_devserver::{Endpoint, Fault};

use super::*;

const SECRET: &str = "s3cret-of-the-bank";

async fn bank() -> Served {
    let authority = Authority::new().with_client("bank", SECRET, "authorization.introspect");
    Served::start(&authority).await
}

/// The entries of the log, the oldest first.
async fn log(served: &Served) -> Vec<Value> {
    let state = served.get("/devserver/state").await.json();
    state["log"].as_array().unwrap().clone()
}

async fn token(served: &Served, form: &str, pair: Option<&str>) -> Answer {
    let request = served.request("POST", "/mfp/api/az/v1/token");
    let mut request = request.header(CONTENT_TYPE, FORM);
    if let Some(pair) = pair {
        let value = format!("Basic {}", STANDARD.encode(pair));
        request = request.header(AUTHORIZATION, value);
    }
    served.send(request.body(form.to_owned())).await
}

#[tokio::test]
async fn a_resource_servers_questions_are_shown_with_their_answers() {
    let served = bank().await;
    let grant = "grant_type=client_credentials&scope=authorization.introspect";
    let own = token(&served, grant, Some(&format!("bank:{SECRET}")))
        .await
        .json();
    let own = own["access_token"].as_str().unwrap();
    let caller = served.authority().issue(UserToken::new("a").user("jdoe"));
    for body in [format!("token={caller}"), "token=unknown-token".to_owned()] {
        let request = served.request("POST", "/mfp/api/az/v1/introspection");
        let request = request.header(CONTENT_TYPE, FORM);
        let request = request.header(AUTHORIZATION, format!("Bearer {own}"));
        served.send(request.body(body)).await;
    }
    let form = format!("token={caller}&required_scope=b");
    let path = "/mfp/authorization/v1/token/validation";
    served.post(path, FORM, form).await;
    served
        .get("/wrong/api/az/v1/token?client_secret=hidden")
        .await;

    let log = log(&served).await;
    let shown = |token: &str| json!(format!("{}…", &token[..8]));
    for (entry, pointer, expected) in [
        (0, "/endpoint", json!("token")),
        (0, "/client", json!("bank")),
        (0, "/scope", json!("authorization.introspect")),
        (0, "/answer/status", json!(200)),
        (0, "/answer/access_token", shown(own)),
        (1, "/endpoint", json!("introspection")),
        (1, "/client", json!("bank")),
        (1, "/token", shown(&caller)),
        (1, "/token_id", json!(2)),
        (1, "/token_username", json!("jdoe")),
        (1, "/outcome", json!("answered")),
        (1, "/answer/active", json!(true)),
        (1, "/answer/username", json!("jdoe")),
        (1, "/answer/device_status", json!("ACTIVE")),
        (2, "/token", json!("unkn…")),
        (2, "/token_id", Value::Null),
        (2, "/answer/active", json!(false)),
        (3, "/endpoint", json!("validation")),
        (3, "/scope", json!("b")),
        (3, "/answer/status", json!(403)),
        (
            3,
            "/answer/challenge",
            json!(r#"Bearer realm="imfAuthentication", error="insufficient_scope", scope="b""#),
        ),
        (4, "/endpoint", Value::Null),
        (4, "/path", json!("/wrong/api/az/v1/token")),
        (4, "/answer/status", json!(404)),
    ] {
        let seen = log[entry].pointer(pointer);
        assert_eq!(seen, Some(&expected), "{entry} {pointer}");
    }
    assert_eq!(log.len(), 5);
}

#[tokio::test]
async fn no_secret_and_no_whole_token_is_in_the_state() {
    let served = bank().await;
    let (access, id) = served
        .authority()
        .issue_with_id_token(UserToken::new("a").field("mfp-checks", "hidden-check"));
    let basic = STANDARD.encode(format!("bank:{SECRET}"));
    let in_body =
        format!("grant_type=client_credentials&scope=a&client_id=bank&client_secret={SECRET}");
    // A secret in the wrong place: as the ID, as the scope, in the path.
    let misplaced = format!("client_id={SECRET}&client_secret=bank");
    token(&served, &in_body, None).await;
    token(&served, &misplaced, None).await;
    token(&served, "grant_type=a", Some(&format!("bank:{SECRET}"))).await;
    token(&served, "grant_type=a", Some(&format!("{SECRET}:bank"))).await;
    token(
        &served,
        &format!("grant_type=client_credentials&scope={access}"),
        Some("test:test"),
    )
    .await;
    served.get(&format!("/mfp/{access}?token={access}")).await;
    let path = "/mfp/authorization/v1/token/validation";
    served
        .post(
            path,
            FORM,
            format!("token={access}&id_token={id}&required_scope={access}"),
        )
        .await;
    served.introspect(&access).await;
    let body = json!({"error": access, "scope": access}).to_string();
    let fault = Fault::Respond(http::Response::new(body.into()));
    served
        .authority()
        .fault(Endpoint::Introspection, fault.clone());
    served.introspect(&access).await;
    served.authority().fault(Endpoint::Introspection, fault);

    let state = served.get("/devserver/state").await.body;
    assert!(state.contains(&access[..8]), "{state}");
    for secret in [SECRET, &basic, &access, &id] {
        assert!(!state.contains(secret), "{state}");
    }
    assert!(!format!("{:?}", served.server).contains(SECRET));
}

#[tokio::test]
async fn a_call_is_shown_while_it_waits_and_when_its_caller_goes_away() {
    let served = bank().await;
    served
        .authority()
        .fault(Endpoint::Introspection, Fault::Hang);
    let asking = served.introspect("a");
    let pending = tokio::select! {
        _ = asking => panic!("a hanging call was answered"),
        call = first_call(&served, "pending") => call,
    };
    assert_eq!(pending["outcome"], "pending");
    assert_eq!(pending["fault"], json!({"fault": "hang"}));
    assert_eq!(pending["answer"], Value::Null);
    // The call was dropped with its connection.
    let call = first_call(&served, "abandoned").await;
    assert_eq!(call["outcome"], "abandoned");
}

/// The first call in the log, once it has this outcome. Gives up after some changes.
async fn first_call(served: &Served, outcome: &str) -> Value {
    let mut call = Value::Null;
    for _ in 0..5 {
        let state = served.get("/devserver/state").await.json();
        call = state["log"][0].clone();
        if call["outcome"] == outcome {
            break;
        }
        served.state(state["version"].as_u64().unwrap()).await;
    }
    call
}

#[tokio::test]
async fn a_fault_is_shown_with_what_came_of_it() {
    let served = bank().await;
    let authority = served.authority();
    let reset = async {
        let request = served.request("POST", "/mfp/api/az/v1/introspection");
        request.send().await.is_err()
    };
    authority.fault_always(Endpoint::Introspection, Fault::Reset);
    assert!(reset.await);
    authority.clear_faults();
    authority.fault(
        Endpoint::Introspection,
        Fault::Delay(Duration::from_millis(1)),
    );
    served.introspect("a").await;
    let log = log(&served).await;
    assert_eq!(log.first().unwrap()["outcome"], "reset");
    let last = log.last().unwrap();
    assert_eq!(last["fault"], json!({"fault": "delay", "milliseconds": 1}));
    assert_eq!(last["answer"]["status"], 200);
}

#[tokio::test]
async fn only_the_last_calls_are_kept_and_only_changes_are_sent() {
    let served = bank().await;
    for _ in 0..201 {
        served.get("/nothing").await;
    }
    let state = served.get("/devserver/state").await.json();
    let log = state["log"].as_array().unwrap();
    assert_eq!((log.len(), &log[0]["id"]), (200, &json!(2)));
    let version = state["version"].as_u64().unwrap();
    served.get("/nothing").await;
    let state = served.state(version).await;
    assert_eq!(state["log"].as_array().unwrap().len(), 1);
    // A version of another server, which this one replaced.
    let state = served.state(version + 1_000_000).await;
    assert_eq!(state["log"].as_array().unwrap().len(), 200);
}
