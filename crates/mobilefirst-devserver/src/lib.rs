//! A MobileFirst authorization server for development and tests.
//!
//! It answers as IBM MobileFirst Foundation 8 does, for resource servers guarded
//! by the crate [`mobilefirst`]. It holds everything in memory, knows neither
//! TLS nor logins, and its tokens can be guessed: **never use it in production.**
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
//! It mounts in two ways:
//!
//! - As an [`HttpBackend`](mobilefirst::HttpBackend): give a clone to the
//!   validator under test. No socket, no wait, and with a
//!   [`ManualClock`](mobilefirst::ManualClock) the time is the test's own.
//! - On a port, by [`listen`](Authority::listen), for tests from end to end:
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
//! What must go wrong in a test is a [`Fault`]:
//!
//! ```
//! use http::StatusCode;
//! use mobilefirst_devserver::{Authority, Endpoint, Fault};
//!
//! let authority = Authority::new();
//! authority.fault(Endpoint::Introspection, Fault::status(StatusCode::BAD_GATEWAY));
//! // The next introspection gets 502, the one after it a true answer.
//! ```
//!
//! # The binary
//!
//! `cargo install mobilefirst-devserver`, then `mobilefirst-devserver --help`.
//! A server on a port, the binary's or one of [`listen`](Authority::listen), can
//! be driven from outside:
//!
//! | call | form fields | answer |
//! | --- | --- | --- |
//! | `POST /devserver/tokens` | `scope`, `user`, `client_id`, `application`, `device`, `lifetime` (seconds); all optional | `{"access_token", "expires_in", "id_token", "scope", "token_type"}` |
//! | `POST /devserver/revoke` | `token` | `{"revoked": true}`, or `false` for an unknown token |
//!
//! The ID token is for version 7, whose validation endpoint is at
//! [`project_url`](DevServer::project_url).
//!
//! A call that bears `Origin` is refused: no web page may drive the server.
//!
//! `GET /healthz` answers 200 as soon as it serves, whatever faults are set.
//!
//! At its start the binary checks each client as a resource server would, by
//! [`TokenValidator::check`](mobilefirst::TokenValidator::check), and warns on standard error
//! of one that cannot introspect. A client that only calls resources need not.

mod answer;
mod authority;
mod backend;
mod clients;
mod control;
mod credentials;
mod endpoint;
mod faults;
mod form;
mod reply;
mod server;
mod state;
mod tokens;
mod user_token;

pub use authority::Authority;
pub use endpoint::{Calls, Endpoint};
pub use faults::Fault;
pub use server::DevServer;
pub use user_token::UserToken;
