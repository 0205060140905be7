//! The bank, on actix-web: `cargo run --example actix-web`.

use actix_cors::Cors;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, WWW_AUTHENTICATE};
use actix_web::middleware::Condition;
use actix_web::{App, HttpResponse, HttpServer, Responder, get, post, web};
use bank::{AccessRestricted, BALANCE, Bank, Transfer};
use mobilefirst::TokenValidator;
use mobilefirst_actix_web::Authorized;

#[get("/public")]
async fn public() -> &'static str {
    "public"
}

#[get("/balance")]
async fn balance(_caller: Authorized<AccessRestricted>) -> &'static str {
    BALANCE
}

#[post("/transfer")]
async fn transfer(_caller: Authorized<Transfer>) -> &'static str {
    "ok"
}

#[get("/profile")]
async fn profile(caller: Authorized) -> impl Responder {
    web::Json(bank::profile(caller.token()))
}

/// A public health endpoint for monitoring, not a liveness probe: restarting this server
/// does not end an outage of the authorization server.
#[get("/healthz")]
async fn healthz(validator: web::Data<TokenValidator>) -> impl Responder {
    let health = validator.check().await;
    match health.is_healthy() {
        true => HttpResponse::Ok().json(health),
        false => HttpResponse::ServiceUnavailable().json(health),
    }
}

/// Lets a page on another origin send `Authorization` and read the two header fields that
/// the client SDK needs. This middleware
/// answers preflight requests, which have no token, before any guard.
fn cors(origin: &str) -> Cors {
    Cors::default()
        .allowed_origin(origin)
        .allowed_methods(["GET", "POST"])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([WWW_AUTHENTICATE, HeaderName::from_static("mfp-conflict")])
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    bank::start_log();
    let bank = Bank::from_env().await;
    bank.check_beside();
    let validator = web::Data::new(bank.validator);
    let origin = bank.allow_origin;
    let server = HttpServer::new(move || {
        let cors = cors(origin.as_deref().unwrap_or_default());
        App::new()
            .app_data(validator.clone())
            .service(public)
            .service(balance)
            .service(transfer)
            .service(profile)
            .service(healthz)
            .wrap(Condition::new(origin.is_some(), cors))
    })
    .bind(bank.bind)
    .unwrap_or_else(|e| bank::fail(&format!("BIND: cannot listen on {}: {e}", bank.bind)));
    println!("listening on http://{}", bank.bind);
    server.run().await
}
