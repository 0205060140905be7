//! Whether tokens can be checked, as the operator and a readiness probe see it.

mod bounds;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use http::Request;
use http::header::AUTHORIZATION;
use mobilefirst::{Error, ErrorKind, Finding, Health, HttpBackend};
use serde_json::json;
use tokio::time::Instant;

use super::*;

const HEALTHY: [&str; 3] = ["passed", "passed", "passed"];
const NO_SERVER: [&str; 3] = ["failed", "unknown", "unknown"];
const NO_CREDENTIALS: [&str; 3] = ["passed", "failed", "unknown"];
const NO_SCOPE: [&str; 3] = ["passed", "passed", "failed"];

/// What anyone may see.
fn words(health: &Health) -> [String; 3] {
    let json = serde_json::to_value(health).unwrap();
    assert_eq!(json.as_object().unwrap().len(), 3);
    ["server", "credentials", "introspection"].map(|name| json[name].as_str().unwrap().to_owned())
}

fn kind(health: &Health) -> Option<ErrorKind> {
    health.error().map(Error::kind)
}

async fn checked(world: &World) -> [String; 3] {
    words(&world.validator.check().await)
}

fn seven(backend: impl HttpBackend) -> TokenValidator {
    TokenValidator::builder_v7("http://localhost/mfp".parse().unwrap())
        .http_backend(backend)
        .clock(ManualClock::default())
        .build()
        .unwrap()
}

/// All of an HTTP client that there is.
struct Broken(fn() -> Result<Response<Bytes>, Error>);

#[async_trait]
impl HttpBackend for Broken {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        (self.0)()
    }
}

fn unreachable() -> Result<Response<Bytes>, Error> {
    Err(Error::new(ErrorKind::Unreachable, "no such host"))
}

#[tokio::test]
async fn all_is_well() {
    let world = World::new();
    let health = world.validator.check().await;
    assert_eq!(words(&health), HEALTHY);
    assert!(health.is_healthy() && health.error().is_none());
    assert_eq!(
        health.to_string(),
        "authorization server: passed\n\
         our credentials: passed\n\
         scope authorization.introspect: passed"
    );
    assert_eq!(world.calls(), (1, 1));
}

#[tokio::test]
async fn each_failure_is_told_with_its_fix_and_its_end_is_seen() {
    type Setting = fn(&Authority);
    let unavailable: Setting = |authority| {
        let fault = Fault::status(StatusCode::INTERNAL_SERVER_ERROR);
        authority.fault_always(Endpoint::Introspection, fault);
    };
    let rows: [(&str, Setting, _, _, _); 14] = [
        (
            "the secret is another one",
            |authority| authority.register("test", "other", "*"),
            NO_CREDENTIALS,
            ErrorKind::CredentialsRejected,
            "correct its secret here",
        ),
        (
            "the client is unknown",
            |authority| assert!(authority.unregister("test")),
            NO_CREDENTIALS,
            ErrorKind::CredentialsRejected,
            "register the confidential client `test` there",
        ),
        (
            "the scope is not granted",
            |authority| authority.register("test", "test", "other"),
            NO_SCOPE,
            ErrorKind::ScopeRejected,
            "add it to the client's allowed scope there",
        ),
        (
            "a gateway refuses the introspection",
            |authority| {
                let fault = Fault::status(StatusCode::FORBIDDEN);
                authority.fault_always(Endpoint::Introspection, fault);
            },
            NO_SCOPE,
            ErrorKind::OwnTokenRejected,
            "gateways and firewalls do: let this resource server through",
        ),
        (
            "the introspection is refused",
            |authority| {
                let fault = Fault::status(StatusCode::UNAUTHORIZED);
                authority.fault_always(Endpoint::Introspection, fault);
            },
            NO_SCOPE,
            ErrorKind::OwnTokenRejected,
            "look whether the client's allowed scope still holds `authorization.introspect`",
        ),
        (
            "the token is granted and refused, then no more granted",
            |authority| {
                let own = r#"{"access_token":"refused","expires_in":3599}"#;
                authority.fault(Endpoint::Token, Fault::Respond(json(own)));
                authority.register("test", "other", "*");
            },
            NO_CREDENTIALS,
            ErrorKind::CredentialsRejected,
            "correct its secret here",
        ),
        (
            "there is no token endpoint",
            |authority| {
                let fault = Fault::status(StatusCode::NOT_FOUND);
                authority.fault_always(Endpoint::Token, fault);
            },
            NO_SERVER,
            ErrorKind::ErrorStatus,
            "correct the URL, above all the runtime's name in it",
        ),
        (
            "there is no introspection endpoint",
            |authority| {
                let fault = Fault::status(StatusCode::NOT_FOUND);
                authority.fault_always(Endpoint::Introspection, fault);
            },
            NO_SERVER,
            ErrorKind::ErrorStatus,
            "correct the URL, above all the runtime's name in it",
        ),
        (
            "a redirect",
            |authority| {
                let fault = Fault::status(StatusCode::FOUND);
                authority.fault_always(Endpoint::Token, fault);
            },
            NO_SERVER,
            ErrorKind::InvalidResponse,
            "a redirect is not followed, since it would carry our credentials elsewhere: correct",
        ),
        (
            "nonsense for a token",
            |authority| {
                authority.fault_always(Endpoint::Token, Fault::Respond(json("<html>")));
            },
            NO_SERVER,
            ErrorKind::InvalidResponse,
            "not of another server or a login page",
        ),
        (
            "nonsense for an introspection",
            |authority| {
                authority.fault_always(Endpoint::Introspection, Fault::Respond(json("[]")));
            },
            NO_SERVER,
            ErrorKind::InvalidResponse,
            "not of another server or a login page",
        ),
        (
            "500",
            unavailable,
            NO_SERVER,
            ErrorKind::ErrorStatus,
            "check the server",
        ),
        (
            "reset",
            |authority| authority.fault_always(Endpoint::Token, Fault::Reset),
            NO_SERVER,
            ErrorKind::Interrupted,
            "check the server",
        ),
        (
            "an answer without end",
            |authority| authority.fault_always(Endpoint::Introspection, Fault::Endless),
            NO_SERVER,
            ErrorKind::InvalidResponse,
            "not of another server or a login page",
        ),
    ];
    for (name, set, expected, expected_kind, fix) in rows {
        let world = World::new();
        set(&world.authority);
        let health = world.validator.check().await;
        assert_eq!(words(&health), expected, "{name}");
        assert_eq!(kind(&health), Some(expected_kind), "{name}");
        assert!(!health.is_healthy(), "{name}");
        let text = health.to_string();
        assert!(text.contains(fix), "{name}: {text}");
        assert_eq!(text.lines().count(), 3, "{text}");

        world.authority.clear_faults();
        world.authority.register("test", "test", "*");
        assert_eq!(checked(&world).await, expected, "{name}: it holds");
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(checked(&world).await, HEALTHY, "{name}: it is over");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable_for_any_http_client() {
    let world = World::with(|builder| builder.http_backend(Broken(unreachable)));
    let health = world.validator.check().await;
    assert_eq!(words(&health), NO_SERVER);
    assert_eq!(kind(&health), Some(ErrorKind::Unreachable));

    // The default client, and a port that nobody listens on any more.
    let server = Authority::new().listen("127.0.0.1:0").await.unwrap();
    let url = server.url();
    let listener = server.addr();
    drop(server);
    while tokio::net::TcpStream::connect(listener).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let credentials = Credentials::new("test", "test").unwrap();
    let validator = TokenValidator::builder(url.parse().unwrap(), credentials);
    let health = validator.build().unwrap().check().await;
    assert_eq!(words(&health), NO_SERVER);
    let text = health.to_string();
    assert!(text.contains("check that the server is running"), "{text}");
}

#[tokio::test]
async fn version_7_is_asked_about_a_token_that_nobody_has() {
    let authority = Authority::new();
    let as_json = Authority::new().with_validation_refusals_as_json();
    for authority in [authority, as_json] {
        let health = seven(authority.clone()).check().await;
        assert_eq!(words(&health), ["passed", "not_needed", "not_needed"]);
        assert!(health.is_healthy(), "{health}");
        assert!(matches!(health.credentials(), Finding::NotNeeded));
        assert_eq!(authority.calls().validation, 1);
    }
    let absent = Authority::new().with_project_path("/other");
    let moved = Authority::new();
    moved.fault(Endpoint::Validation, Fault::status(StatusCode::FOUND));
    for (validator, kind) in [
        (seven(Broken(unreachable)), ErrorKind::Unreachable),
        (seven(absent), ErrorKind::InvalidResponse),
        (seven(moved), ErrorKind::InvalidResponse),
    ] {
        let health = validator.check().await;
        assert_eq!(words(&health), ["failed", "not_needed", "not_needed"]);
        assert_eq!(self::kind(&health), Some(kind), "{health}");
        assert!(health.to_string().contains("not needed in version 7"));
    }
}

#[tokio::test]
async fn a_failure_is_logged_once_and_no_secret_is_told() {
    const SECRET: &str = "another+secret%2Fsecret";
    let log = Log::of_the_process();
    let (recorder, authority) = (Recorder::default(), Authority::new());
    let clock = ManualClock::default();
    let server = "http://localhost/mfp/api".parse().unwrap();
    let credentials = Credentials::new("healthy-bank", SECRET).unwrap();
    let validator = TokenValidator::builder(server, credentials)
        .http_backend(recorder.before(&authority))
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut told = format!("{validator:?}");
    let refused = Fault::status(StatusCode::UNAUTHORIZED);
    let introspection = Endpoint::Introspection;
    let settings: [&dyn Fn(); 5] = [
        &|| (),
        &|| authority.register("healthy-bank", SECRET, "other"),
        &|| authority.register("healthy-bank", SECRET, "*"),
        &|| authority.fault_always(introspection, refused.clone()),
        &|| authority.fault_always(introspection, Fault::Reset),
    ];
    for set in settings {
        set();
        clock.advance(Duration::from_secs(60));
        for _ in 0..10 {
            let health = validator.check().await;
            told += &format!("{health} {health:?} {}", json!(health));
            clock.advance(Duration::from_millis(999));
        }
    }
    let log = log.text();
    for fix in [
        "our credentials: failed: the authorization server refuses our credentials: \
         register the confidential client `healthy-bank`",
        "scope authorization.introspect: failed: the authorization server refuses our client \
         `healthy-bank` the scope",
        "scope authorization.introspect: failed: the authorization server refuses the token \
         that it gave to our client `healthy-bank`",
    ] {
        let lines: Vec<_> = log.lines().filter(|line| line.contains(fix)).collect();
        assert!(
            lines.len() == 1 && lines[0].contains(" WARN "),
            "{fix}: {lines:?}"
        );
    }
    told += &log;
    let sent = recorder.take().into_iter();
    let authorizations = sent.filter_map(|request| request.headers().get(AUTHORIZATION).cloned());
    let mut secrets: Vec<_> = authorizations
        .filter_map(|value| Some(value.to_str().ok()?.split_once(' ')?.1.to_owned()))
        .collect();
    assert!(secrets.len() > 8, "{}", secrets.len());
    secrets.push(SECRET.to_owned());
    for secret in secrets {
        assert!(!told.contains(&secret), "a secret was told");
    }
}
