//! Everything that needs a server, in one binary.

mod adapters;
mod conformance;
mod special_axum;
