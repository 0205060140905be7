use std::net::SocketAddr;

use actix_web::{App, HttpServer, Route, web};
use mobilefirst::TokenValidator;
use mobilefirst_actix_web::Authorized;

use super::{AccessRestricted, BODY, Servers};

async fn bare() -> &'static str {
    BODY
}

async fn guarded(_caller: Authorized<AccessRestricted>) -> &'static str {
    BODY
}

pub(crate) async fn serve(validator: TokenValidator) -> Servers {
    Servers {
        bare: server(validator.clone(), || web::get().to(bare)),
        guarded: server(validator, || web::get().to(guarded)),
    }
}

fn server(validator: TokenValidator, route: fn() -> Route) -> SocketAddr {
    let validator = web::Data::new(validator);
    let server = HttpServer::new(move || {
        let app = App::new().app_data(validator.clone());
        app.route("/balance", route())
    })
    .disable_signals()
    .bind(("127.0.0.1", 0))
    .expect("a free port");
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    address
}
