//! Who names what a request needs, and whose word counts.

use std::collections::HashMap;

use envoy_types::ext_authz::v3::pb::HttpResponse;
use envoy_types::pb::envoy::service::auth::v3::attribute_context::HttpRequest;
use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use mobilefirst_gate::{Peer, Server};

use super::check::asked;
use super::{STRANGER, TRUSTED, ask, config, forwarded, gate, url};
use crate::support::World;

const ROUTES: &str = r#"
    [[route]]
    path = "/a"
    scope = "a"

    [[route]]
    path = "/public"
    public = true
"#;

#[tokio::test]
async fn a_strangers_word_does_not_count_y3() {
    let world = World::new();
    let gate = gate(&world, ROUTES);
    for (peer, status) in [(TRUSTED, 200), (Peer::SocketFile, 200), (STRANGER, 500)] {
        let answer = ask(&gate, peer, "/auth", &forwarded("GET", "/public")).await;
        assert_eq!(answer.status(), status, "{peer:?}");
        let answer = ask(&gate, peer, "/envoy/table/public", &[]).await;
        assert_eq!(answer.status(), status, "{peer:?}");
    }
    // What the proxy names does not rest on the caller's request, except for its method.
    for (peer, status) in [(TRUSTED, 200), (STRANGER, 401)] {
        let question = "/auth?scope=a&preflight=true";
        let answer = ask(&gate, peer, question, &forwarded("OPTIONS", "/")).await;
        assert_eq!(answer.status(), status, "{peer:?}");
        let answer = ask(&gate, peer, question, &forwarded("GET", "/")).await;
        assert_eq!(answer.status(), 401, "{peer:?}");
    }
}

#[tokio::test]
async fn a_request_that_is_described_twice_or_by_an_alias_is_not_described_y3() {
    let world = World::new();
    let gate = gate(&world, ROUTES);
    let [method, public] = forwarded("GET", "/public");
    for fields in [
        &[method, public, ("x-forwarded-uri", "/a")][..],
        &[method, public, method],
        &[method],
        &[public],
        &[
            ("x_forwarded_method", "GET"),
            ("x_forwarded_uri", "/public"),
        ],
        &[method, ("x-forwarded_uri", "/public")],
        &[method, ("x-original-url", "/public")],
    ] {
        let answer = ask(&gate, TRUSTED, "/auth", fields).await;
        assert_eq!(answer.status(), 500, "{fields:?}");
    }
    // An alias beside the field is nothing.
    let [_, guarded] = forwarded("GET", "/a");
    let fields = [method, guarded, ("x_forwarded_uri", "/public")];
    assert_eq!(ask(&gate, TRUSTED, "/auth", &fields).await.status(), 401);
}

#[tokio::test]
async fn what_the_proxy_names_wrongly_is_refused_y4() {
    let world = World::new();
    let gate = gate(&world, ROUTES);
    let bearer = format!("Bearer {}", world.token());
    let [method, target] = forwarded("GET", "/public");
    let fields = [method, target, ("authorization", &*bearer)];
    for question in [
        "/auth?scopes=a",
        "/auth?max_age=0",
        "/auth?scope=a,b",
        "/auth?scope=a&scope=b",
        "/auth?scope=a&max_age=x",
        "/auth?scope=a&public=true",
        "/envoy/",
        "/envoy/public",
        "/envoy/tables/public",
        "/envoy/scopes=a/public",
        "/envoy/scope=%22/public",
    ] {
        let answer = ask(&gate, TRUSTED, question, &fields).await;
        assert_eq!(answer.status(), 500, "{question}");
        assert!(answer.headers().is_empty(), "{question}");
    }
    for question in [
        "/auth?scope=a",
        "/auth?scope=&max_age=0",
        "/envoy/scope=a/x",
        "/envoy/scope=a",
    ] {
        let answer = ask(&gate, TRUSTED, question, &fields).await;
        assert_eq!(answer.status(), 200, "{question}");
    }
}

#[tokio::test]
async fn a_preflight_passes_only_where_a_route_says_so_y5() {
    let world = World::new();
    let routes = "[[route]]\nmethods = [\"GET\"]\npath = \"/a\"\nscope = \"a\"\npreflight = true\n\
                  [[route]]\npath = \"/b\"\nscope = \"a\"\n\
                  [[route]]\npath = \"/public\"\npublic = true";
    let gate = gate(&world, routes);
    for (method, target, status) in [
        ("OPTIONS", "/a", 200),
        ("GET", "/a", 401),
        ("OPTIONS", "/b", 404),
        ("OPTIONS", "/public", 404),
    ] {
        let answer = ask(&gate, TRUSTED, "/auth", &forwarded(method, target)).await;
        assert_eq!(answer.status(), status, "{method} {target}");
    }
    for (question, status) in [
        ("/auth?scope=a", 401),
        ("/auth?scope=a&preflight=false", 401),
        ("/auth?scope=a&preflight=true", 200),
    ] {
        let answer = ask(&gate, TRUSTED, question, &forwarded("OPTIONS", "/")).await;
        assert_eq!(answer.status(), status, "{question}");
    }
}

#[tokio::test]
async fn nothing_of_the_fields_names_the_request_over_grpc_y3() {
    let world = World::new();
    for (trusted, status) in [("127.0.0.1", 401), ("10.0.0.1", 500)] {
        let text = format!("{}{}{ROUTES}", super::SOCKETS, super::MOBILEFIRST);
        let config = text
            .replace("127.0.0.1\"]", &format!("{trusted}\"]"))
            .parse()
            .unwrap();
        let gate = mobilefirst_gate::Gate::with_validator(&config, world.validator.clone());
        let server = Server::bind(&config, &gate).await.unwrap();
        let address = url(server.grpc_address(), "");
        let server = tokio::spawn(server.run(std::future::pending()));
        let fields = forwarded("GET", "/public");
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let http = HttpRequest {
            method: "GET".to_owned(),
            path: "/a".to_owned(),
            headers: HashMap::from(fields),
            ..Default::default()
        };
        let mut client = AuthorizationClient::connect(address).await.unwrap();
        let answer = client.check(asked(http, HashMap::new())).await.unwrap();
        let Some(HttpResponse::DeniedResponse(denied)) = answer.into_inner().http_response else {
            panic!("granted");
        };
        assert_eq!(denied.status.unwrap().code, status, "{trusted}");
        server.abort();
    }
}

#[tokio::test]
async fn a_hundred_questions_at_once_cost_one_call_y8() {
    let world = World::new();
    let config = config(ROUTES);
    let gate = mobilefirst_gate::Gate::with_validator(&config, world.validator.clone());
    let server = Server::bind(&config, &gate).await.unwrap();
    let url = url(server.address(), "/auth?scope=a");
    let server = tokio::spawn(server.run(std::future::pending()));
    let (client, token) = (reqwest::Client::new(), world.token());
    let questions: Vec<_> = (0..100)
        .map(|_| tokio::spawn(client.get(&url).bearer_auth(&token).send()))
        .collect();
    for question in questions {
        assert_eq!(question.await.unwrap().unwrap().status(), 200);
    }
    assert_eq!(world.calls(), (1, 1));
    server.abort();
}

#[tokio::test]
async fn a_max_age_of_zero_asks_about_every_question_k9() {
    let world = World::new();
    let route = "[[route]]\npath = \"/a\"\nscope = \"a\"\nmax_age = \"0s\"";
    let gate = gate(&world, route);
    let bearer = format!("Bearer {}", world.token());
    let [method, target] = forwarded("GET", "/a");
    let fields = [method, target, ("authorization", &*bearer)];
    for (question, calls) in [
        ("/auth?scope=a", 1),
        ("/auth?scope=a", 1),
        ("/auth?scope=a&max_age=0", 2),
        ("/auth?scope=a&max_age=0", 3),
        ("/auth", 4),
        ("/auth", 5),
        ("/auth?scope=a&max_age=60", 5),
    ] {
        let answer = ask(&gate, TRUSTED, question, &fields).await;
        assert_eq!(answer.status(), 200, "{question}");
        assert_eq!(world.calls(), (1, calls), "{question}");
    }
}
