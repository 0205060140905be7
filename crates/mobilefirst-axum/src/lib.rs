//! Guards [axum] routes, and other [tower] services, with IBM MobileFirst Foundation or
//! Persistent Mobile Foundation. All decisions are made in [`mobilefirst`].
//!
//! Put a [`TokenValidator`] into the router's state, and
//! take [`Authorized`] with the required scope as a type:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use mobilefirst_axum::{Authorized, Credentials, TokenValidator, scopes};
//!
//! scopes! { AccessRestricted = "accessRestricted"; }
//!
//! async fn balance(caller: Authorized<AccessRestricted>) -> String {
//!     format!("{}: 17364.9", caller.username().unwrap_or("stranger"))
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
//! - **A group of routes**: [`RequireScopeLayer`]; handlers take [`Caller`]. It guards any tower stack, including
//!   tonic's: see [gRPC](#grpc).
//! - **Routes with long bodies**: put [`DrainRefusedLayer`] around the router, so that
//!   refusals arrive: see [Uploads](#uploads).
//! - **CORS**: call `layer` for it last, so that it is outermost. Preflight requests have
//!   no token, and refusals need CORS header fields too.
//! - **A handler that does not compile**: put `#[axum::debug_handler(state = TokenValidator)]`
//!   before it. The usual reasons are a body extractor that is not last, and `Result<_, Denial>` where
//!   `Result<_, Denied>` is meant.
//! - **A token that is optional**: take `Option<Authorized<S>>`.
//! - **Your own answer to a refusal**: `Result<Authorized<S>, Denied>` hands the refusal
//!   to your handler. `map_response` and other outer middleware find the
//!   [`Denial`] in the extensions of the response. For the body
//!   alone, see [`error_body`](mobilefirst::TokenValidatorBuilder::error_body).
//! - **Checks of your own**: a handler returns `Result<_, Denied>` and refuses with
//!   [`Permit::forbidden`](mobilefirst::Permit::forbidden) or
//!   [`Permit::narrow`](mobilefirst::Permit::narrow).
//!
//! # Several realms
//!
//! An application that serves users of two authorization servers, or two clients of one, has
//! a validator for each. Give each router its own as its state:
//!
//! ```
//! use axum::{Router, routing::get};
//! use mobilefirst::TokenValidator;
//! use mobilefirst_axum::Authorized;
//!
//! async fn profile(caller: Authorized) -> String {
//!     format!("{:?}", caller.token().username())
//! }
//!
//! fn app(bank: TokenValidator, shop: TokenValidator) -> Router {
//!     let of_bank = Router::new().route("/profile", get(profile)).with_state(bank);
//!     let of_shop = Router::new().route("/profile", get(profile)).with_state(shop);
//!     Router::new().nest("/bank", of_bank).nest("/shop", of_shop)
//! }
//! ```
//!
//! [`RequireScopeLayer`] takes its validator as an argument, so a group has the realm it is
//! given.
//!
//! # Where a header can't be set
//!
//! Browsers can't set `Authorization` for a `WebSocket`, an `EventSource` or a download.
//! [`TokenFromLayer`] takes the token of some routes from the query or from a cookie, which
//! has its price: see [`TokenPlace`].
//!
//! A stream must end when its token does. Race it against
//! [`token_end`](mobilefirst::TokenValidator::token_end):
//!
//! ```
//! use axum::{Router, body::Body, extract::State, routing::get};
//! use futures_util::{StreamExt, stream};
//! use mobilefirst::{TokenPlace, TokenValidator};
//! use mobilefirst_axum::{Authorized, TokenFromLayer};
//!
//! async fn events(State(validator): State<TokenValidator>, caller: Authorized) -> Body {
//!     let events = stream::repeat_with(|| Ok::<_, std::io::Error>("data: tick\n\n"));
//!     Body::from_stream(events.take_until(Box::pin(validator.token_end(&caller))))
//! }
//!
//! fn app(validator: TokenValidator) -> Router {
//!     Router::new()
//!         .route("/events", get(events))
//!         .route_layer(TokenFromLayer::new(TokenPlace::query()))
//!         .with_state(validator)
//! }
//! ```
//!
//! `Sse::new(events.take_until(…))` works in the same way. For a WebSocket, wait for both in
//! `tokio::select!`, and leave the loop when the token ends.
//!
//! # Uploads
//!
//! An app whose token is bad must see the 401, or it never gets a new token. Many HTTP/1
//! clients, such as the JDK's `HttpURLConnection` and Python's `http.client`, see it only
//! after they have written their whole request: if the server stops reading before, they
//! report a broken pipe. A reverse proxy makes no difference. nginx, which holds the whole
//! body by default (`proxy_request_buffering`), answers 502 in place of most such refusals.
//! Clients over HTTP/2 are not concerned.
//!
//! - [`DrainRefusedLayer`] around a router reads the rest of each request that an extractor
//!   refused. An extractor alone can't: axum hands it the head of the request, and drops the
//!   body once it refuses.
//! - [`RequireScopeLayer`] does so by itself.
//!
//! # gRPC
//!
//! [`RequireScopeLayer`] answers a refused gRPC call as gRPC expects it, with *trailers
//! only*: 200, `grpc-status` and `grpc-message` in the header, and no body, not even that of
//! [`error_body`](mobilefirst::TokenValidatorBuilder::error_body). The client's metadata
//! holds the challenge.
//!
//! | HTTP status | gRPC status | metadata |
//! | --- | --- | --- |
//! | 400 | 3 `INVALID_ARGUMENT` | `www-authenticate` |
//! | 401 | 16 `UNAUTHENTICATED` | `www-authenticate` |
//! | 403 | 7 `PERMISSION_DENIED` | `www-authenticate` |
//! | 409 | 10 `ABORTED` | `mfp-conflict` |
//! | 500 | 13 `INTERNAL` | none |
//! | 503 | 14 `UNAVAILABLE` | `retry-after` |
//!
//! To guard all methods of a server alike, use `Server::builder().layer(guard)`; for one
//! service, `LayerExt::named_layer`. Methods find the [`Permit`] in the
//! extensions of `tonic::Request`.
//!
//! **A scope per method**: give each method a route of its own. A method that nobody named
//! has no route, so it is `UNIMPLEMENTED` and cannot be called without a guard.
//!
//! ```
//! use std::convert::Infallible;
//! use axum::body::Body;
//! use http::{Request, Response};
//! use mobilefirst_axum::{RequireScopeLayer, TokenValidator, scopes};
//! use tonic::service::Routes;
//! use tower_layer::Layer;
//! use tower_service::Service;
//!
//! scopes! { AccessRestricted = "accessRestricted"; TransferPrivilege = "transferPrivilege"; }
//!
//! // `bank` is a service that tonic generated, such as `BankServer::new(…)`.
//! fn routes<S>(bank: S, validator: TokenValidator) -> Routes
//! where
//!     S: Service<Request<Body>, Response = Response<tonic::body::Body>, Error = Infallible>,
//!     S: Clone + Send + Sync + 'static,
//!     S::Future: Send,
//! {
//!     let balance = RequireScopeLayer::of::<AccessRestricted>(validator.clone());
//!     let transfer = RequireScopeLayer::of::<TransferPrivilege>(validator);
//!     let router = Routes::default()
//!         .into_axum_router()
//!         .route_service("/bank.Bank/Balance", balance.layer(bank.clone()))
//!         .route_service("/bank.Bank/Transfer", transfer.layer(bank));
//!     Routes::from(router)
//! }
//! ```
//!
//! Serve them with `Server::builder().add_routes(routes)`.
//!
//! **gRPC-Web** clients take such a refusal too. Put the guard outside of
//! `tonic_web::GrpcWebLayer`, which means before it in `Server::builder()`. For browsers,
//! CORS must expose `grpc-status` and `grpc-message`, beside the challenge.
//!
//! A call is told by POST and its `Content-Type`, which the caller writes. So don't put the
//! layer on an endpoint whose status is a verdict to a proxy that sends the caller's method
//! and `Content-Type`, as Envoy's `ext_authz` can: to it, 200 is a grant. Use the extractor
//! there: its refusals are never 200. (nginx's `auth_request` sends GET.)
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
//! cargo add --path ../mobilefirst/crates/mobilefirst-axum
//! ```
//!
//! Everything that a server usually names is exported from here, the rest from [`mobilefirst`].
//!
//! [axum]: https://docs.rs/axum/0.8
//! [tower]: https://docs.rs/tower

mod authorized;
mod caller;
mod denied;
mod drain;
mod drain_refused;
mod request;
mod require_scope;
mod response_body;
mod token_from;

pub use mobilefirst::{
    AnyScope, BaseUrl, Credentials, Denial, ErrorBody, Permit, Reason, RequiredScope, Requirement,
    Scope, Settings, TokenPlace, TokenValidator, TokenValidatorBuilder, scopes,
};
/// For [`RequireScopeLayer::layer`](Layer::layer), around a service that is no router's.
pub use tower_layer::Layer;

pub use crate::authorized::Authorized;
pub use crate::caller::Caller;
pub use crate::denied::Denied;
pub use crate::drain_refused::{DrainFuture, DrainRefused, DrainRefusedLayer};
pub use crate::require_scope::{RequireScope, RequireScopeLayer, ResponseFuture};
pub use crate::response_body::ResponseBody;
pub use crate::token_from::{TokenFrom, TokenFromFuture, TokenFromLayer};
