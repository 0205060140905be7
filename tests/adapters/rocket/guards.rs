//! What is special to Rocket: no forwards, catchers, sentinels, and its configuration.

mod launch;

use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{io, mem};

use mobilefirst::{ErrorBody, TokenValidator, TokenValidatorBuilder};
use mobilefirst_devserver::{Authority, UserToken};
use mobilefirst_rocket::{
    Authorized, Caller, Denied, MobileFirst, OptionalAuthorized, RequireScope,
};
use rocket::config::{Config, LogLevel};
use rocket::error::ErrorKind;
use rocket::figment::Figment;
use rocket::figment::providers::{Format, Toml};
use rocket::http::{Header, Status};
use rocket::local::asynchronous::{Client, LocalResponse};
use rocket::request::{FromRequest, Outcome};
use rocket::{Build, Request, Rocket, Route, State, catch, catchers, get, post, routes};

use crate::adapters::{A, B};
use crate::support::asking;
use crate::support::log::join_logs;

/// A Rocket that is silent, whatever the environment says.
fn bare(provider: Figment) -> Rocket<Build> {
    join_logs();
    let quiet = Config {
        log_level: LogLevel::Off,
        ..Config::debug_default()
    };
    rocket::custom(Figment::from(quiet).merge(provider))
}

fn builder(authority: &Authority) -> TokenValidatorBuilder {
    asking(authority).deadline(Duration::from_secs(1))
}

fn attached(authority: &Authority) -> Rocket<Build> {
    let validator = builder(authority).build().unwrap();
    bare(Figment::new()).attach(MobileFirst::with(validator))
}

async fn client(rocket: Rocket<Build>) -> Client {
    Client::untracked(rocket).await.unwrap()
}

async fn get<'c>(client: &'c Client, path: &'static str, token: &str) -> LocalResponse<'c> {
    let request = client.get(path);
    match token {
        "" => request.dispatch().await,
        token => {
            let bearer = Header::new("Authorization", format!("Bearer {token}"));
            request.header(bearer).dispatch().await
        }
    }
}

fn challenges(response: &LocalResponse<'_>) -> Vec<String> {
    let all = response.headers().get("WWW-Authenticate");
    all.map(str::to_owned).collect()
}

#[get("/balance")]
fn balance(_caller: Authorized<A>) -> &'static str {
    "guarded"
}

#[get("/<_..>", rank = 20)]
fn anything() -> &'static str {
    "public"
}

#[get("/grouped")]
fn grouped(_caller: Caller) -> &'static str {
    "guarded"
}

#[tokio::test]
async fn a_refusal_never_falls_through_to_a_public_sibling() {
    let authority = Authority::new();
    let group = RequireScope::of::<A>();
    let routes = routes![balance, optional, anything];
    let rocket = attached(&authority)
        .mount("/", routes)
        .mount("/", group.routes(routes![grouped]));
    let client = client(rocket).await;
    let other = authority.issue(UserToken::new("b"));
    for (path, token, status) in [
        ("/balance", "", 401),
        ("/balance", "unknown", 401),
        ("/balance", "a,b", 400),
        ("/balance", &*other, 403),
        ("/grouped", "", 401),
        ("/grouped", &*other, 403),
        ("/optional", &*other, 403),
    ] {
        let response = get(&client, path, token).await;
        assert_eq!(response.status().code, status, "{path}");
        assert_eq!(challenges(&response).len(), 1, "{path}");
        assert!(!response.into_string().await.unwrap().contains("public"));
    }
    assert_eq!(authority.calls().introspection, 2);
}

#[get("/optional")]
fn optional(caller: OptionalAuthorized<A>) -> &'static str {
    match *caller {
        Some(_) => "guarded",
        None => "stranger",
    }
}

#[tokio::test]
async fn a_head_request_is_refused_as_its_get_is() {
    let authority = Authority::new();
    let client = client(attached(&authority).mount("/", routes![balance])).await;
    let response = client.head("/balance").dispatch().await;
    assert_eq!(response.status(), Status::Unauthorized);
    assert_eq!(challenges(&response), ["Bearer"]);
}

/// Says what it was called for, and challenges for something else.
#[catch(401)]
fn unauthorized(request: &Request<'_>) -> (Status, OwnChallenge) {
    let denied = Denied::of(request).map(|denied| denied.to_string());
    let body = format!("caught: {denied:?}");
    (Status::Unauthorized, OwnChallenge(body))
}

#[derive(rocket::Responder)]
struct Challenging(String, Header<'static>);

struct OwnChallenge(String);

impl<'r> rocket::response::Responder<'r, 'static> for OwnChallenge {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'static> {
        let own = Header::new("WWW-Authenticate", "Basic realm=\"own\"");
        Challenging(self.0, own).respond_to(request)
    }
}

#[get("/elsewhere")]
fn elsewhere() -> Status {
    Status::Unauthorized
}

#[tokio::test]
async fn catchers_answer_refusals_and_the_challenge_is_still_there() {
    let authority = Authority::new();
    let group = RequireScope::of::<A>();
    let rocket = attached(&authority)
        .mount("/", routes![balance])
        .mount("/", group.routes(routes![grouped]))
        .register("/", catchers![unauthorized]);
    let client = client(rocket).await;
    for path in ["/balance", "/grouped"] {
        let response = get(&client, path, "").await;
        assert_eq!(response.status(), Status::Unauthorized);
        assert_eq!(challenges(&response), ["Bearer"], "{path}");
        let body = response.into_string().await.unwrap();
        assert_eq!(body, r#"caught: Some("the request has no bearer token")"#);
    }
}

#[tokio::test]
async fn the_error_body_takes_the_place_of_a_catchers() {
    let authority = Authority::new();
    let validator = builder(&authority).error_body(|_| ErrorBody::text("refused"));
    let rocket = bare(Figment::new())
        .attach(MobileFirst::with(validator.build().unwrap()))
        .mount("/", routes![balance, elsewhere])
        .register("/", catchers![unauthorized]);
    let client = client(rocket).await;
    for (path, body) in [("/balance", "refused"), ("/elsewhere", "caught: None")] {
        let response = get(&client, path, "").await;
        assert_eq!(response.into_string().await.unwrap(), body);
    }
}

#[tokio::test]
async fn an_error_that_is_no_refusal_is_left_alone() {
    let authority = Authority::new();
    let rocket = attached(&authority)
        .mount("/", routes![elsewhere])
        .register("/", catchers![unauthorized]);
    let client = client(rocket).await;
    let response = get(&client, "/elsewhere", "").await;
    assert_eq!(challenges(&response), ["Basic realm=\"own\""]);
    assert_eq!(response.into_string().await.unwrap(), "caught: None");
}

#[catch(default)]
fn hidden() -> (Status, &'static str) {
    (Status::NotFound, "nothing here")
}

#[get("/anyway")]
fn anyway(caller: Result<Authorized<A>, Denied>) -> String {
    caller.map_or_else(|denied| denied.to_string(), |_| "guarded".to_owned())
}

#[tokio::test]
async fn an_answer_with_another_status_gets_no_challenge() {
    let authority = Authority::new();
    let validator = builder(&authority)
        .error_body(|_| ErrorBody::text("refused"))
        .build()
        .unwrap();
    let rocket = bare(Figment::new())
        .attach(MobileFirst::with(validator))
        .mount("/", routes![balance, anyway])
        .register("/", catchers![hidden]);
    let client = client(rocket).await;
    for (path, status, body) in [
        ("/balance", Status::NotFound, "nothing here"),
        ("/anyway", Status::Ok, "the request has no bearer token"),
    ] {
        let response = get(&client, path, "").await;
        assert_eq!(response.status(), status);
        assert!(challenges(&response).is_empty(), "{path}");
        assert_eq!(response.into_string().await.unwrap(), body);
    }
}

/// Two refusals of one request, the first of which the handler takes on itself.
#[get("/both")]
fn both(admin: Result<Authorized<B>, Denied>, _caller: Authorized<A>) -> String {
    format!("{}", admin.is_ok())
}

#[get("/returned")]
fn returned(caller: Result<Authorized<A>, Denied>) -> Result<&'static str, Denied> {
    caller?;
    Ok("guarded")
}

#[tokio::test]
async fn the_challenge_is_that_of_the_last_refusal() {
    let authority = Authority::new();
    let client = client(attached(&authority).mount("/", routes![both, returned])).await;
    let other = authority.issue(UserToken::new("c"));
    for path in ["/both", "/returned"] {
        let response = get(&client, path, &other).await;
        assert_eq!(response.status(), Status::Forbidden, "{path}");
        let expected = r#"Bearer error="insufficient_scope", scope="a""#;
        assert_eq!(challenges(&response), [expected], "{path}");
    }
    let neither = authority.issue(UserToken::new("a"));
    let response = get(&client, "/both", &neither).await;
    assert_eq!(response.into_string().await.unwrap(), "false");
    assert_eq!(authority.calls().introspection, 2);
}

struct Elsewhere;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Elsewhere {
    type Error = ();

    async fn from_request(_: &'r Request<'_>) -> Outcome<Self, ()> {
        Outcome::Forward(Status::NotFound)
    }
}

#[get("/forwarded", rank = 1)]
fn forwarding(_caller: Caller, _elsewhere: Elsewhere) -> &'static str {
    "unreachable"
}

#[get("/forwarded", rank = 2)]
fn outside(_caller: Caller) -> &'static str {
    "guarded by nothing"
}

#[tokio::test]
async fn a_forwarded_request_leaves_its_permit_behind() {
    let authority = Authority::new();
    let rocket = attached(&authority)
        .mount("/", RequireScope::of::<A>().routes(routes![forwarding]))
        .mount("/", routes![outside]);
    let outside = client(rocket).await;
    let token = authority.issue(UserToken::new("a"));
    let response = get(&outside, "/forwarded", &token).await;
    assert_eq!(response.status(), Status::InternalServerError);

    let rocket = attached(&authority)
        .mount("/", RequireScope::of::<A>().routes(routes![forwarding]))
        .mount("/", RequireScope::of::<B>().routes(routes![self::outside]));
    let other_group = client(rocket).await;
    let response = get(&other_group, "/forwarded", &token).await;
    assert_eq!(response.status(), Status::Forbidden);
}

#[post("/forget/<token>")]
fn forget(validator: &State<TokenValidator>, token: &str) {
    validator.invalidate(token);
}

#[tokio::test]
async fn a_handler_can_invalidate_a_token() {
    let authority = Authority::new();
    let client = client(attached(&authority).mount("/", routes![balance, forget])).await;
    let token = authority.issue(UserToken::new("a"));
    get(&client, "/balance", &token).await;
    client.post(format!("/forget/{token}")).dispatch().await;
    let response = get(&client, "/balance", &token).await;
    assert_eq!(response.status(), Status::Ok);
    assert_eq!(authority.calls().introspection, 2);
}
