//! Everything that needs a server, in one binary.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall panic")]

mod adapters;
mod architecture;
mod behaviour;
mod conformance;
mod core;
mod devserver;
mod fuzz_corpus;
mod gate;
mod http_backend;
mod mistakes;
mod readme_lines;
mod search_words;
mod support;
mod tls;
mod v7_node_filter;
