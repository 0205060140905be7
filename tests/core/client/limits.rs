//! Limits that a call meets, by name.

use mobilefirst::{Resource, Unanswered};

use super::net::Caller;
use super::*;

#[tokio::test]
async fn a_refusal_that_is_passed_on_says_why_w11() {
    let limit = Scope::from_static("RegisteredClient a b s0 s1 s2 s3");
    let caller = || {
        Caller::with(|builder| {
            let other: Resource = "https://other.example".parse().unwrap();
            builder.resource(other.within(limit.clone()))
        })
    };
    let endless = (0..4).map(|i| wants(&format!("s{i}"))).collect();
    let conflicts = (0..8).map(|_| conflict()).collect();
    let refused = (0..2).map(|_| wants("a")).chain([wants("a")]).collect();
    let cases: [(Vec<Response<Bytes>>, Option<&str>); 8] = [
        (endless, Some("at most 4 times")),
        (conflicts, Some("at most 7 times")),
        (refused, Some("refuses our token for the scope `a`")),
        (
            vec![wants("c")],
            Some("extend the scope of `Resource::within`"),
        ),
        (
            vec![wants("authorization.x")],
            Some("for the authorization server alone"),
        ),
        (vec![wants(&"s".repeat(3000))], Some("more than 2048 bytes")),
        (vec![challenge(401, "Basic realm=x")], None),
        (vec![json("ok")], None),
    ];
    for (script, why) in cases {
        let caller = caller();
        let (calls, last) = (script.len(), script.last().unwrap().clone());
        caller.script(script);
        let response = caller.call(OTHER).await.unwrap();
        assert_eq!(caller.seen().len(), calls, "{why:?}");
        let (status, headers) = (response.status(), response.headers());
        assert_eq!((status, headers), (last.status(), last.headers()));
        let said = response.extensions().get::<Unanswered>();
        let said = said.map(ToString::to_string);
        match (said, why) {
            (Some(said), Some(why)) => assert!(said.contains(why), "{said}"),
            (said, why) => assert_eq!(said.as_deref(), why),
        }
    }
}

#[tokio::test]
async fn an_origin_that_was_not_named_is_named_in_the_error_w12() {
    let caller = Caller::new();
    for (uri, said) in [
        (
            "https://third.example/reset/s3cret?token=s3cret",
            "https://third.example, which is no resource of this client: add it with \
             `ConfidentialClientBuilder::resource`",
        ),
        ("http://bank.example/", "http://bank.example, which"),
        (
            "https://bank.example:8443/",
            "https://bank.example:8443, which",
        ),
        ("https://s3cret@bank.example/", "has a user name"),
        ("/transfer", "is relative"),
    ] {
        let error = caller.call(uri).await.unwrap_err();
        let uri = uri.parse().unwrap();
        let begun = caller.client.call(&http::Method::GET, &uri).unwrap_err();
        let alone = caller.client.authorization_for(&http::Method::GET, &uri);
        for error in [error, begun, alone.await.unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Configuration);
            let error = format!("{error} {error:?}");
            assert!(error.contains(said), "{uri}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
    assert!(caller.seen().is_empty());
    assert_eq!(caller.token_calls(), 0);
}

#[tokio::test]
async fn a_backends_limit_is_named_with_the_resource_w13() {
    // The first error of a `ReqwestBackend` is real.
    let server = "http://127.0.0.1:1/mfp/api".parse().unwrap();
    let long = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = long.local_addr().unwrap();
    let app = axum::Router::new().fallback(|| async { "x".repeat(101) });
    let serving = tokio::spawn(async { axum::serve(long, app).await });
    let backend = mobilefirst::ReqwestBackend::builder().max_response_length(100);
    let client = ConfidentialClient::builder(server, Credentials::new("test", "test").unwrap())
        .resource(format!("http://{address}").parse().unwrap())
        .http_backend(backend.build().unwrap())
        .build()
        .unwrap();
    let request = Request::get(format!("http://{address}/")).body(Bytes::new());
    let error = client.send(request.unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse);
    assert_eq!(
        error.to_string(),
        format!(
            "the call to http://{address} failed: the server's answer is longer than 100 bytes, \
             the limit that `ReqwestBackendBuilder::max_response_length` sets"
        )
    );
    serving.abort();

    // What caused it is shown once.
    let caller = Caller::new();
    let inner = Error::new(ErrorKind::Interrupted, "the cause");
    let error = Error::with_source(ErrorKind::Interrupted, "cut off", inner);
    caller.net.script.lock().unwrap().push_back(Err(error));
    let error = caller.call(OTHER).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the call to https://other.example failed: cut off"
    );
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "the cause");
    assert!(cause.source().is_none());
}

#[test]
fn what_cannot_be_meant_is_refused_when_the_client_is_built_w14() {
    let bank = || "https://bank.example".parse::<Resource>().unwrap();
    let scope = Scope::from_static;
    let items = || "GET /items/{id}".parse().unwrap();
    for (resource, said) in [
        (
            bank().scope(scope("authorization.introspect")),
            "authorization server alone",
        ),
        (
            bank().within(scope("a")).scope(scope("a b")),
            "not within its limit",
        ),
        (
            bank().within(scope("a")).route(items(), scope("b")),
            "not within its limit",
        ),
        (
            bank().scope("s".repeat(2049).parse().unwrap()),
            "more than 2048 bytes",
        ),
        (
            bank()
                .learn(items())
                .route("GET /items/{number}".parse().unwrap(), scope("a")),
            "has the route pattern `GET /items/{}` twice",
        ),
    ] {
        let server = "http://localhost/mfp/api".parse().unwrap();
        let builder =
            ConfidentialClient::builder(server, Credentials::new("test", "test").unwrap());
        let error = builder.resource(resource).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(said), "{error}");
    }
}
