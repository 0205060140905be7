//! The control calls, with JSON.

use mobilefirst::ManualClock;

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
async fn the_clock_moves_both_ways_and_back() {
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
