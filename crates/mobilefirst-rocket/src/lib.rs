//! Guards [Rocket] routes with IBM MobileFirst Foundation or Persistent Mobile
//! Foundation. All decisions are made in [`mobilefirst`].
//!
//! Attach [`MobileFirst`], and take [`Authorized`] with the required scope as a type. Mount
//! routes that read a body through [`RequireScope`]:
//!
//! ```no_run
//! use mobilefirst_rocket::{Authorized, Caller, MobileFirst, RequireScope, scopes};
//! use rocket::{get, launch, post, routes};
//!
//! scopes! { AccessRestricted = "accessRestricted"; Transfer = "accessRestricted transferPrivilege"; }
//!
//! #[get("/balance")]
//! fn balance(caller: Authorized<AccessRestricted>) -> String {
//!     format!("{}: 17364.9", caller.username().unwrap_or("stranger"))
//! }
//!
//! #[post("/transfer", data = "<order>")]
//! fn transfer(caller: Caller, order: String) -> String {
//!     format!("{:?} orders {order}", caller.username())
//! }
//!
//! #[launch]
//! fn rocket() -> _ {
//!     let transfers = RequireScope::of::<Transfer>();
//!     rocket::build()
//!         .attach(MobileFirst::fairing())
//!         .mount("/", routes![balance])
//!         .mount("/", transfers.routes(routes![transfer]))
//! }
//! ```
//!
//! The settings come from Rocket's configuration; [`Settings`] lists
//! them all. Put them into `Rocket.toml`:
//!
//! ```toml
//! [default.mobilefirst]
//! server_url = "https://mfp.example.com/mfp/api"
//! client_id = "bank"
//! max_age = 30
//! ```
//!
//! Secrets belong in the environment, `ROCKET_MOBILEFIRST_CLIENT_SECRET=s3cret`, or in a
//! file: `client_secret_file`. Each setting can be a variable of that form. Rocket reads what
//! looks like a number or like `true` as such. Of a whole number the digits are taken, but a
//! zero at its beginning is lost, and any other secret of that kind is refused: put it in
//! quotes that belong to the value, `ROCKET_MOBILEFIRST_CLIENT_SECRET='"007"'`.
//! The server does not launch if a required setting or the fairing is missing.
//!
//! - **A group of routes**, or a scope that is known only at run time: [`RequireScope`];
//!   handlers take [`Caller`].
//! - **The check comes before the body**: Rocket runs request guards before data guards, so
//!   nothing of a stranger's body is parsed.
//! - **A refused upload** is read on and dropped before the refusal is sent, within bounds
//!   ([`drain_refused_body`](mobilefirst::drain_refused_body)), so that a client that
//!   writes before it reads gets to see the refusal. Only `RequireScope` can do that. A
//!   request guard does not hold the body: behind it, such a client sees a broken
//!   connection, unless a proxy buffers its upload, as nginx does by default.
//! - **A token that is optional**: take [`OptionalAuthorized`], not `Option<Authorized>`.
//! - **Catchers** are called for refusals as for any error. The fairing then adds the
//!   header fields, unless the catcher changed the status. [`Denied::of`] tells a catcher
//!   why the request was refused.
//! - **Your own answer to a refusal**: `Result<Authorized<S>, Denied>` hands the refusal
//!   to your handler, which may return it. For a body on every refusal, see
//!   [`error_body`](mobilefirst::TokenValidatorBuilder::error_body): it replaces the body
//!   of any catcher or handler that answers with the refusal's status.
//! - **Checks of your own**: a handler returns `Result<_, Denied>` and refuses with
//!   [`Permit::forbidden`](mobilefirst::Permit::forbidden) or
//!   [`Permit::narrow`](mobilefirst::Permit::narrow).
//! - **Sibling routes** are not tried after a refusal: it is an error, never a forward.
//! - **CORS**: Rocket has none of its own. See the example `rocket` in this repository.
//! - Rocket drops header fields that are not UTF-8 before any guard sees them. A request
//!   whose only `Authorization` field is dropped has no token.
//! - At log level `debug`, Rocket itself logs the header fields of every request, including
//!   tokens.
//!
//! # Several realms
//!
//! An application that serves users of two authorization servers, or two clients of one, has
//! a validator for each. The fairing holds one; a group of routes may name another:
//! [`RequireScope::validator`].
//!
//! # Where a header can't be set
//!
//! Browsers can't set `Authorization` for a `WebSocket`, an `EventSource` or a download.
//! [`RequireScope::token_from`] takes the token of a group of routes from the query or from a
//! cookie, which has its price: see [`TokenPlace`].
//!
//! A stream must end when its token does. Race it against
//! [`token_end`](mobilefirst::TokenValidator::token_end):
//!
//! ```
//! use mobilefirst::{AnyScope, TokenPlace, TokenValidator};
//! use mobilefirst_rocket::{Caller, RequireScope};
//! use rocket::response::stream::{Event, EventStream};
//! use rocket::{State, get, routes};
//!
//! #[get("/events")]
//! fn events(validator: &State<TokenValidator>, caller: Caller) -> EventStream![] {
//!     let mut end = Box::pin(validator.token_end(&caller));
//!     EventStream! {
//!         let mut ticks = rocket::tokio::time::interval(std::time::Duration::from_secs(1));
//!         loop {
//!             rocket::tokio::select! {
//!                 () = &mut end => break,
//!                 _ = ticks.tick() => yield Event::data("tick"),
//!             }
//!         }
//!     }
//! }
//!
//! let streams = RequireScope::of::<AnyScope>().token_from(TokenPlace::query());
//! let rocket = rocket::build().mount("/", streams.routes(routes![events]));
//! ```
//!
//!
//! # Testing
//!
//! `mobilefirst-devserver` is an authorization server in the process of a test, without a
//! network: build the application with `authority.validator()`, and call it with a token of
//! `authority.issue(…)`. A unit test of a handler makes its caller by hand, with
//! `Permit::for_test(…)` of the core's feature `test-util`. The README of this crate has both
//! as a complete file.
//!
//! # Setting it up
//!
//! The crates are not on crates.io yet. With the repository next to your project:
//!
//! ```sh
//! cargo add --path ../mobilefirst/crates/mobilefirst-rocket
//! ```
//!
//! Everything that a server usually names is exported from here, the rest from [`mobilefirst`].
//!
//! [Rocket]: https://docs.rs/rocket/0.5

mod authorized;
mod body;
mod caller;
mod configuration;
mod denied;
mod fairing;
mod request;
mod require_scope;
mod slot;

pub use mobilefirst::{
    AnyScope, BaseUrl, Credentials, Denial, ErrorBody, Permit, Reason, RequiredScope, Requirement,
    Scope, Settings, TokenPlace, TokenValidator, TokenValidatorBuilder, scopes,
};

pub use crate::authorized::{Authorized, OptionalAuthorized};
pub use crate::caller::Caller;
pub use crate::denied::Denied;
pub use crate::fairing::MobileFirst;
pub use crate::require_scope::RequireScope;
