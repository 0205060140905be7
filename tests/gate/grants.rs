//! What the server behind the proxy is told, and what a caller of nginx is told.

use std::collections::HashMap;

use bytes::Bytes;
use envoy_types::ext_authz::v3::pb::HttpResponse;
use envoy_types::pb::envoy::service::auth::v3::attribute_context::HttpRequest;
use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use http::Response;
use mobilefirst_devserver::UserToken;
use mobilefirst_gate::{Gate, Server};

use super::check::asked;
use super::driver::{MOBILEFIRST, SOCKETS};
use super::{TRUSTED, ask, forwarded, gate, url};
use crate::support::World;

const PUBLIC: &str = "[[route]]\npath = \"/public\"\npublic = true";

fn identity(answer: &Response<Bytes>) -> Vec<String> {
    let names = ["user", "client", "device", "scope"];
    let fields = names.map(|name| format!("x-mobilefirst-{name}"));
    let values = fields.iter().map(|name| {
        let mut values = answer.headers().get_all(name).iter();
        let value = values.next().expect(name).to_str().unwrap().to_owned();
        assert!(values.next().is_none(), "{name}");
        value
    });
    values.collect()
}

#[tokio::test]
async fn a_grant_always_tells_all_of_the_caller_y6() {
    let world = World::new();
    let gate = gate(&world, PUBLIC);
    let token = UserToken::new("a b")
        .user("Jörg 100%")
        .device("d-1")
        .client_id("app");
    let known = world.authority.issue(token);
    let stranger = world.authority.issue(UserToken::new("a").device("d-2"));
    let anonymous = UserToken::new("a")
        .device("d-3")
        .field("username", "anonymous");
    let anonymous = world.authority.issue(anonymous);
    for (token, user, device, scope) in [
        (&known, "J%C3%B6rg 100%25", "d-1", "a b"),
        (&stranger, "", "d-2", "a"),
        (&anonymous, "", "d-3", "a"),
    ] {
        let bearer = format!("Bearer {token}");
        for question in ["/auth?scope=a", "/nginx?scope=a", "/envoy/scope=a/x"] {
            let answer = ask(&gate, TRUSTED, question, &[("authorization", &bearer)]).await;
            assert_eq!(answer.status(), 200, "{question}");
            let seen = identity(&answer);
            assert_eq!(
                [&seen[0], &seen[2], &seen[3]],
                [user, device, scope],
                "{question}"
            );
        }
    }
    // Nothing is known of a caller who needs no token, not even what a token would tell.
    let bearer = format!("Bearer {known}");
    let [method, target] = forwarded("GET", "/public");
    let fields = [method, target, ("authorization", &*bearer)];
    let answer = ask(&gate, TRUSTED, "/auth", &fields).await;
    assert_eq!(identity(&answer), [""; 4]);
    let answer = ask(&gate, TRUSTED, "/auth?scope=a&optional=true", &[]).await;
    assert_eq!(identity(&answer), [""; 4]);
}

#[tokio::test]
async fn over_grpc_aliases_and_the_token_are_taken_off_y6() {
    let world = World::new();
    let text = format!("remove_authorization = true\n{SOCKETS}{MOBILEFIRST}");
    let config = text.parse().unwrap();
    let gate = Gate::with_validator(&config, world.validator.clone());
    let server = Server::bind(&config, &gate).await.unwrap();
    let mut client = AuthorizationClient::connect(url(server.grpc_address(), ""))
        .await
        .unwrap();
    let server = tokio::spawn(server.run(std::future::pending()));
    let headers = [
        ("authorization", format!("Bearer {}", world.token())),
        ("x_mobilefirst_user", "forged".to_owned()),
        ("x-mobilefirst_scope", "forged".to_owned()),
        ("x_other", "kept".to_owned()),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value));
    let http = HttpRequest {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        headers: HashMap::from(headers),
        ..Default::default()
    };
    let named = HashMap::from([("scope".to_owned(), "a".to_owned())]);
    let answer = client.check(asked(http, named)).await.unwrap().into_inner();
    let Some(HttpResponse::OkResponse(mut ok)) = answer.http_response else {
        panic!("denied");
    };
    ok.headers_to_remove.sort();
    let removed = ["authorization", "x-mobilefirst_scope", "x_mobilefirst_user"];
    assert_eq!(ok.headers_to_remove, removed);
    assert_eq!(ok.headers.len(), 4);
    server.abort();
}

#[tokio::test]
async fn joined_fields_of_two_tokens_are_refused_over_grpc_h7() {
    let world = World::new();
    let config = format!("{SOCKETS}{MOBILEFIRST}").parse().unwrap();
    let gate = Gate::with_validator(&config, world.validator.clone());
    let server = Server::bind(&config, &gate).await.unwrap();
    let mut client = AuthorizationClient::connect(url(server.grpc_address(), ""))
        .await
        .unwrap();
    let server = tokio::spawn(server.run(std::future::pending()));
    let joined = format!("Bearer {0},Bearer {0}", world.token());
    let http = HttpRequest {
        headers: HashMap::from([("authorization".to_owned(), joined)]),
        ..Default::default()
    };
    let named = HashMap::from([("scope".to_owned(), String::new())]);
    let answer = client.check(asked(http, named)).await.unwrap().into_inner();
    let Some(HttpResponse::DeniedResponse(denied)) = answer.http_response else {
        panic!("granted");
    };
    assert_eq!(denied.status.unwrap().code, 400);
    assert_eq!(world.calls(), (0, 0));
    server.abort();
}

#[tokio::test]
async fn denied_plays_back_and_never_asks_again_y7() {
    let world = World::new();
    let gate = gate(&world, PUBLIC);
    let fault = mobilefirst_devserver::Fault::conflict(http::HeaderValue::from_static("c-1"));
    world
        .authority
        .fault(mobilefirst_devserver::Endpoint::Introspection, fault);
    let bearer = format!("Bearer {}", world.token());
    let fields = [("authorization", &*bearer)];
    let answer = ask(&gate, TRUSTED, "/nginx?scope=a", &fields).await;
    assert_eq!(answer.status(), 403);
    let verdict = answer.headers()["x-mobilefirst-verdict"].to_str().unwrap();
    let calls = world.calls();
    // Asked again, the answer would be a grant.
    let fields = [
        ("authorization", &*bearer),
        ("x-mobilefirst-verdict", verdict),
    ];
    let denied = ask(&gate, TRUSTED, "/denied?scope=a", &fields).await;
    assert_eq!(denied.status(), 409);
    assert_eq!(denied.headers()["mfp-conflict"], "c-1");
    assert_eq!(world.calls(), calls);
}

#[tokio::test]
async fn a_verdict_that_is_missing_or_forged_is_503_y7() {
    let world = World::new();
    let gate = gate(&world, PUBLIC);
    let forged = |verdict| vec![("x-mobilefirst-verdict", verdict)];
    for fields in [
        vec![],
        forged(""),
        forged("200"),
        forged("204"),
        forged("302;location=aHR0cHM6Ly9ldmls"),
        forged("401;set-cookie=YT1i"),
        forged("500;html=PHNjcmlwdD4"),
        [forged("404"), forged("404")].concat(),
    ] {
        let answer = ask(&gate, TRUSTED, "/denied", &fields).await;
        assert_eq!(answer.status(), 503, "{fields:?}");
        assert_eq!(answer.headers()["retry-after"], "1");
        assert_eq!(answer.headers().len(), 1);
    }
}
