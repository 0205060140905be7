//! A handler that is not `async`.
//~ `&'static str` is not a future

use mobilefirst_warp::{Authorized, ThenGranted, TokenValidator, authorized};
use warp::{Filter, Reply};

fn balance(_caller: Authorized) -> &'static str {
    "17364.9"
}

fn routes(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
    warp::path!("balance")
        .and(authorized(&validator))
        .then_granted(balance)
}
