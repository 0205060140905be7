//! The builder of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::client::resource::Resource;
use crate::client::resources::Resources;
use crate::client::{ConfidentialClient, Inner};
use crate::clock::{Clock, SystemClock};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::telemetry::metrics;
use crate::upstream::Upstream;
use crate::upstream::default_backend::default_backend;
use crate::upstream::http_backend::HttpBackend;

/// Builds a [`ConfidentialClient`]; every setting except the resources has a default.
#[must_use]
pub struct ConfidentialClientBuilder {
    server: BaseUrl,
    credentials: Credentials,
    resources: Vec<Resource>,
    deadline: Duration,
    backend: Option<Arc<dyn HttpBackend>>,
    clock: Arc<dyn Clock>,
}

impl ConfidentialClient {
    /// Returns a builder for a client that gets its tokens from the authorization server
    /// `server`. The resources must accept those tokens.
    pub fn builder(server: BaseUrl, credentials: Credentials) -> ConfidentialClientBuilder {
        ConfidentialClientBuilder::new(server, credentials)
    }
}

impl ConfidentialClientBuilder {
    pub(crate) fn new(server: BaseUrl, credentials: Credentials) -> Self {
        Self {
            server,
            credentials,
            resources: Vec::new(),
            deadline: Duration::from_secs(30),
            backend: None,
            clock: Arc::new(SystemClock),
        }
    }

    /// Adds a resource, to which the client may send requests and tokens. May be called more
    /// than once.
    ///
    /// ```
    /// use mobilefirst::{ConfidentialClientBuilder, Error, Scope};
    ///
    /// # fn add(builder: ConfidentialClientBuilder) -> Result<ConfidentialClientBuilder, Error> {
    /// let bank: mobilefirst::Resource = "https://bank.example.com".parse()?;
    /// let builder = builder
    ///     .resource("https://shop.example.com".parse()?)
    ///     .resource(bank.scope(Scope::from_static("accessRestricted")));
    /// # Ok(builder) }
    /// ```
    pub fn resource(mut self, resource: Resource) -> Self {
        self.resources.push(resource);
        self
    }

    /// Sets the time limit of [`send`](ConfidentialClient::send), which includes getting tokens and
    /// all retries, and of getting a token for a call of your own. Default: 30 s.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sends requests through `backend`, both to the authorization server and to the
    /// resources. Default: `ReqwestBackend`, if the feature `reqwest` is enabled, which it is
    /// by default.
    pub fn http_backend(mut self, backend: impl HttpBackend) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    /// Takes the time from `clock`. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the client. It sends nothing before the first call.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if a setting is unusable, if there
    /// is no resource or a duplicate one, or if a resource is given a scope that it may not ask
    /// for; the message says how to fix it.
    pub fn build(self) -> Result<ConfidentialClient, Error> {
        if self.deadline.is_zero() {
            return Err(Error::configuration(
                "the deadline is zero: no call could ever end; set it to more, such as 30 s",
            ));
        }
        metrics::describe();
        let backend = self.backend.map_or_else(default_backend, Ok)?;
        let upstream = Arc::new(Upstream::new(backend.clone(), self.clock));
        let uri = self.server.endpoint("/az/v1/token")?;
        let endpoint = TokenEndpoint::new(upstream, uri, self.credentials);
        let inner = Inner {
            backend,
            deadline: self.deadline,
            resources: Resources::new(self.resources, endpoint, self.deadline)?,
        };
        Ok(ConfidentialClient {
            inner: Arc::new(inner),
        })
    }
}

impl fmt::Debug for ConfidentialClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfidentialClientBuilder")
            .field("server", &self.server)
            .field("credentials", &self.credentials)
            .field("resources", &self.resources)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
