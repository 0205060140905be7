//! Guards [axum] routes, and other [tower] services, with IBM MobileFirst Foundation or
//! Persistent Mobile Foundation. All decisions are made in [`mobilefirst`].
//!
//! Put a [`TokenValidator`](mobilefirst::TokenValidator) into the router's state, and
//! take [`Authorized`] with the required scope as a type:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use mobilefirst::{Credentials, RequiredScope, Scope, TokenValidator};
//! use mobilefirst_axum::Authorized;
//!
//! struct AccessRestricted;
//! impl RequiredScope for AccessRestricted {
//!     const SCOPE: Scope = Scope::from_static("accessRestricted");
//! }
//!
//! async fn balance(caller: Authorized<AccessRestricted>) -> String {
//!     format!("{}: 17364.9", caller.token().username().unwrap_or("stranger"))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = "https://mfp.example.com/mfp/api".parse()?;
//!     let credentials = Credentials::new("bank", std::env::var("MFP_CLIENT_SECRET")?)?;
//!     let validator = TokenValidator::builder(server, credentials).build()?;
//!     let app = Router::new().route("/balance", get(balance)).with_state(validator);
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! ```
//!
//! - **More state**: derive `FromRef` for a struct of your own; see [`Authorized`]. A
//!   router without a validator does not compile.
//! - **A group of routes**: [`RequireScopeLayer`]. It guards any tower stack, including
//!   tonic's.
//! - **CORS**: call `layer` for it last, so that it is outermost. Preflight requests have
//!   no token, and refusals need CORS header fields too.
//! - **A token that is optional**: take `Option<Authorized<S>>`.
//! - **Your own answer to a refusal**: `Result<Authorized<S>, Denied>` hands the refusal
//!   to your handler. `map_response` and other outer middleware find the
//!   [`Denial`](mobilefirst::Denial) in the extensions of the response. For the body
//!   alone, see [`error_body`](mobilefirst::TokenValidatorBuilder::error_body).
//! - **Checks of your own**: a handler returns `Result<_, Denied>` and refuses with
//!   [`Permit::forbidden`](mobilefirst::Permit::forbidden) or
//!   [`Permit::narrow`](mobilefirst::Permit::narrow).
//!
//! [axum]: https://docs.rs/axum/0.8
//! [tower]: https://docs.rs/tower

mod authorized;
mod denied;
mod request;
mod require_scope;
mod response_body;

pub use crate::authorized::Authorized;
pub use crate::denied::Denied;
pub use crate::require_scope::{RequireScope, RequireScopeLayer, ResponseFuture};
pub use crate::response_body::ResponseBody;
