//! Everything that needs a server, in one binary.

#![expect(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in functions that are tests, not in what these share"
)]

mod adapters;
mod conformance;
mod special_warp;
