//! What is counted and measured, as an exporter shows it.

use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::*;

fn recorder() -> (PrometheusRecorder, PrometheusHandle) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    (recorder, handle)
}

/// The value of a series, written as in a scrape.
fn value(handle: &PrometheusHandle, series: &str) -> f64 {
    let text = handle.render();
    let value = text.lines().find_map(|line| line.strip_prefix(series));
    value.map_or(0.0, |value| value.trim().parse().unwrap())
}

async fn anonymous(world: &World) {
    let none: [&str; 0] = [];
    let check = world.validator.authorize_scope(none, &Scope::EMPTY);
    assert!(check.optional().await.unwrap().is_none());
}

#[tokio::test]
async fn every_decision_is_counted_once_by_outcome_and_reason() {
    let (recorder, handle) = recorder();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let world = World::new();
    let token = world.token();
    for _ in 0..3 {
        assert_eq!(world.status(&token).await, 200);
    }
    assert_eq!(status(&world.check_scope(&token, "b").await), 403);
    assert_eq!(world.status("nonsense").await, 401);
    assert_eq!(world.status("=").await, 400);
    anonymous(&world).await;
    world.answer(json("nonsense"));
    assert_eq!(world.status(&world.token()).await, 500);
    for (labels, count) in [
        (r#"outcome="granted",reason="none""#, 3.0),
        (r#"outcome="denied",reason="insufficient_scope""#, 1.0),
        (r#"outcome="denied",reason="invalid_token""#, 1.0),
        (r#"outcome="denied",reason="invalid_request""#, 1.0),
        (r#"outcome="denied",reason="invalid_response""#, 1.0),
        (r#"outcome="anonymous",reason="none""#, 1.0),
        (r#"outcome="denied",reason="missing_token""#, 0.0),
    ] {
        let series = format!("mobilefirst_decisions_total{{{labels}}}");
        assert_eq!(value(&handle, &series), count, "{labels}");
    }
    for (result, count) in [("hit", 3.0), ("miss", 3.0), ("joined", 0.0)] {
        let series = format!(r#"mobilefirst_cache_results_total{{result="{result}"}}"#);
        assert_eq!(value(&handle, &series), count, "{result}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_measured_by_target_and_result() {
    let (recorder, handle) = recorder();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let world = World::new();
    assert_eq!(world.status(&world.token()).await, 200);
    let fault = Fault::status(StatusCode::BAD_GATEWAY);
    world.authority.fault(Endpoint::Introspection, fault);
    assert_eq!(world.status(&world.token()).await, 200);
    world.authority.fault(Endpoint::Introspection, Fault::Hang);
    assert_eq!(world.status(&world.token()).await, 503);
    for (labels, count) in [
        (r#"target="token",result="answered""#, 1.0),
        (r#"target="introspection",result="answered""#, 2.0),
        (r#"target="introspection",result="failed""#, 1.0),
        (r#"target="introspection",result="abandoned""#, 1.0),
    ] {
        let series = format!("mobilefirst_upstream_seconds_count{{{labels}}}");
        assert_eq!(value(&handle, &series), count, "{labels}");
    }
    let waited = r#"mobilefirst_upstream_seconds_sum{target="introspection",result="abandoned"}"#;
    assert_eq!(value(&handle, waited), 5.0, "the deadline, in seconds");
}

#[tokio::test]
async fn entries_and_tokens_of_our_own_are_shown() {
    let (recorder, handle) = recorder();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let world = World::new();
    let entries = || {
        ["active", "inactive"].map(|kind| {
            let series = format!(r#"mobilefirst_cache_entries{{kind="{kind}"}}"#);
            value(&handle, &series)
        })
    };
    let token = world.token();
    assert_eq!(world.status(&token).await, 200);
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.status("nonsense").await, 401);
    assert_eq!(entries(), [2.0, 1.0]);
    world.validator.invalidate(&token);
    assert_eq!(entries(), [1.0, 1.0]);
    world.validator.invalidate_all();
    assert_eq!(entries(), [0.0, 0.0]);

    let own = |result: &str| {
        let series = format!(r#"mobilefirst_own_tokens_total{{result="{result}"}}"#);
        value(&handle, &series)
    };
    assert_eq!(own("granted"), 1.0);
    world.authority.unregister("test");
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(world.status(&world.token()).await, 500);
    assert_eq!(own("refused"), 1.0);
}

#[tokio::test]
async fn an_open_breaker_is_shown_until_it_closes_or_is_gone() {
    let (recorder, handle) = recorder();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let open = || value(&handle, "mobilefirst_breakers_open");
    let fail = async |world: &World| {
        for _ in 0..10 {
            let mut busy = response(StatusCode::SERVICE_UNAVAILABLE, "");
            let second = http::HeaderValue::from_static("1");
            busy.headers_mut().insert(http::header::RETRY_AFTER, second);
            let fault = Fault::Respond(busy);
            world.authority.fault(Endpoint::Introspection, fault);
            assert_eq!(world.status(&world.token()).await, 503);
        }
    };
    let (one, two) = (World::new(), World::new());
    assert!(handle.render().contains("mobilefirst_breakers_open 0"));
    fail(&one).await;
    assert_eq!(open(), 1.0);
    fail(&two).await;
    assert_eq!(open(), 2.0);
    one.clock.advance(Duration::from_secs(1));
    assert_eq!(one.status(&one.token()).await, 200);
    assert_eq!(open(), 1.0);
    drop(two);
    assert_eq!(open(), 0.0);
}

#[tokio::test(start_paused = true)]
async fn events_for_analytics_are_counted() {
    let (recorder, handle) = recorder();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let service = analytics::Service::default();
    let reporter = analytics::builder(&service).build().unwrap();
    let world = World::with(|builder| builder.observer(reporter.clone()));
    assert_eq!(world.status(&world.token()).await, 200);
    assert_eq!(world.status("nonsense").await, 401);
    assert_eq!(reporter.shutdown().await, 0);
    assert_eq!(world.status("nonsense").await, 401);
    for (result, count) in [("sent", 2.0), ("dropped", 1.0)] {
        let series = format!(r#"mobilefirst_analytics_events_total{{result="{result}"}}"#);
        assert_eq!(value(&handle, &series), count, "{result}");
    }
}

/// What a caller sends must never become a label.
#[tokio::test]
async fn no_request_makes_a_series_of_its_own() {
    let (recorder, handle) = recorder();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let world = World::new();
    assert_eq!(world.status("nonsense").await, 401);
    let series = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
    let before = series(&handle.render());
    for i in 0..100 {
        assert_eq!(world.status(&format!("nonsense-{i}")).await, 401);
    }
    assert_eq!(series(&handle.render()), before);
}
