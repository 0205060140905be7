//! The control calls, with JSON.

use super::*;

#[tokio::test]
async fn every_setting_of_a_token_shows_in_its_introspection() {
    let served = Served::start(&Authority::new()).await;
    let order = json!({
        "scope": "a b", "user": "jdoe", "attributes": {"branch": "Bern", "level": 3},
        "device": "phone", "device_status": "STOLEN", "application": "app", "client_id": "c",
        "lifetime": 60,
    });
    let (status, issued) = served.control("tokens", order).await;
    assert_eq!(status, 200, "{issued}");
    assert_eq!(issued["expires_in"], 60);
    assert_eq!(issued["id"], 1);
    let token = issued["access_token"].as_str().unwrap();
    let answer = served.introspect(token).await.json();
    for (pointer, expected) in [
        ("/scope", json!("a b")),
        ("/username", json!("jdoe")),
        (
            "/mfp-user/attributes",
            json!({"branch": "Bern", "level": 3}),
        ),
        ("/mfp-device/id", json!("phone")),
        ("/mfp-device/status", json!("STOLEN")),
        ("/mfp-application/id", json!("app")),
        ("/client_id", json!("c")),
    ] {
        assert_eq!(answer.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[tokio::test]
async fn a_token_is_ended_by_its_text_or_its_number() {
    let served = Served::start(&Authority::new()).await;
    for (call, done) in [("revoke", "revoked"), ("expire", "expired")] {
        for by_number in [true, false] {
            let (_, issued) = served.control("tokens", json!({})).await;
            let token = issued["access_token"].as_str().unwrap();
            let order = match by_number {
                true => json!({"id": issued["id"]}),
                false => json!({"token": token}),
            };
            let answer = served.control(call, order).await;
            assert_eq!(answer, (200, json!({done: true})));
            let answer = served.introspect(token).await.json();
            assert_eq!(answer, json!({"active": false}));
        }
        for unknown in [json!({"id": 999}), json!({"token": "unknown"})] {
            let answer = served.control(call, unknown).await;
            assert_eq!(answer, (200, json!({done: false})));
        }
    }
}

#[tokio::test]
async fn each_fault_is_set_listed_met_and_cleared() {
    let served = Served::start(&Authority::new()).await;
    let respond = json!({
        "fault": "respond", "status": 503, "headers": {"Retry-After": "7"}, "body": "s3cret",
    });
    for (mut order, mut shown, status) in [
        (
            respond,
            json!({"fault": "respond", "status": 503, "headers": ["retry-after"]}),
            Some(503),
        ),
        (
            json!({"fault": "conflict"}),
            json!({"fault": "respond", "status": 409, "headers": ["mfp-conflict"]}),
            Some(409),
        ),
        (
            json!({"fault": "delay", "milliseconds": 1}),
            json!({"fault": "delay", "milliseconds": 1}),
            Some(200),
        ),
        (
            json!({"fault": "oversized", "bytes": 5000}),
            json!({"fault": "oversized", "bytes": 5000}),
            Some(200),
        ),
        (json!({"fault": "hang"}), json!({"fault": "hang"}), None),
        (json!({"fault": "reset"}), json!({"fault": "reset"}), None),
        (
            json!({"fault": "endless"}),
            json!({"fault": "endless"}),
            None,
        ),
    ] {
        for object in [&mut order, &mut shown] {
            object["endpoint"] = "introspection".into();
        }
        shown["when"] = "next".into();
        let answer = served.control("faults", order.clone()).await;
        assert_eq!(answer, (200, json!({"faults": [shown]})));
        assert_eq!(served.state(0).await["faults"], json!([shown]));
        if let Some(status) = status {
            assert_eq!(served.introspect("a").await.status, status);
            assert_eq!(served.introspect("a").await.status, 200, "{order}");
        }
        order["when"] = "always".into();
        let (status, _) = served.control("faults", order).await;
        assert_eq!(status, 200);
        let cleared = served.control("faults/clear", json!({})).await;
        assert_eq!(cleared, (200, json!({"faults": []})));
    }
    assert_eq!(served.introspect("a").await.status, 200);
}

#[tokio::test]
async fn the_faults_of_one_endpoint_can_be_cleared() {
    let served = Served::start(&Authority::new()).await;
    let always = json!({"endpoint": "token", "fault": "hang", "when": "always"});
    served.control("faults", always.clone()).await;
    let next = json!({"endpoint": "validation", "fault": "reset"});
    served.control("faults", next).await;
    let endpoint = json!({"endpoint": "validation"});
    let (_, left) = served.control("faults/clear", endpoint).await;
    assert_eq!(left, json!({"faults": [always]}));
}

#[tokio::test]
async fn a_fault_that_the_program_picks_is_listed() {
    use mobilefirst_devserver::Endpoint;

    let authority = Authority::new();
    authority.fault_each(Endpoint::Token, || None);
    let served = Served::start(&authority).await;
    let picked = json!([{"endpoint": "token", "fault": "picked", "when": "always"}]);
    assert_eq!(served.state(0).await["faults"], picked);
}

#[tokio::test]
async fn the_clock_moves_both_ways_and_back() {
    use mobilefirst::ManualClock;

    let authority = Authority::new().with_clock(ManualClock::default());
    let served = Served::start(&authority).await;
    let start = served.state(0).await["clock"]["now"].as_u64().unwrap();
    let token = authority.issue(UserToken::new("a"));
    for (call, order, moved, active) in [
        ("clock", json!({"advance": 3600}), 3_600_000, false),
        ("clock", json!({"advance": -1}), 3_599_000, true),
        ("clock", json!({"advance": 1}), 3_600_000, false),
        ("clock/reset", json!({}), 0, true),
    ] {
        let answer = served.control(call, order).await;
        assert_eq!(answer, (200, json!({"now": start + moved, "moved": moved})));
        assert_eq!(served.state(0).await["clock"], answer.1);
        let answer = served.introspect(&token).await.json();
        assert_eq!(answer["active"], active);
    }
}

#[tokio::test]
async fn an_error_names_what_is_wrong_and_changes_nothing() {
    let served = Served::start(&Authority::new()).await;
    let before = served.state(0).await;
    for (call, order, name) in [
        ("tokens", json!([]), "JSON object"),
        ("tokens", json!({"scope": 1}), "scope"),
        ("tokens", json!({"usr": "jdoe"}), "usr"),
        ("tokens", json!({"lifetime": -1}), "lifetime"),
        ("tokens", json!({"lifetime": 1.5}), "lifetime"),
        ("tokens", json!({"device_status": "lost"}), "device_status"),
        ("tokens", json!({"attributes": {"a": 1}}), "attributes"),
        (
            "tokens",
            json!({"user": "a", "attributes": []}),
            "attributes",
        ),
        ("revoke", json!({}), "token"),
        ("expire", json!({"token": "a", "id": 1}), "id"),
        ("expire", json!({"id": 0}), "id"),
        ("faults", json!({"endpoint": "token"}), "fault"),
        ("faults", json!({"fault": "hang"}), "endpoint"),
        (
            "faults",
            json!({"endpoint": "b", "fault": "hang"}),
            "endpoint",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "b"}),
            "fault",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "hang", "when": "b"}),
            "when",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "hang", "bytes": 1}),
            "bytes",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "delay"}),
            "milliseconds",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "delay", "milliseconds": 600_001}),
            "milliseconds",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "oversized", "bytes": 67_108_865}),
            "bytes",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "respond"}),
            "status",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "respond", "status": 101}),
            "status",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "respond", "status": 200, "headers": {"a b": "c"}}),
            "headers",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "respond", "status": 200, "headers": {"a": "\n"}}),
            "headers",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "respond", "status": 200, "headers": {"content-length": "9"}}),
            "headers",
        ),
        (
            "faults",
            json!({"endpoint": "token", "fault": "conflict", "value": "\n"}),
            "value",
        ),
        ("faults/clear", json!({"endpoint": "b"}), "endpoint"),
        ("clock", json!({}), "advance"),
        ("clock", json!({"advance": 315_360_001}), "advance"),
        ("clock/reset", json!({"advance": 1}), "advance"),
    ] {
        let (status, answer) = served.control(call, order.clone()).await;
        assert_eq!(status, 400, "{order}");
        assert_eq!(answer["error"], "invalid_request");
        let description = answer["error_description"].as_str().unwrap();
        assert!(description.contains(name), "{order}: {description}");
    }
    for query in ["after=b", "wait=31", "wait=-1", "since=1"] {
        let answer = served.get(&format!("/devserver/state?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
    }
    let mut after = served.state(0).await;
    after["version"] = before["version"].clone();
    after["clock"] = before["clock"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn an_error_does_not_quote_the_body() {
    let served = Served::start(&Authority::new()).await;
    let body = r#"{"token":"s3cret-token""#.to_owned();
    let answer = served.post("/devserver/revoke", JSON, body).await;
    assert_eq!(answer.status, 400);
    assert!(!answer.body.contains("s3cret"), "{}", answer.body);
}

#[tokio::test]
async fn neither_clock_nor_faults_grow_without_bound() {
    let served = Served::start(&Authority::new()).await;
    let decade = json!({"advance": 315_360_000});
    assert_eq!(served.control("clock", decade.clone()).await.0, 200);
    assert_eq!(served.control("clock", decade).await.0, 400);
    let fault = json!({"endpoint": "token", "fault": "reset"});
    for _ in 0..100 {
        assert_eq!(served.control("faults", fault.clone()).await.0, 200);
    }
    assert_eq!(served.control("faults", fault).await.0, 400);
}

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
    use mobilefirst_devserver::{Endpoint, Fault};

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
