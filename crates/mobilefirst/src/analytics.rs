//! Reports every decision to MobileFirst Analytics.
//!
//! An [`AnalyticsReporter`] is an [`Observer`](crate::Observer) that sends the events which
//! the Operations Console shows as network transactions: which app called what, from which
//! device, and whether it was authorized. The format is that of IBM's Node library.
//!
//! ```
//! # #[cfg(feature = "reqwest")]
//! # async fn serve() -> Result<(), mobilefirst::Error> {
//! use mobilefirst::analytics::AnalyticsReporter;
//! use mobilefirst::{Credentials, TokenValidator};
//!
//! let url = "https://mfp.example.com:9443/analytics-service/rest/v3".parse()?;
//! let reporter = AnalyticsReporter::builder(url, "reporter", "s3cret").build()?;
//!
//! let server = "https://mfp.example.com/mfp/api".parse()?;
//! let validator = TokenValidator::builder(server, Credentials::new("bank", "s3cret")?)
//!     .observer(reporter.clone())
//!     .build()?;
//! // … serve requests until shutdown …
//! let lost = reporter.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! # Settings
//!
//! | setting | default | bounds |
//! | --- | --- | --- |
//! | [`capacity`](AnalyticsReporterBuilder::capacity): maximum number of queued events | 10,000 | 1 to 1,000,000 |
//! | [`batch_size`](AnalyticsReporterBuilder::batch_size): maximum number of events in one request | 100 | 1 to 1,000, at most the capacity |
//! | [`interval`](AnalyticsReporterBuilder::interval): maximum wait for a full batch | 5 s | at most 1 h |
//! | [`deadline`](AnalyticsReporterBuilder::deadline) of a request | 10 s | more than zero |
//! | [`base_url`](AnalyticsReporterBuilder::base_url) before each path | none | |
//! | [`server_address`](AnalyticsReporterBuilder::server_address) in each event | none | |
//! | [`http_backend`](AnalyticsReporterBuilder::http_backend) | `ReqwestBackend` | |
//! | [`clock`](AnalyticsReporterBuilder::clock) | the system's | |
//!
//! # What is sent
//!
//! | field | from |
//! | --- | --- |
//! | `timestamp`, `timezone` | the time of the decision, in ms since 1970; always UTC, so 0 |
//! | `authSuccess`, `validationCode` | the verdict |
//! | `responseCode` | the status of the refusal; 200 for an authorized request, since its handler has not run yet |
//! | `serverProcessingTime` | how long the decision took, in whole ms |
//! | `requestMethod`, `resourceURL` | the request; the URL is `base_url` and the path |
//! | `userAgent`, `trackingID` | the fields `User-Agent` and `X-WL-Analytics-Tracking-ID` |
//! | `appID`, `appVersion`, `deviceID`, `deviceModel` | the authorization server's answer about the token; for a refusal, the field `X-MFP-Analytics-Metadata` |
//! | `appName`, `appVersionCode`, `deviceBrand`, `deviceOS`, `deviceOSversion` | the field `X-MFP-Analytics-Metadata` |
//! | `serverIpAddress` | `server_address` |
//!
//! Unknown values are left out. The adapters provide method, path and header fields; without
//! an adapter, see [`for_request`](crate::Authorize::for_request). In a nested axum router,
//! the path lacks the prefix, because axum removes it. Texts are truncated to 256
//! characters, and the path to 1,024. Metadata is left out if it is longer than 2 KiB or not
//! a JSON object. Values from header fields come from the caller, unchecked.
//!
//! Device IDs and user agents are personal data in many jurisdictions. Tokens, credentials,
//! user names, user attributes, other header fields and bodies are **never sent**. IBM's
//! library sends the whole URL; this one leaves out the query, which may contain secrets.
//! The path is sent, so it must not contain secrets.
//!
//! A refusal is always reported, whereas IBM's library reports it only if there is metadata.
//! A request without a token on a route where it is optional is not reported, because it was
//! neither authorized nor refused.
//!
//! # When the service is down or slow
//!
//! Requests never wait for the analytics service. Events are sent in the background, one
//! batch at a time:
//!
//! | response | what happens |
//! | --- | --- |
//! | 2xx | the events are sent |
//! | none in time, no connection, 408, 429, 5xx | the batch is retried after 1 s, 2 s, 4 s, … 60 s |
//! | 401, 403 | the batch is retried likewise, with a warning that says what to correct |
//! | any other | the batch is dropped, with a warning |
//!
//! In the meantime, up to `capacity` events are queued, and further ones are dropped.
//! [`stats`](AnalyticsReporter::stats) counts every event. With the feature `metrics`, so
//! does `mobilefirst_analytics_events_total`, with the label `result` as `sent` or `dropped`.
//!
//! A batch is also retried if its response was lost, so an event may arrive twice. The
//! authorization server's answer about a token stays in memory until its event is sent.
//!
//! # Runtime and shutdown
//!
//! The background task runs on the tokio runtime in which the reporter is built, or else on
//! the runtime of the first event. If that runtime shuts down, the next event starts the
//! task on its own runtime. One reporter can therefore serve all workers of actix-web.
//!
//! Events that are still queued when the process ends are lost, so call
//! [`shutdown`](AnalyticsReporter::shutdown) once the server has stopped:
//!
//! ```text
//! // axum
//! axum::serve(listener, app).with_graceful_shutdown(stopped()).await?;
//! reporter.shutdown().await;
//!
//! // actix-web: `run` ends on a signal
//! HttpServer::new(app).bind(address)?.run().await?;
//! reporter.shutdown().await;
//!
//! // Rocket: after `launch`, since on_shutdown fairings run while requests are in progress
//! rocket::build().attach(fairing).launch().await?;
//! reporter.shutdown().await;
//!
//! // warp
//! warp::serve(routes).bind(address).await.graceful(stopped()).run().await;
//! reporter.shutdown().await;
//! ```

pub(crate) mod builder;
pub(crate) mod clip;
pub(crate) mod event;
pub(crate) mod metadata;
pub(crate) mod pause;
pub(crate) mod queue;
pub(crate) mod reporter;
pub(crate) mod sender;
pub(crate) mod service;
pub(crate) mod validation_code;

pub use crate::analytics::builder::AnalyticsReporterBuilder;
pub use crate::analytics::queue::AnalyticsStats;
pub use crate::analytics::reporter::AnalyticsReporter;
