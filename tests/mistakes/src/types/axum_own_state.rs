//! A state of one's own that doesn't say where the validator is.
//~ expected `TokenValidator`, found `Bank`

use axum::{Router, routing::get};
use mobilefirst_axum::Authorized;

#[derive(Clone)]
struct Bank;

async fn balance(_caller: Authorized) {}

fn app(bank: Bank) -> Router {
    Router::new().route("/", get(balance)).with_state(bank)
}
