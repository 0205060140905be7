use std::net::SocketAddr;

use mobilefirst::TokenValidator;
use mobilefirst_warp::{Authorized, ThenGranted, authorized};
use tokio::net::TcpListener;
use warp::{Filter, Reply};

use super::{AccessRestricted, BODY, Servers};

async fn bare() -> &'static str {
    BODY
}

async fn guarded(_caller: Authorized<AccessRestricted>) -> &'static str {
    BODY
}

pub(crate) async fn serve(validator: TokenValidator) -> Servers {
    let route = warp::path!("balance").and(warp::get());
    let guarded = route.and(authorized(&validator)).then_granted(guarded);
    Servers {
        bare: server(route.then(bare)).await,
        guarded: server(guarded).await,
    }
}

async fn server(
    routes: impl Filter<Extract: Reply, Error = warp::Rejection> + Clone + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(warp::serve(routes).incoming(listener).run());
    address
}
