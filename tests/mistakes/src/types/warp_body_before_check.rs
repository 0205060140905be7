//! The body with `and`, so that the check is no longer the last value.
//~ the trait bound `mobilefirst_warp::Denied: serde::Deserialize

use mobilefirst_warp::{Authorized, ThenGranted, TokenValidator, authorized};
use warp::{Filter, Reply};

async fn transfer(_caller: Authorized, _cents: u64) -> &'static str {
    "ok"
}

fn routes(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
    warp::path!("transfer")
        .and(authorized(&validator))
        .and(warp::body::json())
        .then_granted(transfer)
}
