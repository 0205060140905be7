//! Guards [actix-web] routes with IBM MobileFirst Foundation or Persistent Mobile
//! Foundation. All decisions are made in [`mobilefirst`].
//!
//! Put a [`TokenValidator`](mobilefirst::TokenValidator) into `app_data`, and take
//! [`Authorized`] with the required scope as a type:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, get, web};
//! use mobilefirst::{Credentials, RequiredScope, Scope, TokenValidator};
//! use mobilefirst_actix_web::Authorized;
//!
//! struct AccessRestricted;
//! impl RequiredScope for AccessRestricted {
//!     const SCOPE: Scope = Scope::from_static("accessRestricted");
//! }
//!
//! #[get("/balance")]
//! async fn balance(caller: Authorized<AccessRestricted>) -> String {
//!     format!("{}: 17364.9", caller.token().username().unwrap_or("stranger"))
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = "https://mfp.example.com/mfp/api".parse()?;
//!     let credentials = Credentials::new("bank", std::env::var("MFP_CLIENT_SECRET")?)?;
//!     let validator = web::Data::new(TokenValidator::builder(server, credentials).build()?);
//!     HttpServer::new(move || App::new().app_data(validator.clone()).service(balance))
//!         .bind("127.0.0.1:8080")?
//!         .run()
//!         .await?;
//!     Ok(())
//! }
//! ```
//!
//! - **A group of routes**: wrap it in [`RequireScope`]. CORS middleware goes around it
//!   (call `wrap` for CORS last), because preflight requests have no token.
//! - **A token that is optional**: take [`OptionalAuthorized`], not `Option<Authorized>`.
//! - **Your own answer to a refusal**: `Result<Authorized<S>, Denied>` hands the refusal
//!   to your handler. For the body alone, see
//!   [`error_body`](mobilefirst::TokenValidatorBuilder::error_body).
//! - **One validator**: build it outside the closure of `HttpServer::new`. Every worker
//!   thread runs that closure, and all should share one cache.
//!
//! [actix-web]: https://docs.rs/actix-web/4

mod authorized;
mod denied;
mod guarded;
mod request;
mod require_scope;

pub use crate::authorized::{Authorized, Extract, OptionalAuthorized};
pub use crate::denied::Denied;
pub use crate::guarded::Guarded;
pub use crate::require_scope::{RequireScope, RequireScopeService};
