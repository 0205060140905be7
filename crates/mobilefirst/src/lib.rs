//! Guards the routes of a resource server with IBM MobileFirst Foundation or Persistent
//! Mobile Foundation.
//!
//! A caller sends `Authorization: Bearer <access token>`. A [`TokenValidator`] asks the
//! authorization server about that token ([introspection, RFC 7662][rfc7662]),
//! authenticating with our own token, which it gets as a *confidential client*. It then
//! checks that the caller's token covers the route's [`Scope`], and returns either a
//! [`Permit`] or a [`Denial`]. A denial has the status and the challenge that the
//! MobileFirst client SDKs understand.
//!
//! This crate does not depend on a web framework. The adapters do, and export from here what a
//! server names:
//!
//! | framework | crate | a guarded handler takes |
//! | --- | --- | --- |
//! | actix-web 4 | [`mobilefirst-actix-web`] | `Authorized<S>`, or `Guarded<S, T>` with a body |
//! | axum 0.8, tonic, any tower stack | [`mobilefirst-axum`] | `Authorized<S>`, or `Caller` behind a layer |
//! | Rocket 0.5 | [`mobilefirst-rocket`] | `Authorized<S>`, or `Caller` in a guarded group |
//! | warp 0.4 | [`mobilefirst-warp`] | `Authorized<S>`, behind the filter `authorized` |
//!
//! The crates are not on crates.io yet. With the repository next to your project, add one by
//! its path: `cargo add --path ../mobilefirst/crates/mobilefirst-axum`.
//!
//! Without an adapter, guarding a handler takes two lines:
//!
//! ```
//! use http::{Request, Response, header::AUTHORIZATION};
//! use mobilefirst::{TokenValidator, scopes};
//!
//! scopes! { AccessRestricted = "accessRestricted"; }
//!
//! async fn balance(validator: &TokenValidator, request: Request<()>) -> Response<String> {
//!     let authorization = request.headers().get_all(AUTHORIZATION);
//!     match validator.authorize::<AccessRestricted>(authorization).await {
//!         Ok(permit) => Response::new(format!("{:?}: 17364.9", permit.username())),
//!         Err(denial) => {
//!             let mut response = Response::new(String::new());
//!             *response.status_mut() = denial.status();
//!             response.headers_mut().extend(denial.headers());
//!             response
//!         }
//!     }
//! }
//! ```
//!
//! The validator fails closed: an invalid answer, an unreachable server or rejected
//! credentials never let a request through, and are never reported to the caller as an
//! error in the request. Logs, errors and `Debug` output contain no tokens and no secrets.
//!
//! # Responses to refused requests
//!
//! | [`Reason`] | status | header field | what the client SDK does |
//! | --- | --- | --- | --- |
//! | [`MissingToken`](Reason::MissingToken) | 401 | `WWW-Authenticate: Bearer` | gets a token |
//! | [`InvalidRequest`](Reason::InvalidRequest) | 400 | … `error="invalid_request"` | passes it to the app |
//! | [`InvalidToken`](Reason::InvalidToken) | 401 | … `error="invalid_token"` | gets a new token |
//! | [`InsufficientScope`](Reason::InsufficientScope) | 403 | … `error="insufficient_scope", scope="…"` | gets a token for that scope |
//! | [`BlockedDevice`](Reason::BlockedDevice), [`Forbidden`](Reason::Forbidden) | 403 | none | passes it to the app |
//! | [`Conflict`](Reason::Conflict) | 409 | `MFP-Conflict` | sends the request again |
//! | [`Unavailable`](Reason::Unavailable) | 503 | `Retry-After` | passes it to the app |
//! | [`Misconfigured`](Reason::Misconfigured), [`InvalidResponse`](Reason::InvalidResponse) | 500 | none | passes it to the app |
//!
//! A handler that checks more than the scope refuses with [`Permit::forbidden`],
//! [`Permit::insufficient_scope`] or [`Permit::narrow`]. Don't build such a response by hand:
//! a 403 that says `Bearer` without a scope makes an app wait forever. See *Checks of your
//! own* in `docs/checks.md`.
//!
//! An active token is refused too if its device is blocked ([`DevicePolicy`]), or if it is
//! bound to a key (`cnf`, RFC 7800), because nobody proved possession of that key.
//!
//! # Settings
//!
//! [`TokenValidator::builder`] takes the two required settings: the server's URL and our
//! credentials. The [builder](TokenValidatorBuilder) has the others, each with a default.
//! Pay most attention to [`max_age`](TokenValidatorBuilder::max_age), 60 s by default: it
//! trades how long a revoked token may still be accepted for how often the authorization
//! server is asked. [`Settings`] reads the settings from a configuration file or the
//! environment, through serde.
//!
//! [`TokenValidator::builder_v7`] is for MobileFirst Platform 7, whose validation endpoint
//! also checks the scope. [`ConfidentialClient`] is for the calling side: it calls guarded
//! resources and gets the tokens they ask for.
//!
//! # Extension points
//!
//! | trait | default | implement it to |
//! | --- | --- | --- |
//! | [`HttpBackend`] | [`ReqwestBackend`] | use another HTTP client |
//! | [`TokenCache`] | [`MemoryCache`] | cache answers in another way |
//! | [`RemoteStore`] | none | share answers and invalidations between processes |
//! | [`Clock`] | [`SystemClock`] | control the time; for tests there is [`ManualClock`] |
//! | [`Observer`] | none | receive every decision |
//!
//! # Monitoring
//!
//! Each decision is a [`tracing`] span `authorize` at level `DEBUG`. It records the outcome,
//! the reason, where the answer came from (`cache`), and the call to the authorization
//! server (`upstream_ms`, `retries`, `breaker`). A refusal is a `DEBUG` event in that span,
//! because callers can trigger these at will. A problem on our side is logged at `WARN` with
//! its cause and its fix, at most once every ten seconds for each kind of problem. Without a
//! subscriber, all this costs a few instructions.
//!
//! [`TokenValidator::check`] checks whether tokens can be introspected at the moment.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `reqwest` | on | the default HTTP backend, based on reqwest and rustls |
//! | `analytics` | off | [`analytics`]: reports every decision to MobileFirst Analytics |
//! | `test-util` | off | `Permit::for_test`; only for `[dev-dependencies]` |
//! | `metrics` | off | counters, gauges and a histogram through the crate `metrics` 0.24, for any exporter |
//! | `opentelemetry` | off | propagates the trace to the authorization server, using the propagator set in `opentelemetry` 0.33 |
//!
//! # Testing your server
//!
//! The crate `mobilefirst-devserver` is an authorization server for development and tests.
//! It runs in your process or as one of its own, issues and revokes tokens on request,
//! counts calls, and can simulate failures. `Authority::new().validator()` is a validator
//! that asks it without a network. For a unit test of a handler, the feature `test-util` has
//! `Permit::for_test`, a permit made by hand.
//!
//! # For adapters
//!
//! These items are for crates that connect a web framework. Applications don't need them.
//!
//! | item | what it is for |
//! | --- | --- |
//! | [`Authorize::for_request`] | describe the request to observers |
//! | [`TokenValidator::authorize_behind`] | make one check with a guard that has let the request through |
//! | [`RequestInfo::new`], [`RequestInfo::of`] | build that description |
//! | [`Denial::grpc_response`] | refuse a gRPC call |
//! | [`Denial::not_set_up`] | refuse a request when the application registered no validator |
//! | `From<Denial>` for [`Authorize`] | return such a refusal in place of a pending decision |
//!
//! [`mobilefirst-actix-web`]: ../mobilefirst_actix_web/index.html
//! [`mobilefirst-axum`]: ../mobilefirst_axum/index.html
//! [`mobilefirst-rocket`]: ../mobilefirst_rocket/index.html
//! [`mobilefirst-warp`]: ../mobilefirst_warp/index.html
//! [rfc7662]: https://www.rfc-editor.org/rfc/rfc7662

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "analytics")]
pub mod analytics;
mod base_url;
mod client;
mod clock;
mod credentials;
mod error;
mod flight;
mod header;
mod health;
mod lookup;
mod observe;
mod protocol;
mod scope;
mod telemetry;
mod token;
mod upstream;
mod validator;
mod verdict;

pub use async_trait::async_trait;

pub use crate::base_url::BaseUrl;
pub use crate::client::ConfidentialClient;
pub use crate::client::builder::ConfidentialClientBuilder;
pub use crate::client::call::GuardedCall;
pub use crate::client::resource::Resource;
pub use crate::client::route_pattern::RoutePattern;
pub use crate::client::unanswered::Unanswered;
pub use crate::clock::{Clock, ManualClock, Moment, SystemClock};
pub use crate::credentials::{ClientAuthentication, Credentials};
pub use crate::error::{Error, ErrorKind};
pub use crate::header::token_place::TokenPlace;
pub use crate::health::{Finding, Health};
pub use crate::lookup::cache::{CacheEntries, TokenCache};
pub use crate::lookup::cache_key::CacheKey;
pub use crate::lookup::evidence::CacheResult;
pub use crate::lookup::forgotten::Invalidator;
pub use crate::lookup::invalidation::Invalidation;
pub use crate::lookup::memory_cache::MemoryCache;
pub use crate::lookup::remote_store::RemoteStore;
pub use crate::lookup::stats::CacheStats;
pub use crate::lookup::store_key::StoreKey;
pub use crate::lookup::subject::Subject;
pub use crate::observe::observer::{Decision, Observer, Verdict};
pub use crate::scope::Scope;
pub use crate::token::introspection::{ActiveToken, Inactive, Introspection};
pub use crate::token::mfp_objects::{Application, Device, DeviceStatus, User};
pub use crate::token::security_context::{
    ContextApplication, ContextDevice, ContextUser, SecurityContext,
};
pub use crate::token::stored::StoredAnswer;
pub use crate::upstream::http_backend::HttpBackend;
#[cfg(feature = "reqwest")]
pub use crate::upstream::reqwest::{ReqwestBackend, ReqwestBackendBuilder};
pub use crate::validator::TokenValidator;
pub use crate::validator::authorize::Authorize;
pub use crate::validator::builder::TokenValidatorBuilder;
pub use crate::validator::settings::Settings;
pub use crate::verdict::denial::{Denial, Reason};
pub use crate::verdict::device_policy::DevicePolicy;
pub use crate::verdict::error_body::ErrorBody;
pub use crate::verdict::permit::Permit;
pub use crate::verdict::refusal::Refusal;
pub use crate::verdict::refused_body::drain_refused_body;
pub use crate::verdict::request_info::RequestInfo;
pub use crate::verdict::requirement::{AnyScope, RequiredScope, Requirement};

/// Parses and writes the challenges in `WWW-Authenticate`.
pub mod challenge {
    pub use crate::header::bearer_challenge::BearerChallenge;
    pub use crate::header::challenge::{Challenge, ChallengeError};
}
