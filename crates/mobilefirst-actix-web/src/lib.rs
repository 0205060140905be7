//! Guards [actix-web] routes with IBM MobileFirst Foundation or Persistent Mobile
//! Foundation. All decisions are made in [`mobilefirst`].
//!
//! Put a [`TokenValidator`] into `app_data`, and take
//! [`Authorized`] with the required scope as a type. A handler that reads the body takes
//! [`Guarded`]:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, get, post, web};
//! use mobilefirst_actix_web::{Authorized, Credentials, Guarded, TokenValidator, scopes};
//!
//! scopes! { AccessRestricted = "accessRestricted"; Transfer = "accessRestricted transferPrivilege"; }
//!
//! #[get("/balance")]
//! async fn balance(caller: Authorized<AccessRestricted>) -> String {
//!     format!("{}: 17364.9", caller.username().unwrap_or("stranger"))
//! }
//!
//! #[post("/transfer")]
//! async fn transfer(Guarded(caller, cents): Guarded<Transfer, web::Json<u64>>) -> String {
//!     format!("{:?} pays {cents}", caller.username())
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = "https://mfp.example.com/mfp/api".parse()?;
//!     let credentials = Credentials::new("bank", std::env::var("MFP_CLIENT_SECRET")?)?;
//!     let validator = web::Data::new(TokenValidator::builder(server, credentials).build()?);
//!     let app = move || {
//!         let app = App::new().app_data(validator.clone());
//!         app.service(balance).service(transfer)
//!     };
//!     HttpServer::new(app).bind("127.0.0.1:8080")?.run().await?;
//!     Ok(())
//! }
//! ```
//!
//! - **A group of routes**: wrap it in [`RequireScope`]; handlers take [`Caller`]. CORS middleware goes around it
//!   (call `wrap` for CORS last), because preflight requests have no token.
//! - **The check comes first** in `Guarded` and `RequireScope`: nothing of a
//!   stranger's body is parsed or kept, and a bad token is refused whatever it looks like. The arguments of a
//!   handler are extracted side by side, so a handler with `Authorized<S>` and
//!   `web::Json<T>` may answer a bad body before a bad token.
//! - **A refused upload** needs nothing: actix-web reads on for a moment after it has
//!   answered, so that a client that writes before it reads gets to see the refusal.
//! - **A token that is optional**: take [`OptionalAuthorized`], not `Option<Authorized>`.
//! - **Your own answer to a refusal**: `Result<Authorized<S>, Denied>` hands the refusal
//!   to your handler. For the body alone, see
//!   [`error_body`](mobilefirst::TokenValidatorBuilder::error_body).
//! - **Checks of your own**: a handler returns `Result<_, Denied>` and refuses with
//!   [`Permit::forbidden`](mobilefirst::Permit::forbidden) or
//!   [`Permit::narrow`](mobilefirst::Permit::narrow).
//! - **One validator**: build it outside the closure of `HttpServer::new`. Every worker
//!   thread runs that closure, and all should share one cache.
//!
//! # Several realms
//!
//! An application that serves users of two authorization servers, or two clients of one, has
//! a validator for each. Give each scope its own as `app_data`: the innermost one counts, for
//! extractors and for [`RequireScope`].
//!
//! ```
//! use actix_web::web;
//! use mobilefirst::TokenValidator;
//! use mobilefirst_actix_web::Authorized;
//!
//! async fn profile(caller: Authorized) -> String {
//!     format!("{:?}", caller.token().username())
//! }
//!
//! // For `App::configure`.
//! fn realms(bank: web::Data<TokenValidator>, shop: web::Data<TokenValidator>)
//! -> impl FnOnce(&mut web::ServiceConfig) {
//!     move |config| {
//!         let profile = || web::get().to(profile);
//!         config
//!             .service(web::scope("/bank").app_data(bank).route("/profile", profile()))
//!             .service(web::scope("/shop").app_data(shop).route("/profile", profile()));
//!     }
//! }
//! ```
//!
//! # Where a header can't be set
//!
//! Browsers can't set `Authorization` for a `WebSocket`, an `EventSource` or a download.
//! [`TokenFrom`] takes the token of some routes from the query or from a cookie, which has
//! its price: see [`TokenPlace`].
//!
//! A stream must end when its token does. Race it against
//! [`token_end`](mobilefirst::TokenValidator::token_end):
//!
//! ```
//! use actix_web::{HttpResponse, web};
//! use futures_util::{StreamExt, stream};
//! use mobilefirst::{TokenPlace, TokenValidator};
//! use mobilefirst_actix_web::{Authorized, TokenFrom};
//!
//! async fn events(validator: web::Data<TokenValidator>, caller: Authorized) -> HttpResponse {
//!     let tick = || Ok::<_, actix_web::Error>(web::Bytes::from_static(b"data: tick\n\n"));
//!     let events = stream::repeat_with(tick);
//!     let events = events.take_until(Box::pin(validator.token_end(&caller)));
//!     HttpResponse::Ok().content_type("text/event-stream").streaming(events)
//! }
//!
//! let events = web::resource("/events")
//!     .get(events)
//!     .wrap(TokenFrom::new(TokenPlace::query()));
//! ```
//!
//! For a WebSocket, wait for both in `tokio::select!`, and leave the loop when the token ends.
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
//! cargo add --path ../mobilefirst/crates/mobilefirst-actix-web
//! ```
//!
//! Everything that a server usually names is exported from here, the rest from [`mobilefirst`].
//!
//! [actix-web]: https://docs.rs/actix-web/4

mod authorized;
mod caller;
mod denied;
mod guarded;
mod request;
mod require_scope;
mod token_from;

pub use mobilefirst::{
    AnyScope, BaseUrl, Credentials, Denial, ErrorBody, Permit, Reason, RequiredScope, Requirement,
    Scope, Settings, TokenPlace, TokenValidator, TokenValidatorBuilder, scopes,
};

pub use crate::authorized::{Authorized, Extract, OptionalAuthorized};
pub use crate::caller::Caller;
pub use crate::denied::Denied;
pub use crate::guarded::Guarded;
pub use crate::require_scope::{RequireScope, RequireScopeService};
pub use crate::token_from::{TokenFrom, TokenFromService};
