//! Guards [warp] routes with IBM MobileFirst Foundation or Persistent Mobile Foundation.
//! All decisions are made in [`mobilefirst`].
//!
//! Give a [`TokenValidator`] to [`authorized`], and take
//! [`Authorized`] with the required scope as a type:
//!
//! ```no_run
//! use mobilefirst_warp::{
//!     AndGranted, Authorized, Credentials, ThenGranted, TokenValidator, authorized, scopes,
//! };
//! use warp::Filter;
//!
//! scopes! { AccessRestricted = "accessRestricted"; Transfer = "accessRestricted transferPrivilege"; }
//!
//! async fn balance(caller: Authorized<AccessRestricted>) -> String {
//!     format!("{}: 17364.9", caller.username().unwrap_or("stranger"))
//! }
//!
//! async fn transfer(caller: Authorized<Transfer>, cents: u64) -> String {
//!     format!("{:?} pays {cents}", caller.username())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let server = "https://mfp.example.com/mfp/api".parse()?;
//!     let credentials = Credentials::new("bank", std::env::var("MFP_CLIENT_SECRET")?)?;
//!     let validator = TokenValidator::builder(server, credentials).build()?;
//!     let balance = warp::path!("balance")
//!         .and(warp::get())
//!         .and(authorized(&validator))
//!         .then_granted(balance);
//!     let transfer = warp::path!("transfer")
//!         .and(warp::post())
//!         .and(authorized(&validator))
//!         .and_granted(warp::body::json())
//!         .then_granted(transfer);
//!     warp::serve(balance.or(transfer)).run(([127, 0, 0, 1], 8080)).await;
//!     Ok(())
//! }
//! ```
//!
//! - **A refusal is a reply, never a rejection.** A rejection means "not for me, try the
//!   next route", so `guarded.or(open)` would serve callers who were refused.
//! - **The check comes after what selects the route**: the path and the method. A request
//!   with another path goes on to the next route, one with another method gets warp's 405,
//!   and neither is checked.
//! - **What reads the body comes after the check**, in
//!   [`and_granted`](AndGranted::and_granted). Nothing of a stranger's body is parsed or
//!   kept, and a bad token is refused whatever the body looks like. In the other order, the
//!   route refuses every request with 500, and the log says what to do.
//! - **A refused upload** is read on and dropped in the background, within bounds
//!   ([`drain_refused_body`](mobilefirst::drain_refused_body)), so that a client that
//!   writes before it reads gets to see the refusal.
//! - **A group of routes**: [`RequireScope`], behind the path that they share; handlers take
//!   [`Caller`]. Here the
//!   check comes first: before a request is granted, no body is read and no caller learns
//!   anything about the group, not even by a 405.
//! - **A scope that is known only at run time**: [`authorized_scope`].
//! - **A token that is optional**: [`optional_authorized`].
//! - **Your own answer to a refusal**: after `then_granted(…)`, warp's own
//!   [`map`](warp::Filter::map) takes a `Result` of the reply or the refusal. For the body
//!   alone, see [`error_body`](mobilefirst::TokenValidatorBuilder::error_body).
//! - **Checks of your own**: a handler returns `Result<_, Denied>` and refuses with
//!   [`Permit::forbidden`](mobilefirst::Permit::forbidden) or
//!   [`Permit::narrow`](mobilefirst::Permit::narrow).
//! - **CORS**: put `.with(warp::cors()…)` around the guarded routes. It answers preflight
//!   requests, which have no token, before any check, and adds its header fields to
//!   refusals too.
//!
//! # Several realms
//!
//! An application that serves users of two authorization servers, or two clients of one, has
//! a validator for each. Every filter takes its validator as an argument:
//!
//! ```
//! use mobilefirst::TokenValidator;
//! use mobilefirst_warp::{Authorized, ThenGranted, authorized};
//! use warp::{Filter, Reply};
//!
//! async fn profile(caller: Authorized) -> String {
//!     format!("{:?}", caller.token().username())
//! }
//!
//! fn app(bank: &TokenValidator, shop: &TokenValidator) -> impl Filter<Extract: Reply> + Clone {
//!     let of_bank = warp::path!("bank" / "profile")
//!         .and(authorized(bank))
//!         .then_granted(profile);
//!     let of_shop = warp::path!("shop" / "profile")
//!         .and(authorized(shop))
//!         .then_granted(profile);
//!     of_bank.or(of_shop)
//! }
//! ```
//!
//! # Where a header can't be set
//!
//! Browsers can't set `Authorization` for a `WebSocket`, an `EventSource` or a download.
//! [`authorized_from`] takes the token of a route from the query or from a cookie, which has
//! its price: see [`TokenPlace`].
//!
//! A stream must end when its token does. Race it against
//! [`token_end`](mobilefirst::TokenValidator::token_end):
//!
//! ```
//! use futures_util::{StreamExt, stream};
//! use mobilefirst::{TokenPlace, TokenValidator};
//! use mobilefirst_warp::{Authorized, ThenGranted, authorized_from};
//! use warp::{Filter, Reply, sse};
//!
//! fn events(validator: TokenValidator) -> impl Filter<Extract: Reply> + Clone {
//!     warp::path!("events")
//!         .and(warp::get())
//!         .and(authorized_from(&validator, TokenPlace::query()))
//!         .then_granted(move |caller: Authorized| {
//!             let tick = || Ok::<_, std::convert::Infallible>(sse::Event::default().data("tick"));
//!             let events = stream::repeat_with(tick);
//!             let events = events.take_until(Box::pin(validator.token_end(&caller)));
//!             async { sse::reply(events) }
//!         })
//!         .with(warp::reply::with::header("cache-control", TokenPlace::CACHE_CONTROL))
//! }
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
//! cargo add --path ../mobilefirst/crates/mobilefirst-warp
//! ```
//!
//! Everything that a server usually names is exported from here, the rest from [`mobilefirst`].
//!
//! [warp]: https://docs.rs/warp/0.4

mod authorized;
mod body;
mod denied;
mod granted;
mod request;
mod require_scope;
mod then_granted;

pub use mobilefirst::{
    AnyScope, BaseUrl, Credentials, Denial, ErrorBody, Permit, Reason, RequiredScope, Requirement,
    Scope, Settings, TokenPlace, TokenValidator, TokenValidatorBuilder, scopes,
};

pub use crate::authorized::{
    Authorized, Caller, authorized, authorized_from, authorized_scope, optional_authorized,
};
pub use crate::denied::Denied;
pub use crate::granted::{AndGranted, Granted};
pub use crate::require_scope::RequireScope;
pub use crate::then_granted::ThenGranted;
