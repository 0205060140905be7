//! A guarded server and an authorization server to try it with, in one process:
//! `cargo run --example quickstart`.

use std::error::Error;
use std::time::Duration;

use actix_web::{App, HttpServer, get, post, web};
use mobilefirst::{Credentials, TokenValidator, scopes};
use mobilefirst_actix_web::Authorized;
use mobilefirst_devserver::{Authority, UserToken};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// How long a revoked token may still be accepted. Short, to show the effect.
const MAX_AGE: Duration = Duration::from_secs(1);

scopes! {
    AccessRestricted = "accessRestricted";
    Transfer = "accessRestricted transferPrivilege";
}

#[get("/balance")]
async fn balance(caller: Authorized<AccessRestricted>) -> String {
    let name = caller.token().username().unwrap_or("stranger");
    format!("{name}: 17364.9\n")
}

#[post("/transfer")]
async fn transfer(_caller: Authorized<Transfer>) -> &'static str {
    "ok\n"
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // `RUST_LOG=mobilefirst=debug` shows why each request is refused.
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .init();

    // The authorization server: in production, your MobileFirst Server.
    let authority = Authority::new().with_client("bank", "s3cret", "authorization.introspect");
    let devserver = authority.listen("127.0.0.1:0").await?;

    // The resource server: your own.
    let credentials = Credentials::new("bank", "s3cret")?;
    let validator = TokenValidator::builder(devserver.url().parse()?, credentials)
        .max_age(MAX_AGE)
        .build()?;
    let validator = web::Data::new(validator);
    let address = "127.0.0.1:8080";
    let server = HttpServer::new(move || {
        App::new()
            .app_data(validator.clone())
            .service(balance)
            .service(transfer)
    })
    .bind(address)
    .map_err(|e| format!("cannot listen on {address}: {e}"))?;

    let token = authority.issue(UserToken::new("accessRestricted").user("jdoe"));
    let control = devserver.addr();
    println!(
        "The authorization server: {authorization_server}
The resource server:      http://{address}

TOKEN={token}
# no token: 401, and a bare challenge
curl -i http://{address}/balance
# a token without the scope of this route: 403, and the scope that it requires
curl -i -H \"Authorization: Bearer $TOKEN\" -X POST http://{address}/transfer
# the right scope: 200
curl -i -H \"Authorization: Bearer $TOKEN\" http://{address}/balance
# revoked: 401 invalid_token, once the cached answer is {max_age} s old
curl -d token=$TOKEN http://{control}/devserver/revoke
curl -i -H \"Authorization: Bearer $TOKEN\" http://{address}/balance
",
        authorization_server = devserver.url(),
        max_age = MAX_AGE.as_secs(),
    );
    server.run().await?;
    Ok(())
}
