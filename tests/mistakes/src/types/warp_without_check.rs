//! A handler without a check before it.
//~ no method named `then_granted` found

use mobilefirst_warp::{Authorized, ThenGranted};
use warp::{Filter, Reply};

async fn balance(_caller: Authorized) -> &'static str {
    "17364.9"
}

fn routes() -> impl Filter<Extract: Reply> + Clone {
    warp::path!("balance")
        .and(warp::get())
        .then_granted(balance)
}
