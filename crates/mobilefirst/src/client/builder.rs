//! Setting up a client.

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

/// For so many methods and paths the scope is remembered.
const REMEMBERED: usize = 1024;

/// Sets up a [`ConfidentialClient`]; every setting but the resources has a default.
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
    /// To set up a client of the authorization server `server`, whose tokens are good at
    /// the resources.
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

    /// Lets the client call, and send tokens to, the origin (scheme, host and port) of
    /// `url`; its path does not matter. May be called more than once.
    ///
    /// The resource may ask for any scope that our client is allowed.
    pub fn resource(mut self, url: BaseUrl) -> Self {
        self.resources.push((url, None));
        self
    }

    /// The same for a resource that gets tokens for elements of `scope` only. Where it
    /// asks for more, its answer is handed over as it came.
    ///
    /// What it will ask for first is most likely `RegisteredClient`: name that too.
    pub fn resource_within(mut self, url: BaseUrl, scope: Scope) -> Self {
        self.resources.push((url, Some(scope)));
        self
    }

    /// How long a call may take in all, with its tokens and all that is sent again.
    /// Default 30 s.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sends requests through `backend`, to the authorization server and to the
    /// resources. Default: `ReqwestBackend`, where the feature `reqwest` is on, as it is by
    /// default.
    pub fn http_backend(mut self, backend: impl HttpBackend) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    /// Takes the time from `clock`. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The client. Nothing is sent before the first call.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) where a setting cannot be
    /// used, no resource is named, or one twice; the message says what to do.
    pub fn build(self) -> Result<ConfidentialClient, Error> {
        if self.deadline.is_zero() {
            return Err(Error::configuration(
                "the deadline is zero: no call could ever end",
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
            wanted: Cache::new(REMEMBERED),
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
