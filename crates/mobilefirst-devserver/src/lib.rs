//! A MobileFirst authorization server for development and tests.
//!
//! It behaves like IBM MobileFirst Foundation 8, for resource servers guarded by the
//! [`mobilefirst`] crate. It keeps everything in memory, has neither TLS nor logins, and its
//! tokens are guessable: **never use it in production.**
//!
//! An [`Authority`] is the server as a plain value: a request in, a response out.
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, StatusCode, header};
//! use mobilefirst_devserver::{Authority, UserToken};
//!
//! let authority = Authority::new();
//! let own = authority.issue(UserToken::new("authorization.introspect"));
//! let token = authority.issue(UserToken::new("accessRestricted").user("jdoe"));
//!
//! let introspection = Request::post("/mfp/api/az/v1/introspection")
//!     .header(header::AUTHORIZATION, format!("Bearer {own}"))
//!     .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
//!     .body(Bytes::from(format!("token={token}")))?;
//! let answer = authority.handle(introspection);
//! assert_eq!(answer.status(), StatusCode::OK);
//! # Ok::<(), http::Error>(())
//! ```
//!
//! There are two ways to mount it:
//!
//! - Without a socket: [`validator`](Authority::validator) returns a validator that asks it.
//!   Nothing touches the network, and with a [`ManualClock`](mobilefirst::ManualClock) the
//!   test controls the time. For anything else, the authority is an
//!   [`HttpBackend`](mobilefirst::HttpBackend).
//! - On a port, with [`listen`](Authority::listen), for end-to-end tests:
//!
//! ```
//! use mobilefirst_devserver::{Authority, UserToken};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let authority = Authority::new().with_client("bank", "s3cret", "authorization.introspect");
//! let server = authority.listen("127.0.0.1:0").await?;
//! let token = authority.issue(UserToken::new("accessRestricted").user("jdoe"));
//! // Start the resource server with server.url() as its MobileFirst Server, then
//! // call it with `Authorization: Bearer <token>`.
//! # assert!(server.url().ends_with("/mfp/api"));
//! # Ok(())
//! # }
//! ```
//!
//! To make calls fail, set a [`Fault`]:
//!
//! ```
//! use http::StatusCode;
//! use mobilefirst_devserver::{Authority, Endpoint, Fault};
//!
//! let authority = Authority::new();
//! authority.fault(Endpoint::Introspection, Fault::status(StatusCode::BAD_GATEWAY));
//! // The next introspection gets 502; the one after it is answered normally.
//! ```
//!
//! # The binary
//!
//! Install it with `cargo install --path crates/mobilefirst-devserver`, in the repository, then
//! run `mobilefirst-devserver --help`. Any server on a port, whether started by the binary or by
//! [`listen`](Authority::listen), has a console at `/`: open it in a browser to issue, expire
//! and revoke tokens, set faults, move the clock, and watch what resource servers ask.
//!
//! Scripts do the same over HTTP:
//!
//! | call | members | answer |
//! | --- | --- | --- |
//! | `POST /devserver/tokens` | `scope`, `user`, `attributes`, `client_id`, `application`, `device`, `device_status`, `lifetime` (seconds); all optional | `{"access_token", "expires_in", "id", "id_token", "scope", "token_type"}` |
//! | `POST /devserver/revoke` | `token`, or its `id` | `{"revoked": true}`, or `false` for an unknown token |
//! | `POST /devserver/expire` | `token`, or its `id` | `{"expired": true}`, or `false` for an unknown token |
//! | `POST /devserver/faults` | `endpoint`, `when` (`next` or `always`), `fault`, and what the fault needs | `{"faults"}`, those that are set |
//! | `POST /devserver/faults/clear` | `endpoint`, optional | `{"faults"}`, those that remain |
//! | `POST /devserver/clock` | `advance` (seconds) | `{"now", "moved"}` in milliseconds |
//! | `POST /devserver/clock/reset` | none | `{"now", "moved"}` |
//! | `GET /devserver/state` | in the query: `after` (a version), `wait` (seconds) | everything that the console shows, once it has changed |
//!
//! The body is a JSON object. `docs/devserver.md` in the repository describes each member and error.
//!
//! The ID token is for version 7, whose validation endpoint is below
//! [`project_url`](DevServer::project_url).
//!
//! Console and calls answer only callers on the same machine, and of web pages only the
//! console. The first two calls also take a form, from any program that is not a browser.
//!
//! `GET /healthz` answers 200 while the server is running, regardless of faults.
//!
//! At startup the binary checks each client the way a resource server would, with
//! [`TokenValidator::check`](mobilefirst::TokenValidator::check), and prints a warning to
//! standard error for each one that cannot introspect. Clients that only call resources
//! don't need to.

mod authority;
mod endpoint;
mod fault;
mod handlers;
mod mount;
mod state;
mod time;
mod user_token;
mod wire;

pub use crate::authority::Authority;
pub use crate::endpoint::{Calls, Endpoint};
pub use crate::fault::Fault;
pub use crate::mount::server::DevServer;
pub use crate::user_token::UserToken;
