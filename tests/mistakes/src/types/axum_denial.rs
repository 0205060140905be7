//! A handler's refusal as `Denial`, which axum doesn't know.
//~ the trait bound `Denial: IntoResponse` is not satisfied

use mobilefirst_axum::{Authorized, Denial, TokenValidator};

#[axum::debug_handler(state = TokenValidator)]
async fn balance(caller: Authorized) -> Result<(), Denial> {
    Err(caller.forbidden())
}
