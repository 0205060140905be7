//! Guards the routes of a resource server with IBM MobileFirst Foundation or Persistent
//! Mobile Foundation.
//!
//! A caller sends `Authorization: Bearer <access token>`. A [`TokenValidator`] asks the
//! authorization server about that token ([introspection, RFC 7662][rfc7662]), with a
//! token of its own that it gets as a *confidential client*; checks that the token covers
//! the route's [`Scope`]; and says yes with a [`Permit`] or no with a [`Denial`], whose
//! status and challenge are those that the MobileFirst client SDKs understand.
//!
//! This crate knows no web framework: the adapters are `mobilefirst-actix-web` and its
//! siblings. Without one, it takes two lines:
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
//! [rfc7662]: https://www.rfc-editor.org/rfc/rfc7662

#[cfg(feature = "analytics")]
pub mod analytics;
mod answers;
mod authorize;
mod bearer;
mod builder;
mod cache;
mod challenge;
mod client;
mod clock;
mod credentials;
mod denial;
mod endpoint;
mod error;
mod error_body;
pub mod http_backend;
mod introspection;
#[cfg_attr(not(feature = "metrics"), path = "metrics/off.rs")]
mod metrics;
mod observer;
mod own_token;
mod permit;
mod quiet;
mod report;
mod request_info;
mod requirement;
mod scope;
mod server_url;
mod settings;
mod token_endpoint;
#[cfg(feature = "opentelemetry")]
mod trace_context;
mod upstream;
mod validation;
mod validator;

pub use async_trait::async_trait;

pub use crate::authorize::Authorize;
pub use crate::builder::TokenValidatorBuilder;
pub use crate::cache::{CacheKey, CacheStats, MemoryCache, TokenCache};
pub use crate::challenge::{BearerChallenge, Challenge, ChallengeError};
pub use crate::client::{ConfidentialClient, ConfidentialClientBuilder};
pub use crate::clock::{Clock, ManualClock, SystemClock};
pub use crate::credentials::{ClientAuthentication, Credentials};
pub use crate::denial::{Denial, Reason};
pub use crate::error::{Error, ErrorKind};
pub use crate::error_body::ErrorBody;
pub use crate::http_backend::HttpBackend;
pub use crate::introspection::{
    ActiveToken, Application, Device, DeviceStatus, Inactive, Introspection, User,
};
pub use crate::observer::{CacheResult, Decision, Observer, Verdict};
pub use crate::permit::{AnyScope, Permit, RequiredScope};
pub use crate::request_info::RequestInfo;
pub use crate::requirement::Requirement;
pub use crate::scope::Scope;
pub use crate::server_url::ServerUrl;
pub use crate::settings::Settings;
pub use crate::validation::{ContextApplication, ContextDevice, ContextUser, SecurityContext};
pub use crate::validator::TokenValidator;
