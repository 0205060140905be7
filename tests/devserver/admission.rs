//! Who may use the console and the control calls.

use super::*;

const CALLS: [&str; 7] = [
    "tokens",
    "revoke",
    "expire",
    "faults",
    "faults/clear",
    "clock",
    "clock/reset",
];

/// Sends a request with these header fields in place of the client's own.
async fn status(served: &Served, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = served.request(method, path).header(CONTENT_TYPE, JSON);
    let mut fields = HeaderMap::new();
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        fields.insert(name, HeaderValue::from_str(value).unwrap());
    }
    if method == "POST" {
        request = request.body("{}");
    }
    served.send(request.headers(fields)).await.status
}

#[tokio::test]
async fn a_page_of_another_origin_can_make_no_call() {
    let served = Served::start(&Authority::new()).await;
    let own = format!("http://{}", served.server.addr());
    let cross = [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1"),
        ("origin", "http://localhost:9080"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("host", "evil.example"),
        ("host", "evil.example:80"),
    ];
    for header in cross {
        for call in CALLS {
            let path = format!("/devserver/{call}");
            assert_eq!(
                status(&served, "POST", &path, &[header]).await,
                403,
                "{call}"
            );
        }
        let state = status(&served, "GET", "/devserver/state", &[header]).await;
        assert_eq!(state, 403, "{header:?}");
    }
    assert_eq!(served.state(0).await["tokens"]["total"], 0);
    for header in [("origin", &*own), ("sec-fetch-site", "same-origin")] {
        assert_eq!(
            status(&served, "POST", "/devserver/tokens", &[header]).await,
            200
        );
    }
    assert_eq!(served.state(0).await["tokens"]["total"], 2);
}

#[tokio::test]
async fn a_name_that_points_here_gets_not_even_the_page() {
    let served = Served::start(&Authority::new()).await;
    for path in ["/", "/devserver/console/main.js"] {
        let rebound = [("host", "rebound.example")];
        assert_eq!(status(&served, "GET", path, &rebound).await, 403, "{path}");
        let local = [("host", "localhost:1234")];
        assert_eq!(status(&served, "GET", path, &local).await, 200, "{path}");
    }
}

#[tokio::test]
async fn what_a_page_may_send_without_asking_is_no_control_call() {
    let served = Served::start(&Authority::new()).await;
    for media_type in [
        "text/plain",
        FORM,
        "multipart/form-data",
        "application/jsonp",
    ] {
        for call in CALLS {
            let path = format!("/devserver/{call}");
            let request = served
                .request("POST", &path)
                .header(CONTENT_TYPE, media_type);
            let request = request.header("origin", format!("http://{}", served.server.addr()));
            let status = served.send(request.body("{}")).await.status;
            assert!(
                [400, 403].contains(&status),
                "{media_type} {call}: {status}"
            );
        }
    }
    assert_eq!(served.state(0).await["tokens"]["total"], 0);
}

#[tokio::test]
async fn programs_may_still_send_forms_by_any_name() {
    let served = Served::start(&Authority::new()).await;
    let request = served.request("POST", "/devserver/tokens");
    let request = request.header(CONTENT_TYPE, FORM);
    let request = request.header("host", "devserver:9080");
    let answer = served.send(request.body("scope=a&user=jdoe")).await;
    assert_eq!(answer.status, 200);
    let form = format!("token={}", answer.json()["access_token"].as_str().unwrap());
    let answer = served.post("/devserver/revoke", FORM, form).await;
    assert_eq!(answer.json(), json!({"revoked": true}));
}
