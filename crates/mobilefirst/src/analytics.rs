//! Tells MobileFirst Analytics of every decision.
//!
//! An [`AnalyticsReporter`] is an [`Observer`](crate::Observer) that sends what the
//! Operations Console shows as network transactions: which app called what, from which
//! device, and whether it was authorized. The form is that of IBM's Node library.
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
//! // … the server runs until it is told to stop …
//! let lost = reporter.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! # Settings
//!
//! | setting | default | bounds |
//! | --- | --- | --- |
//! | [`capacity`](AnalyticsReporterBuilder::capacity): events that may wait | 10,000 | 1 to 1,000,000 |
//! | [`batch_size`](AnalyticsReporterBuilder::batch_size): events in one post | 100 | 1 to 1,000, at most the capacity |
//! | [`interval`](AnalyticsReporterBuilder::interval): the wait for a batch to fill | 5 s | at most 1 h |
//! | [`deadline`](AnalyticsReporterBuilder::deadline) of a post | 10 s | more than zero |
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
//! | `responseCode` | the status of the refusal; 200 for a request that may pass, since its handler has not run yet |
//! | `serverProcessingTime` | how long the decision took, in whole ms |
//! | `requestMethod`, `resourceURL` | the request; the URL is `base_url` and the path |
//! | `userAgent`, `trackingID` | the fields `User-Agent` and `X-WL-Analytics-Tracking-ID` |
//! | `appID`, `appVersion`, `deviceID`, `deviceModel` | what the authorization server says of the token; for a refusal, the field `X-MFP-Analytics-Metadata` |
//! | `appName`, `appVersionCode`, `deviceBrand`, `deviceOS`, `deviceOSversion` | the field `X-MFP-Analytics-Metadata` |
//! | `serverIpAddress` | `server_address` |
//!
//! What is not known is left out. Method, path and header fields are known where an adapter
//! serves the request; without one, see [`for_request`](crate::Authorize::for_request). In a
//! nested router of axum, the path is the part below the prefix: axum takes the rest away.
//! Each text is cut after 256 characters, the path after 1,024; metadata of more than
//! 2 KiB, or that are no JSON object, are left out. All that comes from header fields is
//! the caller's word.
//!
//! Device IDs and user agents are personal data in many places. **Never sent** are tokens,
//! credentials, user names, the attributes of a user, other header fields, and bodies. IBM's
//! library sends the whole URL; here the query is left out, for it may hold secrets. A
//! secret in a path is sent: have none there.
//!
//! A refusal is always sent, where IBM's library sends it only if the metadata are there.
//! Nothing is sent of a request without a token on a route that serves strangers too: it
//! was neither authorized nor refused.
//!
//! # When the service is down or slow
//!
//! No request ever waits for it. Events are sent in the background, one batch at a time:
//!
//! | answer | what happens |
//! | --- | --- |
//! | 2xx | the events are sent |
//! | none in time, no connection, 408, 429, 5xx | the batch is sent again after 1 s, 2 s, 4 s, … 60 s |
//! | 401, 403 | likewise, with a warning that says what to correct |
//! | any other | the batch is dropped, with a warning |
//!
//! Meanwhile events wait, as many as `capacity` says. Those that find no room are dropped.
//! [`stats`](AnalyticsReporter::stats) counts every event; with the feature `metrics`, so
//! does `mobilefirst_analytics_events_total`, with the label `result` as `sent` or `dropped`.
//!
//! A batch whose answer was lost on its way is sent again, so an event may arrive twice.
//! The answer about a token is kept in memory until the event about it is sent.
//!
//! # Where it runs, and how it ends
//!
//! The background task runs on the tokio runtime in which the reporter is built; where it
//! is built outside of one, on that of the first event. When that runtime ends, the next
//! event begins the task anew on its own. So one reporter serves all workers of actix-web.
//!
//! What waits when the process ends is lost. So call
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
//! // Rocket: behind `launch`, since on_shutdown fairings run while requests still do
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
pub(crate) mod queue;
pub(crate) mod reporter;
pub(crate) mod sender;
pub(crate) mod service;
pub(crate) mod validation_code;

pub use crate::analytics::builder::AnalyticsReporterBuilder;
pub use crate::analytics::queue::AnalyticsStats;
pub use crate::analytics::reporter::AnalyticsReporter;
