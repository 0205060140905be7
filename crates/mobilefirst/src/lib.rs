//! Guards the routes of a resource server with IBM MobileFirst Foundation or Persistent
//! Mobile Foundation.
//!
//! A caller sends `Authorization: Bearer <access token>`. A [`TokenValidator`] asks the
//! authorization server about that token ([introspection, RFC 7662][rfc7662]), with a
//! token of its own that it gets as a *confidential client*; checks that the token covers
//! the route's [`Scope`]; and says yes with a [`Permit`] or no with a [`Denial`], whose
//! status and challenge are those that the MobileFirst client SDKs understand.
//!
//! This crate knows no web framework. The adapters are `mobilefirst-actix-web`,
//! `mobilefirst-axum` (for any tower stack too), `mobilefirst-rocket` and
//! `mobilefirst-warp`. Without one, it takes two lines:
//!
//! ```
//! use http::{Request, Response, header::AUTHORIZATION};
//! use mobilefirst::{RequiredScope, Scope, TokenValidator};
//!
//! struct AccessRestricted;
//! impl RequiredScope for AccessRestricted {
//!     const SCOPE: Scope = Scope::from_static("accessRestricted");
//! }
//!
//! async fn balance(validator: &TokenValidator, request: Request<()>) -> Response<String> {
//!     let authorization = request.headers().get_all(AUTHORIZATION);
//!     match validator.authorize::<AccessRestricted>(authorization).await {
//!         Ok(permit) => Response::new(format!("{:?}: 17364.9", permit.token().username())),
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
//! Where in doubt, it refuses: an answer that makes no sense, a server that cannot be
//! reached, credentials that are not good any more never let a caller through, and never
//! look to a caller like his own fault. Logs, errors and `Debug` hold no token and no
//! secret.
//!
//! # What callers are answered
//!
//! | [`Reason`] | status | header field | what the apps' SDK does |
//! | --- | --- | --- | --- |
//! | [`MissingToken`](Reason::MissingToken) | 401 | `WWW-Authenticate: Bearer` | gets a token |
//! | [`InvalidRequest`](Reason::InvalidRequest) | 400 | … `error="invalid_request"` | hands it to the app |
//! | [`InvalidToken`](Reason::InvalidToken) | 401 | … `error="invalid_token"` | gets a new token |
//! | [`InsufficientScope`](Reason::InsufficientScope) | 403 | … `error="insufficient_scope", scope="…"` | gets a token for that scope |
//! | [`Conflict`](Reason::Conflict) | 409 | `MFP-Conflict` | sends the request again |
//! | [`Unavailable`](Reason::Unavailable) | 503 | `Retry-After` | hands it to the app |
//! | [`Misconfigured`](Reason::Misconfigured), [`InvalidResponse`](Reason::InvalidResponse) | 500 | none | hands it to the app |
//!
//! # Settings
//!
//! The two that are needed are arguments of [`TokenValidator::builder`]: where the server
//! is, and who we are. The [builder](TokenValidatorBuilder) has the rest, each with a
//! default. The one to think about is [`max_age`](TokenValidatorBuilder::max_age), 60 s
//! by default: how long a revoked token may still be taken, against how often the
//! authorization server is asked. [`Settings`] reads all of them from a configuration file
//! or the environment, through serde.
//!
//! [`TokenValidator::builder_v7`] is for MobileFirst Platform 7, whose validation endpoint checks
//! the scope too. [`ConfidentialClient`] is the other side: it calls guarded resources, and
//! gets the tokens that they ask for.
//!
//! # Seams
//!
//! | trait | default | implement it to |
//! | --- | --- | --- |
//! | [`HttpBackend`] | [`ReqwestBackend`] | use another HTTP client |
//! | [`TokenCache`] | [`MemoryCache`] | share answers in a fleet |
//! | [`Clock`] | [`SystemClock`] | test with [`ManualClock`] |
//! | [`Observer`] | nobody | be told of every decision |
//!
//! # Watching it
//!
//! Through [`tracing`]: each decision is a span `authorize` at `DEBUG`, with the outcome, the
//! reason, how the answer was come by (`cache`), and what the authorization server took
//! (`upstream_ms`, `retries`, `breaker`); a refusal is a `DEBUG` event in it, since anybody
//! can cause as many as he likes. What is wrong on our side is a `WARN` with cause and fix,
//! one of a kind in ten seconds. Where nobody listens, this costs a few instructions.
//! [`TokenValidator::check`] finds out whether tokens can be checked just now.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `reqwest` | on | the HTTP backend, over reqwest and rustls |
//! | `analytics` | off | [`analytics`]: a reporter of every decision to MobileFirst Analytics |
//! | `metrics` | off | counters, gauges and a histogram through the crate `metrics` 0.24, for any exporter |
//! | `opentelemetry` | off | the trace goes along to the authorization server, by the propagator that is set in `opentelemetry` 0.33 |
//!
//! # Testing your server
//!
//! The crate `mobilefirst-devserver` is an authorization server for development and tests,
//! in your process or beside it: it issues and revokes tokens as you say, counts calls, and
//! can be made to fail.
//!
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
pub use crate::clock::{Clock, ManualClock, SystemClock};
pub use crate::credentials::{ClientAuthentication, Credentials};
pub use crate::error::{Error, ErrorKind};
pub use crate::health::{Finding, Health};
pub use crate::lookup::cache::{CacheEntries, TokenCache};
pub use crate::lookup::cache_key::CacheKey;
pub use crate::lookup::evidence::CacheResult;
pub use crate::lookup::memory_cache::MemoryCache;
pub use crate::lookup::stats::CacheStats;
pub use crate::observe::observer::{Decision, Observer, Verdict};
pub use crate::observe::request_info::RequestInfo;
pub use crate::scope::Scope;
pub use crate::token::introspection::{ActiveToken, Inactive, Introspection};
pub use crate::token::mfp_objects::{Application, Device, DeviceStatus, User};
pub use crate::token::security_context::{
    ContextApplication, ContextDevice, ContextUser, SecurityContext,
};
pub use crate::upstream::http_backend::HttpBackend;
#[cfg(feature = "reqwest")]
pub use crate::upstream::reqwest::{ReqwestBackend, ReqwestBackendBuilder};
pub use crate::validator::TokenValidator;
pub use crate::validator::authorize::Authorize;
pub use crate::validator::builder::TokenValidatorBuilder;
pub use crate::validator::settings::Settings;
pub use crate::verdict::denial::{Denial, Reason};
pub use crate::verdict::error_body::ErrorBody;
pub use crate::verdict::permit::Permit;
pub use crate::verdict::requirement::{AnyScope, RequiredScope, Requirement};

/// Challenges in `WWW-Authenticate`: reading those of other servers, and writing our own.
pub mod challenge {
    pub use crate::header::bearer_challenge::BearerChallenge;
    pub use crate::header::challenge::{Challenge, ChallengeError};
}
