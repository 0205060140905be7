//! A router without a validator.
//~ found `MethodRouter<TokenValidator>`

use axum::{Router, routing::get};
use mobilefirst_axum::Authorized;

async fn balance(_caller: Authorized) {}

fn app() -> Router {
    Router::new().route("/", get(balance))
}
