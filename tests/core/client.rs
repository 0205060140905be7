//! The client of guarded resources, against a guard, and against resources that say what
//! the test wants.

mod challenges;
mod limits;
mod net;
mod own_client;
mod scopes;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderValue, Request};
use mobilefirst::{ConfidentialClient, Error, ErrorKind, Resource};

use self::net::{Caller, Seen};
use super::*;

const BANK: &str = "https://bank.example/transfer";
const OTHER: &str = "https://other.example/";

fn challenge(status: u16, field: &str) -> Response<Bytes> {
    let response = Response::builder().status(status);
    let response = response.header(WWW_AUTHENTICATE, field);
    response.body(Bytes::new()).unwrap()
}

fn wants(scope: &str) -> Response<Bytes> {
    let field = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
    challenge(403, &field)
}

fn conflict() -> Response<Bytes> {
    let response = Response::builder().status(409);
    let response = response.header("MFP-Conflict", "true");
    response.body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn it_finds_the_scope_of_a_route_and_remembers_it() {
    let caller = Caller::new();
    assert_eq!(caller.status(BANK).await, 200);
    let seen = caller.seen();
    assert_eq!(seen.len(), 3, "401, 403 and 200");
    assert_eq!(seen[0].authorization, None);
    assert!(seen.iter().all(|seen| seen.body == "body"));
    // One for `RegisteredClient`, one for the scope, and the guard's own.
    assert_eq!(caller.token_calls(), 3);

    for _ in 0..5 {
        assert_eq!(caller.status(&format!("{BANK}?amount=5")).await, 200);
        assert_eq!(caller.seen().len(), 1);
    }
    assert_eq!(caller.token_calls(), 3);
}

#[tokio::test]
async fn what_needs_no_token_gets_none() {
    let caller = Caller::new();
    assert_eq!(caller.status("https://bank.example/public").await, 200);
    assert_eq!(caller.seen()[0].authorization, None);
    assert_eq!(caller.token_calls(), 0);
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced() {
    let caller = Caller::new();
    assert_eq!(caller.status(BANK).await, 200);
    let token = caller.seen()[2].authorization.clone().unwrap();
    let token = token.strip_prefix("Bearer ").unwrap().to_owned();
    assert!(caller.world.authority.revoke(&token));
    assert_eq!(caller.status(BANK).await, 200);
    assert_eq!(caller.seen().len(), 2);
    assert_eq!(caller.token_calls(), 4);
}

#[tokio::test]
async fn a_token_is_kept_until_shortly_before_its_end() {
    let caller = Caller::new();
    assert_eq!(caller.status(BANK).await, 200);
    caller.seen();
    caller.world.clock.advance(Duration::from_secs(3600 - 34));
    assert_eq!(caller.status(BANK).await, 200);
    assert_eq!(caller.token_calls(), 3);
    caller.world.clock.advance(Duration::from_secs(34));
    assert_eq!(caller.status(BANK).await, 200);
    assert_eq!(caller.seen().len(), 2, "no challenge was met");
}

#[tokio::test]
async fn a_token_that_one_origin_asked_for_goes_to_no_other() {
    let caller = Caller::new();
    for uri in [BANK, OTHER] {
        caller.script([challenge(401, "Bearer"), wants("a b"), json("ok")]);
        assert_eq!(caller.status(uri).await, 200);
        caller.script([json("ok")]);
        assert_eq!(caller.status(&format!("{uri}/b")).await, 200);
    }
    let tokens = |seen: &[Seen], host: &str| {
        let own = seen.iter().filter(|seen| seen.host == host);
        own.filter_map(|seen| seen.authorization.clone())
            .collect::<Vec<_>>()
    };
    let seen = caller.seen();
    let (bank, other) = (
        tokens(&seen, "bank.example"),
        tokens(&seen, "other.example"),
    );
    assert_eq!((bank.len(), other.len()), (3, 3));
    assert!(bank.iter().all(|token| !other.contains(token)));

    for uri in [
        "https://third.example/",
        "http://bank.example/transfer",
        "https://bank.example:8443/transfer",
        "https://bank.example@third.example/",
        "/transfer",
    ] {
        let error = caller.call(uri).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{uri}");
    }
    assert!(caller.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_is_handed_over() {
    let caller = Caller::new();
    let redirect = Response::builder().status(307).header(LOCATION, OTHER);
    caller.script([
        challenge(401, "Bearer"),
        redirect.body(Bytes::new()).unwrap(),
    ]);
    assert_eq!(caller.status(BANK).await, 307);
    assert!(caller.seen().iter().all(|seen| seen.host == "bank.example"));
}

#[tokio::test]
async fn a_request_with_credentials_of_its_own_is_not_sent() {
    let caller = Caller::new();
    let request = Request::get(BANK).header(AUTHORIZATION, "Bearer own");
    let error = caller.client.send(request.body(Bytes::new()).unwrap());
    assert_eq!(error.await.unwrap_err().kind(), ErrorKind::Configuration);
    assert!(caller.seen().is_empty());
}

#[tokio::test]
async fn a_conflict_is_sent_again_seven_times() {
    for (conflicts, status) in [(7, 200), (8, 409)] {
        let caller = Caller::new();
        caller.script((0..conflicts).map(|_| conflict()));
        assert_eq!(caller.status("https://bank.example/public").await, status);
        assert_eq!(caller.seen().len(), 8);
    }
    let caller = Caller::new();
    caller.script([response(StatusCode::CONFLICT, "of another kind")]);
    assert_eq!(caller.status(BANK).await, 409);
    assert_eq!(caller.seen().len(), 1);
}

#[tokio::test]
async fn scopes_without_end_end_after_four_tries_with_the_last_answer() {
    let caller = Caller::new();
    caller.script((0..10).map(|i| wants(&format!("s{i}"))));
    let response = caller.call(OTHER).await.unwrap();
    let field = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(field.contains("s3"), "{field}");
    assert_eq!(caller.seen().len(), 4);
    assert_eq!(caller.token_calls(), 3);
}

#[tokio::test]
async fn a_lasting_refusal_does_not_cost_a_token_a_call() {
    for refusal in [
        challenge(401, "Bearer error=invalid_token"),
        wants("RegisteredClient"),
    ] {
        let caller = Caller::new();
        for _ in 0..50 {
            caller.script((0..4).map(|_| refusal.clone()));
            assert_eq!(caller.status(OTHER).await, refusal.status().as_u16());
            caller.net.script.lock().unwrap().clear();
        }
        assert_eq!(caller.token_calls(), 2);
        // Three in the first call: without a token, with one, and with a new one.
        assert_eq!(caller.seen().len(), 52);
    }
}

#[tokio::test]
async fn a_resource_gets_no_scope_that_it_may_not_ask_for() {
    let caller = Caller::with(|builder| {
        let limit = Scope::from_static("RegisteredClient a");
        let other: Resource = "https://other.example".parse().unwrap();
        builder
            .resource(other.within(limit))
            .resource("https://bank.example".parse().unwrap())
    });
    for (uri, scope, tries) in [
        (OTHER, "a", 3),
        ("https://other.example/b", "a b", 2),
        (BANK, "authorization.introspect", 2),
    ] {
        caller.script([challenge(401, "Bearer"), wants(scope), json("ok")]);
        let _ = caller.call(uri).await.unwrap();
        assert_eq!(caller.seen().len(), tries, "{scope}");
        caller.net.script.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn a_scope_that_we_are_refused_is_an_error_until_the_resource_wants_another() {
    let caller = Caller::new();
    let authority = &caller.world.authority;
    authority.register("test", "test", "RegisteredClient authorization.introspect");
    let error = caller.call(BANK).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ScopeRejected);
    assert!(error.to_string().contains("transferPrivilege"), "{error}");

    authority.register("test", "test", "*");
    caller.world.clock.advance(Duration::from_secs(1));
    assert_eq!(caller.status(BANK).await, 200);

    // A scope that was remembered is forgotten where we do not get it any more.
    authority.register("test", "test", "RegisteredClient");
    caller.world.clock.advance(Duration::from_secs(3600));
    assert!(caller.call(BANK).await.is_err());
    caller.script([challenge(401, "Bearer"), json("ok")]);
    assert_eq!(caller.status(BANK).await, 200);
}

#[tokio::test]
async fn calls_at_once_share_one_token() {
    let caller = Arc::new(Caller::new());
    assert_eq!(caller.status(BANK).await, 200);
    caller.world.clock.advance(Duration::from_secs(3600));
    let before = caller.token_calls();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let caller = caller.clone();
            tokio::spawn(async move { caller.status(BANK).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
    assert_eq!(caller.token_calls() - before, 2, "ours, and the guard's");
}

#[test]
fn a_client_needs_resources_each_named_once() {
    let builder = || {
        let server = "http://localhost/mfp/api".parse().unwrap();
        ConfidentialClient::builder(server, Credentials::new("test", "s3cret").unwrap())
    };
    let error = builder().build().unwrap_err();
    assert!(error.to_string().contains("name the origins"), "{error}");
    let bank = || "https://bank.example/a".parse().unwrap();
    let twice = builder().resource(bank()).resource(BANK.parse().unwrap());
    assert!(!format!("{twice:?}").contains("s3cret"));
    let error = twice.build().unwrap_err();
    assert!(
        error.to_string().contains("name each origin once"),
        "{error}"
    );
    let client = builder().resource(bank()).build().unwrap();
    assert!(!format!("{client:?}").contains("s3cret"));
    let error = builder().resource(bank()).deadline(Duration::ZERO).build();
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Configuration);
}
