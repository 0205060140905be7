//! Everything that needs a server, in one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod adapters;
mod architecture;
mod behaviour;
mod conformance;
mod core;
mod fuzz_corpus;
mod group_guard_max_age;
mod http_backend;
mod special_axum;
mod special_rocket;
mod special_warp;
mod v7_node_filter;

/// Makes `tracing` the only logger of this process, before Rocket makes itself the one of
/// `log`: the test of secrets looks at both.
fn join_logs() {
    // An error is that this was done already.
    let _ = tracing_log::LogTracer::init();
}
