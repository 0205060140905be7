use std::net::SocketAddr;

use axum::Router;
use axum::routing::{MethodRouter, get};
use mobilefirst::TokenValidator;
use mobilefirst_axum::Authorized;
use tokio::net::TcpListener;

use super::{AccessRestricted, BODY, Servers};

async fn bare() -> &'static str {
    BODY
}

async fn guarded(_caller: Authorized<AccessRestricted>) -> &'static str {
    BODY
}

pub(crate) async fn serve(validator: TokenValidator) -> Servers {
    Servers {
        bare: server(validator.clone(), get(bare)).await,
        guarded: server(validator, get(guarded)).await,
    }
}

async fn server(validator: TokenValidator, route: MethodRouter<TokenValidator>) -> SocketAddr {
    let app = Router::new().route("/balance", route).with_state(validator);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}
