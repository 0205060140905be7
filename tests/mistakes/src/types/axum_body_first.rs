//! The body before the caller.
//~ `String` consumes the request body and thus must be the last argument to the handler function

use mobilefirst_axum::{Authorized, TokenValidator};

#[axum::debug_handler(state = TokenValidator)]
async fn transfer(_body: String, _caller: Authorized) {}
