//! The server that the conformance suite calls.

use std::sync::Mutex;

use async_trait::async_trait;
use mobilefirst::{Denial, TokenValidator};
use mobilefirst_rocket::{
    Authorized, Caller, Denied, MobileFirst, OptionalAuthorized, RequireScope,
};
use rocket::config::{Config, LogLevel};
use rocket::fairing::AdHoc;
use rocket::serde::json::{Json, Value};
use rocket::{Shutdown, State, get, post, routes};
use tokio::sync::oneshot;

use crate::conformance::Answer;
use crate::support::log::join_logs;

use crate::adapters::{A, AB, Adapter, B, Read, Server, facts};

pub(crate) struct Rocket;

#[get("/public")]
fn public() -> &'static str {
    "public"
}

#[get("/any")]
fn any(caller: Authorized) -> Value {
    facts(&caller)
}

#[get("/read")]
fn read(caller: Authorized<Read>) -> Value {
    facts(&caller)
}

#[get("/a")]
fn a(caller: Authorized<A>) -> Value {
    facts(&caller)
}

#[get("/b")]
fn b(caller: Authorized<B>) -> Value {
    facts(&caller)
}

#[get("/ab")]
fn ab(caller: Authorized<AB>) -> Value {
    facts(&caller)
}

#[get("/value")]
fn value(caller: Caller) -> Value {
    facts(&caller)
}

#[get("/a")]
fn in_group(caller: Caller) -> Value {
    facts(&caller)
}

#[get("/optional")]
fn optional(caller: OptionalAuthorized<A>) -> String {
    match caller.as_ref() {
        Some(permit) => facts(permit).to_string(),
        None => "stranger".to_owned(),
    }
}

#[get("/forbidden")]
fn forbidden(caller: Authorized<A>) -> Result<&'static str, Denied> {
    Err(caller.forbidden())?
}

#[get("/narrow")]
fn narrow(caller: Authorized<A>) -> Result<Value, Denied> {
    Ok(facts(&caller.narrow::<B>()?))
}

#[get("/narrow")]
fn narrow_in_group(caller: Caller) -> Result<Value, Denied> {
    Ok(facts(&caller.narrow::<B>()?))
}

#[get("/required")]
fn required(
    validator: &State<TokenValidator>,
    caller: OptionalAuthorized<A>,
) -> Result<Value, Denied> {
    let missing = || validator.deny(Denial::missing_token());
    let caller = caller.as_ref().ok_or_else(missing)?;
    Ok(facts(caller))
}

#[post("/number", data = "<number>")]
fn number(_caller: Authorized<A>, number: Json<u64>) -> String {
    number.to_string()
}

#[post("/number", data = "<number>")]
fn number_in_group(number: Json<u64>) -> String {
    number.to_string()
}

#[async_trait]
impl Adapter for Rocket {
    fn name(&self) -> &'static str {
        "rocket"
    }

    async fn serve(&self, validator: TokenValidator) -> Server {
        join_logs();
        let config = Config {
            port: 0,
            log_level: LogLevel::Off,
            ..Config::debug_default()
        };
        let ip = config.address;
        let (port, listening) = oneshot::channel();
        let port = Mutex::new(Some(port));
        let ready = AdHoc::on_liftoff("ready", move |rocket| {
            let port = port.lock().unwrap().take();
            port.unwrap().send(rocket.config().port).unwrap();
            Box::pin(async {})
        });
        let value_scope = RequireScope::new("a b".parse::<mobilefirst::Scope>().unwrap());
        let group = RequireScope::of::<A>();
        let rocket = rocket::custom(config)
            .attach(MobileFirst::with(validator))
            .attach(ready)
            .mount("/", routes![public, any, read, a, b, ab, optional, number])
            .mount("/", value_scope.routes(routes![value]))
            .mount("/", routes![forbidden, narrow, required])
            .mount(
                "/group",
                group.routes(routes![in_group, narrow_in_group, number_in_group]),
            )
            .ignite()
            .await
            .unwrap();
        let stop = Stop(rocket.shutdown());
        tokio::spawn(rocket.launch());
        Server {
            address: (ip, listening.await.unwrap()).into(),
            _running: Box::new(stop),
        }
    }

    fn exception(&self, fact: &str) -> Option<Answer> {
        // Rocket drops a field that is not UTF-8: to the guard, it was never there.
        (fact == "a token outside UTF-8 is malformed").then(|| Answer {
            status: 401,
            headers: vec!["www-authenticate: Bearer".to_owned()],
            body: None,
        })
    }
}

struct Stop(Shutdown);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.clone().notify();
    }
}
