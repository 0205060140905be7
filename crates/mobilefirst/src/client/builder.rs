//! The builder of a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::base_url::BaseUrl;
use crate::client::resource::Resources;
use crate::client::tokens::Tokens;
use crate::client::{ConfidentialClient, Inner};
use crate::clock::{Clock, SystemClock};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::scope::Scope;
use crate::telemetry::metrics;
use crate::upstream::Upstream;
use crate::upstream::default_backend::default_backend;
use crate::upstream::http_backend::HttpBackend;

/// Maximum number of routes whose scope is cached.
const CACHED_SCOPES: usize = 1024;

/// Builds a [`ConfidentialClient`]; every setting except the resources has a default.
#[must_use]
pub struct ConfidentialClientBuilder {
    server: BaseUrl,
    credentials: Credentials,
    resources: Vec<(BaseUrl, Option<Scope>)>,
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
    /// The resource is the origin (scheme, host and port) of `url`; the path is ignored. It
    /// may ask for any scope that our client is allowed.
    pub fn resource(mut self, url: BaseUrl) -> Self {
        self.resources.push((url, None));
        self
    }

    /// Adds a resource that may only ask for tokens for elements of `scope`.
    ///
    /// If the resource asks for more, its response is returned unchanged. Most resources
    /// ask for `RegisteredClient` first, so include it.
    pub fn resource_within(mut self, url: BaseUrl, scope: Scope) -> Self {
        self.resources.push((url, Some(scope)));
        self
    }

    /// Sets the time limit of a call, which includes getting tokens and all retries.
    /// Default: 30 s.
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
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if a setting is unusable,
    /// or if there is no resource or a duplicate one; the message says how to fix it.
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
            resources: Resources::new(self.resources)?,
            tokens: Tokens::new(endpoint, self.deadline),
            scopes: Cache::new(CACHED_SCOPES),
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
