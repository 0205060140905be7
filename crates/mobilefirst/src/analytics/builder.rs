//! The builder of a reporter.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

use crate::analytics::event::Site;
use crate::analytics::reporter::AnalyticsReporter;
use crate::analytics::sender::{Pace, Sender};
use crate::analytics::service::Service;
use crate::base_url::BaseUrl;
use crate::clock::{Clock, SystemClock};
use crate::credentials::{sensitive, stray};
use crate::error::Error;
use crate::telemetry::metrics;
use crate::upstream::default_backend::default_backend;
use crate::upstream::http_backend::HttpBackend;

const LARGEST_CAPACITY: usize = 1_000_000;
const LARGEST_BATCH: usize = 1_000;
const LONGEST_INTERVAL: Duration = Duration::from_secs(3600);

/// Builds an [`AnalyticsReporter`]; every setting has a default.
///
/// ```
/// # #[cfg(feature = "reqwest")]
/// # fn main() -> Result<(), mobilefirst::Error> {
/// use std::time::Duration;
/// use mobilefirst::analytics::AnalyticsReporter;
///
/// let url = "https://mfp.example.com:9443/analytics-service/rest/v3".parse()?;
/// let reporter = AnalyticsReporter::builder(url, "reporter", "s3cret")
///     .base_url("https://bank.example.com".parse()?)
///     .interval(Duration::from_secs(10))
///     .build()?;
/// # Ok(()) }
/// # #[cfg(not(feature = "reqwest"))]
/// # fn main() {}
/// ```
#[must_use]
pub struct AnalyticsReporterBuilder {
    url: BaseUrl,
    username: String,
    password: String,
    capacity: usize,
    pace: Pace,
    deadline: Duration,
    site: Site,
    backend: Option<Arc<dyn HttpBackend>>,
    clock: Arc<dyn Clock>,
}

impl AnalyticsReporter {
    /// Returns a builder for a reporter to the analytics service at `url`.
    ///
    /// `url` is the base URL of the service, such as
    /// `https://host:9443/analytics-service/rest/v3`. User name and password are those of a
    /// user who may send events there.
    pub fn builder(
        url: BaseUrl,
        username: impl Into<String>,
        password: impl Into<String>,
    ) -> AnalyticsReporterBuilder {
        AnalyticsReporterBuilder::new(url, username.into(), password.into())
    }
}

impl AnalyticsReporterBuilder {
    pub(crate) fn new(url: BaseUrl, username: String, password: String) -> Self {
        Self {
            url,
            username,
            password,
            capacity: 10_000,
            pace: Pace {
                batch_size: 100,
                interval: Duration::from_secs(5),
            },
            deadline: Duration::from_secs(10),
            site: Site {
                base_url: None,
                server_address: None,
            },
            backend: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the maximum number of queued events, including those being sent. Default: 10,000;
    /// from 1 to 1,000,000. Further events are dropped and counted.
    ///
    /// An event takes a few hundred bytes, and at most about 5 KiB, in addition to the
    /// answer about its token.
    pub fn capacity(mut self, events: usize) -> Self {
        self.capacity = events;
        self
    }

    /// Sets the maximum number of events in one request. Default: 100; from 1 to 1,000, and
    /// at most the capacity.
    ///
    /// A hundred events make a body of about 50 KiB. If a request takes a tenth of a second,
    /// that keeps up with a thousand decisions per second.
    pub fn batch_size(mut self, events: usize) -> Self {
        self.pace.batch_size = events;
        self
    }

    /// Sets how long an event may wait for a full batch. Default: 5 s; at most an hour.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.pace.interval = interval;
        self
    }

    /// Sets the time limit of a request to the service. Default: 10 s; then it is retried.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the address of this server, which is added to every event. Default: none.
    pub fn server_address(mut self, address: IpAddr) -> Self {
        self.site.server_address = Some(address);
        self
    }

    /// Sets the public URL of this server, such as `https://bank.example.com`, which precedes
    /// the path in every event. Default: none, so that events have the path alone.
    pub fn base_url(mut self, url: BaseUrl) -> Self {
        self.site.base_url = Some(url);
        self
    }

    /// Sends events through `backend`. Default: `ReqwestBackend`, if the feature `reqwest` is
    /// enabled, which it is by default.
    pub fn http_backend(mut self, backend: impl HttpBackend) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    /// Takes the timestamps of events from `clock`. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the reporter. It sends in the background, on the current tokio runtime, or else
    /// on the runtime of the first event.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if a setting is unusable;
    /// the message says how to fix it.
    pub fn build(self) -> Result<AnalyticsReporter, Error> {
        let Pace {
            batch_size,
            interval,
        } = self.pace;
        let authorization = basic(&self.username, &self.password)?;
        if !(1..=LARGEST_CAPACITY).contains(&self.capacity) {
            return Err(Error::configuration(format!(
                "the capacity for analytics events is {}: set it to 1 to 1,000,000",
                self.capacity
            )));
        }
        if !(1..=LARGEST_BATCH).contains(&batch_size) || batch_size > self.capacity {
            return Err(Error::configuration(format!(
                "the batch_size for analytics events is {batch_size}: set it to 1 to 1,000, and \
                 at most the capacity"
            )));
        }
        if interval > LONGEST_INTERVAL {
            return Err(Error::configuration(format!(
                "the interval for analytics events is {interval:?}, more than an hour: make it \
                 shorter, such as 5 s"
            )));
        }
        if self.deadline.is_zero() {
            return Err(Error::configuration(
                "the deadline for analytics events is zero: no event could ever be sent; set it \
                 to more, such as 10 s",
            ));
        }
        if let Some(base) = self
            .url
            .without_endpoint(&["/NetworkTransaction/_bulk", "/NetworkTransaction"])
        {
            return Err(Error::configuration(format!(
                "the URL of the analytics service is that of an endpoint: write {base} instead"
            )));
        }
        metrics::describe();
        let service = Service {
            backend: self.backend.map_or_else(default_backend, Ok)?,
            single: self.url.endpoint("/NetworkTransaction")?,
            bulk: self.url.endpoint("/NetworkTransaction/_bulk")?,
            username: self.username,
            authorization,
            deadline: self.deadline,
        };
        let sender = Sender::new(service, self.site, self.pace, self.capacity, self.clock);
        Ok(AnalyticsReporter::new(sender))
    }
}

/// Returns the credentials for HTTP Basic, in UTF-8 (RFC 7617 §2).
fn basic(username: &str, password: &str) -> Result<HeaderValue, Error> {
    if username.is_empty() || password.is_empty() {
        return Err(Error::configuration(
            "the user name or the password for the analytics service is empty: set both",
        ));
    }
    if username.contains(':') {
        return Err(Error::configuration(
            "the user name for the analytics service contains a colon, which HTTP Basic does \
             not allow: use another user",
        ));
    }
    for (name, text) in [("user name", username), ("password", password)] {
        if let Some(fault) = stray(text) {
            return Err(Error::configuration(format!(
                "the {name} for the analytics service {fault}"
            )));
        }
    }
    let pair = STANDARD.encode(format!("{username}:{password}"));
    sensitive(&format!("Basic {pair}")).ok_or_else(|| {
        Error::configuration("the credentials for the analytics service do not fit a header field")
    })
}

impl fmt::Debug for AnalyticsReporterBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnalyticsReporterBuilder")
            .field("url", &self.url)
            .field("username", &self.username)
            .field("capacity", &self.capacity)
            .field("pace", &self.pace)
            .field("deadline", &self.deadline)
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_sensitive() {
        let value = basic("ä b", "s3:cret%+").unwrap();
        let pair = STANDARD.encode("ä b:s3:cret%+");
        assert_eq!(value, format!("Basic {pair}"));
        assert_eq!(format!("{value:?}"), "Sensitive");
    }

    #[test]
    fn an_error_about_the_credentials_does_not_show_the_password() {
        for (username, password, advice) in [
            ("", "s3cret", "set both"),
            ("u", "", "set both"),
            ("u:v", "s3cret", "another user"),
            ("u\n", "s3cret", "remove it"),
            ("u", "s3cret\n", "remove it"),
            ("u", "s3cret\u{85}", "remove it"),
            (
                " u",
                "s3cret",
                "user name for the analytics service begins with",
            ),
            (
                "u",
                "\u{feff}s3cret",
                "password for the analytics service begins with a byte",
            ),
            (
                "u",
                "s3cret\r\n",
                "password for the analytics service ends with a line end",
            ),
        ] {
            let message = basic(username, password).unwrap_err().to_string();
            assert!(message.contains(advice), "{message}");
            assert!(!message.contains("s3cret"));
        }
    }
}
