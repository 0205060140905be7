//! A caller that no filter hands over.
//~ function is expected to take 0 arguments, but it takes 1 argument

use mobilefirst_warp::Caller;
use warp::{Filter, Reply};

async fn balance(_caller: Caller) -> &'static str {
    "17364.9"
}

fn routes() -> impl Filter<Extract: Reply> + Clone {
    warp::path!("balance").then(balance)
}
