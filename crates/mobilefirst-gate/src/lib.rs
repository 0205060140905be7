//! Lets a proxy guard any server, in any language, with IBM MobileFirst Foundation or
//! Persistent Mobile Foundation.
//!
//! nginx, Envoy, Caddy and Traefik can ask another server whether a request may pass. The
//! gate is that server. It checks the caller's access token with the crate [`mobilefirst`],
//! and answers with exactly the status and the challenge that the MobileFirst client SDKs
//! expect.
//!
//! Most users run the binary `mobilefirst-gate`, which `docs/gate.md` in the repository
//! describes, with a tested configuration for each proxy. This library is the same gate
//! inside another program:
//!
//! ```no_run
//! use mobilefirst_gate::{Config, Gate, Server};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let config: Config = std::fs::read_to_string("gate.toml")?.parse()?;
//! let gate = Gate::new(&config)?;
//! let server = Server::bind(&config, &gate).await?;
//! server.run(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await;
//! # Ok(()) }
//! ```
//!
//! # Endpoints
//!
//! | path | for |
//! | --- | --- |
//! | `/auth` | Caddy, Traefik, and any proxy that passes the gate's answer on |
//! | `/nginx` and `/denied` | nginx, which cannot pass an answer on |
//! | `/envoy/…` | Envoy's `ext_authz` over HTTP |
//! | `Check` on `grpc_listen` | Envoy's `ext_authz` over gRPC |
//!
//! # What a route requires
//!
//! Either the proxy says so in each question (`/auth?scope=a+b&max_age=0`), or the gate finds
//! the request's method and path in the table of its configuration, where it denies whatever
//! no route names.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod admin;
mod config;
mod endpoint;
mod gate;
mod identity;
mod path;
mod peer;
mod policy;
mod refusal;
mod routes;
mod rule;
mod server;

pub use crate::config::Config;
pub use crate::config::error::ConfigError;
pub use crate::gate::Gate;
pub use crate::peer::Peer;
pub use crate::server::Server;
