//! Setting faults with JSON.

use mobilefirst_devserver::Endpoint;

use super::*;

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
    let authority = Authority::new();
    authority.fault_each(Endpoint::Token, || None);
    let served = Served::start(&authority).await;
    let picked = json!([{"endpoint": "token", "fault": "picked", "when": "always"}]);
    assert_eq!(served.state(0).await["faults"], picked);
}
