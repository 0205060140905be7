//! The bank, on Rocket: `cargo run --example rocket`.
//!
//! Like the other examples, it reads its settings from the environment. Your own server
//! can keep them in Rocket's configuration instead: see `MobileFirst::fairing()`.

use bank::{AccessRestricted, BALANCE, Bank, Transfer};
use mobilefirst::{Health, TokenValidator};
use mobilefirst_rocket::{Authorized, Caller, MobileFirst, RequireScope};
use rocket::error::ErrorKind;
use rocket::fairing::{AdHoc, Fairing, Info, Kind};
use rocket::http::Status;
use rocket::serde::json::{Json, Value};
use rocket::{Config, Request, Response, State, get, options, post, routes};

#[get("/public")]
fn public() -> &'static str {
    "public"
}

#[get("/balance")]
fn balance(_caller: Authorized<AccessRestricted>) -> &'static str {
    BALANCE
}

/// Mounted through `RequireScope`, which handles the body of a refused request.
#[post("/transfer")]
fn transfer(_caller: Caller) -> &'static str {
    "ok"
}

#[get("/profile")]
fn profile(caller: Authorized) -> Value {
    bank::profile(caller.token())
}

/// A public health endpoint for monitoring, not a liveness probe: restarting this server
/// does not end an outage of the authorization server.
#[get("/healthz")]
async fn healthz(validator: &State<TokenValidator>) -> (Status, Json<Health>) {
    let health = validator.check().await;
    let status = match health.is_healthy() {
        true => Status::Ok,
        false => Status::ServiceUnavailable,
    };
    (status, Json(health))
}

/// Lets a page on another origin send `Authorization` and read the two header fields that
/// the client SDK needs.
struct Cors {
    origin: String,
}

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info {
            name: "CORS",
            kind: Kind::Response,
        }
    }

    async fn on_response<'r>(&self, _: &'r Request<'_>, response: &mut Response<'r>) {
        for (name, value) in [
            ("Access-Control-Allow-Origin", &*self.origin),
            ("Access-Control-Allow-Methods", "GET, POST"),
            (
                "Access-Control-Allow-Headers",
                "Authorization, Content-Type",
            ),
            (
                "Access-Control-Expose-Headers",
                "WWW-Authenticate, MFP-Conflict",
            ),
        ] {
            response.set_raw_header(name, value.to_owned());
        }
    }
}

/// Not guarded, because preflight requests have no token.
#[options("/<_..>")]
fn preflight() -> Status {
    Status::NoContent
}

#[rocket::main]
async fn main() {
    bank::start_log();
    let bank = Bank::from_env().await;
    bank.check_beside();
    let config = Config {
        address: bank.bind.ip(),
        port: bank.bind.port(),
        ..Config::default()
    };
    let mut rocket = rocket::custom(config)
        .attach(MobileFirst::with(bank.validator))
        .attach(AdHoc::on_liftoff("address", move |_| {
            Box::pin(async move { println!("listening on http://{}", bank.bind) })
        }))
        .mount("/", routes![public, balance, profile, healthz])
        .mount(
            "/",
            RequireScope::of::<Transfer>().routes(routes![transfer]),
        );
    if let Some(origin) = bank.allow_origin {
        rocket = rocket
            .attach(Cors { origin })
            .mount("/", routes![preflight]);
    }
    if let Err(error) = rocket.launch().await {
        match error.kind() {
            ErrorKind::Bind(e) => bank::fail(&format!("BIND: cannot listen on {}: {e}", bank.bind)),
            other => bank::fail(&other.to_string()),
        }
    }
}
