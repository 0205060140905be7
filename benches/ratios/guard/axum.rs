use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use mobilefirst::TokenValidator;
use mobilefirst_axum::Authorized;
use tokio::net::TcpListener;

use super::{AccessRestricted, BODY};

async fn bare() -> &'static str {
    BODY
}

async fn guarded(_caller: Authorized<AccessRestricted>) -> &'static str {
    BODY
}

pub(crate) async fn serve(validator: TokenValidator) -> SocketAddr {
    let app = Router::new()
        .route("/bare", get(bare))
        .route("/guarded", get(guarded))
        .with_state(validator);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async { axum::serve(listener, app).await });
    address
}
