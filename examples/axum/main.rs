//! The bank, on axum: `cargo run --example axum`.

use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use bank::{AccessRestricted, BALANCE, Bank, Transfer};
use mobilefirst::TokenValidator;
use mobilefirst_axum::Authorized;
use tokio::net::TcpListener;
use tower_http::cors::CorsLayer;

async fn public() -> &'static str {
    "public"
}

async fn balance(_caller: Authorized<AccessRestricted>) -> &'static str {
    BALANCE
}

async fn transfer(_caller: Authorized<Transfer>) -> &'static str {
    "ok"
}

async fn profile(caller: Authorized) -> impl IntoResponse {
    Json(bank::profile(caller.token()))
}

/// A public health endpoint for monitoring, not a liveness probe: restarting this server
/// does not end an outage of the authorization server.
async fn healthz(State(validator): State<TokenValidator>) -> impl IntoResponse {
    let health = validator.check().await;
    let status = match health.is_healthy() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(health))
}

/// Lets a page on another origin send `Authorization` and read the two header fields that
/// the client SDK needs. This layer answers
/// preflight requests, which have no token, before any guard.
fn cors(origin: HeaderValue) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origin)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([WWW_AUTHENTICATE, HeaderName::from_static("mfp-conflict")])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    bank::start_log();
    let bank = Bank::from_env().await;
    bank.check_beside();
    let mut app = Router::new()
        .route("/public", get(public))
        .route("/balance", get(balance))
        .route("/transfer", post(transfer))
        .route("/profile", get(profile))
        .route("/healthz", get(healthz))
        .with_state(bank.validator);
    if let Some(origin) = bank.allow_origin {
        app = app.layer(cors(origin.parse()?));
    }
    let listener = TcpListener::bind(bank.bind)
        .await
        .unwrap_or_else(|e| bank::fail(&format!("BIND: cannot listen on {}: {e}", bank.bind)));
    println!("listening on http://{}", bank.bind);
    axum::serve(listener, app).await?;
    Ok(())
}
