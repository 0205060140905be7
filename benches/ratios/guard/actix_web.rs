use std::net::SocketAddr;

use actix_web::{App, HttpServer, web};
use mobilefirst::TokenValidator;
use mobilefirst_actix_web::Authorized;

use super::{AccessRestricted, BODY};

async fn bare() -> &'static str {
    BODY
}

async fn guarded(_caller: Authorized<AccessRestricted>) -> &'static str {
    BODY
}

pub(crate) async fn serve(validator: TokenValidator) -> SocketAddr {
    let validator = web::Data::new(validator);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(validator.clone())
            .route("/bare", web::get().to(bare))
            .route("/guarded", web::get().to(guarded))
    })
    .disable_signals()
    .bind(("127.0.0.1", 0))
    .expect("a free port");
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    address
}
