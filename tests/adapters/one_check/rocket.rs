//! In Rocket.

use mobilefirst_rocket::{Authorized, Caller, MobileFirst, RequireScope};
use rocket::config::{Config, LogLevel};
use rocket::http::Header;
use rocket::local::asynchronous::Client;
use rocket::{Route, get, routes};

use mobilefirst::TokenValidator;
use mobilefirst_devserver::Authority;
use tracing::Level;

use super::{Minute, Uncached, one_check_is_made};
use crate::adapters::{A, B};
use crate::support::asking;
use crate::support::log::{Log, join_logs};

#[get("/a")]
fn a(caller: Authorized<A>) -> String {
    caller.scope().to_owned()
}

#[get("/b")]
fn b(caller: Authorized<B>) -> String {
    caller.scope().to_owned()
}

#[get("/uncached")]
fn uncached(caller: Authorized<Uncached>) -> String {
    caller.scope().to_owned()
}

#[get("/minute")]
fn minute(caller: Authorized<Minute>) -> String {
    caller.scope().to_owned()
}

#[get("/caller")]
fn unguarded(_caller: Caller) -> &'static str {
    "in"
}

async fn client(validator: TokenValidator) -> Client {
    join_logs();
    let config = Config {
        log_level: LogLevel::Off,
        ..Config::debug_default()
    };
    let each = || -> Vec<Route> { routes![a, b, uncached, minute] };
    let rocket = rocket::custom(config)
        .attach(MobileFirst::with(validator))
        .mount("/", routes![unguarded])
        .mount("/a", RequireScope::of::<A>().routes(each()))
        .mount("/minute", RequireScope::of::<Minute>().routes(each()))
        .mount("/uncached", RequireScope::of::<Uncached>().routes(each()));
    Client::untracked(rocket).await.unwrap()
}

async fn call(validator: TokenValidator, path: &str, bearer: &str) -> (u16, Option<String>) {
    let client = client(validator).await;
    let bearer = Header::new("authorization", bearer.to_owned());
    let response = client.get(path.to_owned()).header(bearer).dispatch().await;
    let challenge = response.headers().get_one("www-authenticate");
    (response.status().code, challenge.map(str::to_owned))
}

#[tokio::test]
async fn a_guard_and_a_rocket_guard_make_one_check_g10() {
    one_check_is_made("Rocket", call).await;
}

#[tokio::test]
async fn a_caller_without_a_guard_is_our_own_trouble_in_rocket_g9() {
    let log = Log::of_this_thread(Level::ERROR);
    let client = client(asking(&Authority::new()).build().unwrap()).await;
    let response = client.get("/caller").dispatch().await;
    assert_eq!(response.status().code, 500);
    let lines = log.lines().join("");
    assert!(
        lines.contains("`Caller` is not in a `RequireScope`"),
        "{lines}"
    );
}
