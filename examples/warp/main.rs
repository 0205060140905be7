//! The bank, on warp: `cargo run --example warp`.

use bank::{AccessRestricted, BALANCE, Bank, Transfer};
use mobilefirst::TokenValidator;
use mobilefirst_warp::{Authorized, ThenGranted, authorized};
use tokio::net::TcpListener;
use warp::cors::Cors;
use warp::http::StatusCode;
use warp::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use warp::{Filter, Reply};

async fn balance(_caller: Authorized<AccessRestricted>) -> &'static str {
    BALANCE
}

async fn transfer(_caller: Authorized<Transfer>) -> &'static str {
    "ok"
}

async fn profile(caller: Authorized) -> impl Reply {
    warp::reply::json(&bank::profile(caller.token()))
}

/// A public health endpoint for monitoring, not a liveness probe: restarting this server
/// does not end an outage of the authorization server.
async fn healthz(validator: TokenValidator) -> impl Reply {
    let health = validator.check().await;
    let status = match health.is_healthy() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    warp::reply::with_status(warp::reply::json(&health), status)
}

/// Lets a page on another origin send `Authorization` and read the two header fields that
/// the client SDK needs. This wrapper
/// answers preflight requests, which have no token, before any check.
fn cors(origin: &str) -> Cors {
    warp::cors()
        .allow_origin(origin)
        .allow_methods(["GET", "POST"])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([WWW_AUTHENTICATE, HeaderName::from_static("mfp-conflict")])
        .build()
}

#[tokio::main]
async fn main() {
    bank::start_log();
    let bank = Bank::from_env().await;
    bank.check_beside();
    let public = warp::path!("public").and(warp::get()).map(|| "public");
    let balance = warp::path!("balance")
        .and(warp::get())
        .and(authorized(&bank.validator))
        .then_granted(balance);
    let transfer = warp::path!("transfer")
        .and(warp::post())
        .and(authorized(&bank.validator))
        .then_granted(transfer);
    let profile = warp::path!("profile")
        .and(warp::get())
        .and(authorized(&bank.validator))
        .then_granted(profile);
    let validator = bank.validator;
    let healthz = warp::path!("healthz")
        .and(warp::get())
        .then(move || healthz(validator.clone()));
    let routes = public.or(balance).or(transfer).or(profile).or(healthz);
    let listener = TcpListener::bind(bank.bind)
        .await
        .unwrap_or_else(|e| bank::fail(&format!("BIND: cannot listen on {}: {e}", bank.bind)));
    println!("listening on http://{}", bank.bind);
    match &bank.allow_origin {
        Some(origin) => {
            let routes = routes.with(cors(origin));
            warp::serve(routes).incoming(listener).run().await;
        }
        None => warp::serve(routes).incoming(listener).run().await,
    }
}
