//! The commonest mistakes, one per file. Each file begins with the lines that the compiler
//! must print, after `//~`. The test in `tests/mistakes.rs` compiles them.

#[cfg(mistakes = "types")]
mod types {
    mod actix_web_not_a_scope;
    mod axum_body_first;
    mod axum_denial;
    mod axum_not_a_scope;
    mod axum_own_state;
    mod axum_without_state;
    mod not_a_backend;
    mod not_a_cache;
    mod not_a_clock;
    mod not_a_store;
    mod not_an_error_body;
    mod not_an_observer;
    mod not_awaited;
    mod rocket_not_a_scope;
    mod text_as_scope;
    mod warp_body_before_check;
    mod warp_caller_without_check;
    mod warp_not_async;
    mod warp_without_check;
}

/// What is only found once all types are right.
#[cfg(mistakes = "literals")]
mod literals {
    mod bad_cookie;
    mod bad_scope;
}
