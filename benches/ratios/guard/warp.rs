use std::net::SocketAddr;

use mobilefirst::TokenValidator;
use mobilefirst_warp::{Authorized, ThenGranted, authorized};
use tokio::net::TcpListener;
use warp::Filter;

use super::{AccessRestricted, BODY};

async fn guarded(_caller: Authorized<AccessRestricted>) -> &'static str {
    BODY
}

pub(crate) async fn serve(validator: TokenValidator) -> SocketAddr {
    let bare = warp::path!("bare").and(warp::get()).then(async || BODY);
    let guarded = warp::path!("guarded")
        .and(warp::get())
        .and(authorized(&validator))
        .then_granted(guarded);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(warp::serve(bare.or(guarded)).incoming(listener).run());
    address
}
