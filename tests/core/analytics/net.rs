//! The whole way, over sockets.

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request as Incoming, State as Shared};
use axum::routing::get;
use mobilefirst_axum::Authorized;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::*;
use crate::adapters::{A, each_adapter};

type Received = (String, HeaderMap, Value);

async fn receive(Shared(received): Shared<UnboundedSender<Received>>, request: Incoming) {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let events = serde_json::from_slice(&body).unwrap();
    let path = head.uri.path().to_owned();
    received.send((path, head.headers, events)).unwrap();
}

/// An analytics service on a loopback port.
async fn service(received: UnboundedSender<Received>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/rest/v3", listener.local_addr().unwrap());
    let app = Router::new().fallback(receive).with_state(received);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn a_server_that_shuts_down_has_told_of_its_last_request() {
    let (sender, mut received) = unbounded_channel();
    let url = service(sender).await.parse().unwrap();
    let reporter = AnalyticsReporter::builder(url, "reporter", "s3cret")
        .base_url("https://bank.example.com".parse().unwrap())
        .build()
        .unwrap();
    let world = World::with(|builder| builder.observer(reporter.clone()));
    let app = Router::new()
        .route("/balance", get(async |_: Authorized<A>| "17364.9"))
        .with_state(world.validator.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(async move {
        let stopped = async { stopped.await.unwrap() };
        axum::serve(listener, app)
            .with_graceful_shutdown(stopped)
            .await
    });
    let request = reqwest::Client::new()
        .get(format!("http://{address}/balance?month=5"))
        .bearer_auth(world.token())
        .header("user-agent", "WLNativeAPI")
        .header("x-wl-analytics-tracking-id", "7f2c")
        .header("x-mfp-analytics-metadata", r#"{"os":"android"}"#);
    assert_eq!(request.send().await.unwrap().status(), 200);
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    assert_eq!(reporter.shutdown().await, 0);

    let (path, headers, events) = received.recv().await.unwrap();
    assert_eq!(path, "/rest/v3/NetworkTransaction");
    assert_eq!(headers["authorization"], "Basic cmVwb3J0ZXI6czNjcmV0");
    assert_eq!(headers["content-type"], "application/json");
    for (name, value) in [
        ("requestMethod", "GET"),
        ("resourceURL", "https://bank.example.com/balance"),
        ("userAgent", "WLNativeAPI"),
        ("trackingID", "7f2c"),
        ("deviceOS", "android"),
        ("validationCode", "AUTHORIZATION_SUCCESS"),
    ] {
        assert_eq!(events[0][name], value);
    }
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn every_adapter_tells_of_the_request() {
    for adapter in each_adapter() {
        let service = Service::default();
        let reporter = builder(&service).build().unwrap();
        let world = World::with(|builder| builder.observer(reporter.clone()));
        let server = adapter.serve(world.validator.clone()).await;
        for (path, token) in [("/a", true), ("/group/a", false), ("/value", false)] {
            let request = reqwest::Client::new()
                .get(format!("http://{}{path}?month=5", server.address))
                .header("user-agent", "WLNativeAPI")
                .header("x-wl-analytics-tracking-id", "7f2c")
                .header("x-mfp-analytics-metadata", r#"{"os":"android"}"#);
            let request = match token {
                true => request.bearer_auth(world.token()),
                false => request,
            };
            request.send().await.unwrap();
            assert_eq!(reporter.flush().await, 0);
            let taken = service.taken();
            let event = taken.last().unwrap();
            let told = json!([
                event["requestMethod"],
                event["resourceURL"],
                event["userAgent"],
                event["trackingID"],
                event["deviceOS"],
                event["authSuccess"],
            ]);
            // axum takes the prefix of a nested router away before its guard sees the path.
            let path = match (adapter.name(), path) {
                ("axum", "/group/a") => "/a",
                _ => path,
            };
            let expected = json!(["GET", path, "WLNativeAPI", "7f2c", "android", token]);
            assert_eq!(told, expected, "{} {path}", adapter.name());
        }
        assert_eq!(service.taken().len(), 3, "{}", adapter.name());
    }
}
