use std::net::{SocketAddr, TcpListener};

use mobilefirst::TokenValidator;
use mobilefirst_rocket::{Authorized, MobileFirst};
use rocket::{Config, Route, get, routes};
use tokio::net::TcpStream;

use super::{AccessRestricted, BODY, Servers};

#[get("/balance")]
fn bare() -> &'static str {
    BODY
}

#[get("/balance")]
fn guarded(_caller: Authorized<AccessRestricted>) -> &'static str {
    BODY
}

pub(crate) async fn serve(validator: TokenValidator) -> Servers {
    Servers {
        bare: server(validator.clone(), routes![bare]).await,
        guarded: server(validator, routes![guarded]).await,
    }
}

async fn server(validator: TokenValidator, routes: Vec<Route>) -> SocketAddr {
    // Rocket binds by itself: to a port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let config = Config {
        address: address.ip(),
        port: address.port(),
        log_level: rocket::config::LogLevel::Off,
        ..Config::release_default()
    };
    let rocket = rocket::custom(config)
        .attach(MobileFirst::with(validator))
        .mount("/", routes);
    tokio::spawn(async { rocket.launch().await.map(drop) });
    while TcpStream::connect(address).await.is_err() {
        tokio::task::yield_now().await;
    }
    address
}
