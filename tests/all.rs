//! Everything that needs a server, in one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod adapters;
mod conformance;
mod core;
mod http_backend;
