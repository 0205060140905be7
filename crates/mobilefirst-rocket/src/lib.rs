//! Guards [Rocket] routes with IBM MobileFirst Foundation or Persistent Mobile
//! Foundation. The decisions are made in [`mobilefirst`].
//!
//! Attach [`MobileFirst`], and take [`Authorized`] with the required scope as a type:
//!
//! ```no_run
//! use mobilefirst::{RequiredScope, Scope};
//! use mobilefirst_rocket::{Authorized, MobileFirst};
//! use rocket::{get, launch, routes};
//!
//! struct AccessRestricted;
//! impl RequiredScope for AccessRestricted {
//!     const SCOPE: Scope = Scope::from_static("accessRestricted");
//! }
//!
//! #[get("/balance")]
//! fn balance(caller: Authorized<AccessRestricted>) -> String {
//!     format!("{}: 17364.9", caller.token().username().unwrap_or("stranger"))
//! }
//!
//! #[launch]
//! fn rocket() -> _ {
//!     rocket::build().attach(MobileFirst::fairing()).mount("/", routes![balance])
//! }
//! ```
//!
//! The settings come from Rocket's configuration; all of them stand at
//! [`Settings`](mobilefirst::Settings). In `Rocket.toml`:
//!
//! ```toml
//! [default.mobilefirst]
//! server_url = "https://mfp.example.com/mfp/api"
//! client_id = "bank"
//! max_age = 30
//! ```
//!
//! and in the environment, where a secret belongs:
//! `ROCKET_MOBILEFIRST='{client_secret="s3cret"}'`. Without a setting that it needs, or
//! without the fairing, the server does not launch.
//!
//! - **A group of routes**, or a scope that is a value at run time: [`RequireScope`].
//! - **A route for strangers too**: [`OptionalAuthorized`], and not `Option<Authorized>`.
//! - **Catchers** are called for refusals as for any error. The fairing then adds the
//!   header fields, as long as the status is still that of the refusal. A catcher finds
//!   out why with [`Denied::of`].
//! - **Your own answer to a refusal**: `Result<Authorized<S>, Denied>` hands the refusal
//!   to your handler, which may return it. For a body on every refusal, see
//!   [`error_body`](mobilefirst::TokenValidatorBuilder::error_body): it takes the place of
//!   what a catcher writes, or a handler that answers with the status of the refusal.
//! - **Sibling routes** are not tried after a refusal: it is an error, never a forward.
//! - **CORS**: Rocket has none of its own. See the example `rocket` in this repository.
//! - Rocket drops header fields that are not UTF-8 before any guard can see them. A
//!   request whose only `Authorization` is one of those bears no token.
//! - At Rocket's log level `debug`, *Rocket* logs the header fields of each request, and
//!   so the tokens.
//!
//! [Rocket]: https://docs.rs/rocket/0.5

mod authorized;
mod configuration;
mod denied;
mod fairing;
mod request;
mod require_scope;
mod slot;

pub use crate::authorized::{Authorized, OptionalAuthorized};
pub use crate::denied::Denied;
pub use crate::fairing::MobileFirst;
pub use crate::require_scope::{Caller, RequireScope};
