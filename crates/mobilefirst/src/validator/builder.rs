//! Setting up a validator.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::clock::{Clock, SystemClock};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::health::check::HealthCheck;
use crate::lookup::Lookup;
use crate::lookup::cache::TokenCache;
use crate::lookup::cache_key::KeySpace;
use crate::lookup::freshness::Freshness;
use crate::lookup::memory_cache::MemoryCache;
use crate::observe::decision_span::Observers;
use crate::observe::observer::Observer;
use crate::protocol::Protocol;
use crate::telemetry::metrics;
use crate::upstream::Upstream;
use crate::upstream::default_backend::default_backend;
use crate::upstream::http_backend::HttpBackend;
use crate::validator::{ErrorBodyHook, Limits, TokenValidator};
use crate::verdict::denial::Denial;
use crate::verdict::error_body::ErrorBody;

const CACHE_CAPACITY: usize = 50_000;
const LONGEST_LEEWAY: Duration = Duration::from_secs(3600);

/// Sets up a [`TokenValidator`]; every setting has a default.
///
/// ```
/// # #[cfg(feature = "reqwest")]
/// # fn main() -> Result<(), mobilefirst::Error> {
/// use std::time::Duration;
/// use mobilefirst::{Credentials, TokenValidator};
///
/// let server = "https://mfp.example.com/mfp/api".parse()?;
/// let validator = TokenValidator::builder(server, Credentials::new("bank", "s3cret")?)
///     .max_age(Duration::from_secs(30))
///     .cache_capacity(10_000)
///     .build()?;
/// # Ok(()) }
/// # #[cfg(not(feature = "reqwest"))]
/// # fn main() {}
/// ```
#[must_use]
pub struct TokenValidatorBuilder {
    server: BaseUrl,
    protocol: Protocol,
    freshness: Freshness,
    deadline: Duration,
    limits: Limits,
    refresh_ahead: RefreshAhead,
    max_in_flight: usize,
    backend: Option<Arc<dyn HttpBackend>>,
    cache: Option<Arc<dyn TokenCache>>,
    cache_capacity: usize,
    clock: Arc<dyn Clock>,
    error_body: Option<ErrorBodyHook>,
    observers: Observers,
}

impl TokenValidator {
    /// To set up a validator for MobileFirst 8, Persistent Mobile Foundation 9, or any
    /// server with the same endpoints below `server`.
    ///
    /// `credentials` are those of this resource server, a confidential client whose
    /// allowed scope holds `authorization.introspect`.
    pub fn builder(server: BaseUrl, credentials: Credentials) -> TokenValidatorBuilder {
        TokenValidatorBuilder::new(server, Protocol::Introspection(credentials))
    }

    /// To set up a validator for MobileFirst Platform 7, whose validation endpoint is below
    /// `project_url`: `https://host:port/<project name>`. It takes no credentials of ours.
    ///
    /// A caller sends `Bearer <access token> <ID token>`, the second of which may be
    /// missing. The server checks the scope too, and its refusals are passed on: their
    /// challenges are parsed and written anew.
    ///
    /// ```
    /// # #[cfg(feature = "reqwest")]
    /// # fn main() -> Result<(), mobilefirst::Error> {
    /// use mobilefirst::TokenValidator;
    ///
    /// let validator = TokenValidator::builder_v7("https://mfp.example.com/bank".parse()?).build()?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "reqwest"))]
    /// # fn main() {}
    /// ```
    pub fn builder_v7(project_url: BaseUrl) -> TokenValidatorBuilder {
        TokenValidatorBuilder::new(project_url, Protocol::Validation)
    }
}

impl TokenValidatorBuilder {
    pub(crate) fn new(server: BaseUrl, protocol: Protocol) -> Self {
        Self {
            server,
            protocol,
            freshness: Freshness {
                max_age: Duration::from_secs(60),
                inactive_max_age: Duration::from_secs(10),
                serve_stale: Duration::ZERO,
                refresh_after: None,
            },
            deadline: Duration::from_secs(5),
            limits: Limits {
                leeway: Duration::ZERO,
                max_token_length: 16 * 1024,
            },
            refresh_ahead: RefreshAhead::On,
            max_in_flight: 64,
            backend: None,
            cache: None,
            cache_capacity: CACHE_CAPACITY,
            clock: Arc::new(SystemClock),
            error_body: None,
            observers: Observers::new(),
        }
    }

    /// How long an answer about an active token may be used again. Default 60 s; zero
    /// asks the authorization server about every request.
    ///
    /// This is how long a revoked token may still be taken. It never outlasts `exp`.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.freshness.max_age = max_age;
        self
    }

    /// The same for an inactive token. Default 10 s, and never more than
    /// [`max_age`](Self::max_age).
    pub fn inactive_max_age(mut self, max_age: Duration) -> Self {
        self.freshness.inactive_max_age = max_age;
        self
    }

    /// Asks about a token that is in use shortly before its answer is too old, so that no
    /// request waits for that. On by default; this turns it off.
    pub fn without_refresh_ahead(mut self) -> Self {
        self.refresh_ahead = RefreshAhead::Off;
        self
    }

    /// Lets an answer about an active token serve for this long beyond
    /// [`max_age`](Self::max_age) while the authorization server cannot be asked. Default
    /// zero: such a request is refused with 503.
    ///
    /// A token that is revoked during an outage is then taken for that much longer
    /// (RFC 9700 §2). It never outlasts `exp`, and [`Permit::is_stale`] tells.
    ///
    /// Version 7 does not have this: [`build`](Self::build) refuses it.
    ///
    /// [`Permit::is_stale`]: crate::Permit::is_stale
    pub fn serve_stale(mut self, duration: Duration) -> Self {
        self.freshness.serve_stale = duration;
        self
    }

    /// For how many active tokens answers are kept. Default 50,000; zero keeps none.
    pub fn cache_capacity(mut self, entries: usize) -> Self {
        self.cache_capacity = entries;
        self
    }

    /// How far the clocks may differ when `exp` and `nbf` are judged. Default zero; at
    /// most an hour.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.limits.leeway = leeway;
        self
    }

    /// How long a check may take in all: our own token, the introspection and a retry
    /// together. Default 5 s; then the request is refused with 503.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How many introspections may be under way at a time; the others wait within the
    /// deadline. Default 64.
    pub fn max_in_flight(mut self, introspections: usize) -> Self {
        self.max_in_flight = introspections;
        self
    }

    /// The longest token that is taken, in bytes. Default 16 KiB; a longer one is
    /// refused with 400, and nobody is asked.
    pub fn max_token_length(mut self, bytes: usize) -> Self {
        self.limits.max_token_length = bytes;
        self
    }

    /// Sends requests through `backend`. Default: `ReqwestBackend`, where the feature
    /// `reqwest` is on, as it is by default.
    pub fn http_backend(mut self, backend: impl HttpBackend) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    /// Keeps answers in `cache`. Default: a [`MemoryCache`] of
    /// [`cache_capacity`](Self::cache_capacity).
    pub fn cache(mut self, cache: impl TokenCache) -> Self {
        self.cache = Some(Arc::new(cache));
        self
    }

    /// Gives every refusal a body. It can change neither status nor header fields: the
    /// client SDKs read those. Default: no body.
    ///
    /// ```
    /// # use mobilefirst::{Denial, ErrorBody, TokenValidatorBuilder};
    /// # fn set(builder: TokenValidatorBuilder) -> TokenValidatorBuilder {
    /// builder.error_body(|denial: &Denial| {
    ///     ErrorBody::json(&serde_json::json!({ "status": denial.status().as_u16() }))
    /// })
    /// # }
    /// ```
    pub fn error_body(
        mut self,
        body: impl Fn(&Denial) -> ErrorBody + Send + Sync + 'static,
    ) -> Self {
        self.error_body = Some(Box::new(body));
        self
    }

    /// Tells `observer` of every decision. May be called more than once. Default: nobody
    /// is told.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// Takes the time from `clock`. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The validator. Nothing is sent before the first request is judged.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) where a setting cannot be
    /// used; the message says what to do.
    pub fn build(self) -> Result<TokenValidator, Error> {
        let mut freshness = self.freshness;
        if self.deadline.is_zero() {
            return Err(Error::configuration(
                "the deadline is zero: no token could ever be checked",
            ));
        }
        if self.max_in_flight == 0 {
            return Err(Error::configuration(
                "max_in_flight is zero: no token could ever be checked",
            ));
        }
        if self.limits.leeway > LONGEST_LEEWAY {
            return Err(Error::configuration(
                "the leeway is more than an hour: set the clocks instead",
            ));
        }
        // An answer is kept for one scope: that a token was seen to be inactive for another
        // is not known, and stale it might be served after all.
        if matches!(self.protocol, Protocol::Validation) && !freshness.serve_stale.is_zero() {
            return Err(Error::configuration(
                "serve_stale is set, which version 7 does not have: leave it out",
            ));
        }
        freshness.refresh_after = match self.refresh_ahead {
            RefreshAhead::On => Some(freshness.max_age / 5 * 4),
            RefreshAhead::Off => None,
        };
        freshness.inactive_max_age = freshness.inactive_max_age.min(freshness.max_age);
        metrics::describe();
        let keys = KeySpace::new(&self.protocol.realm(&self.server));
        let backend = self.backend.map_or_else(default_backend, Ok)?;
        let upstream = Arc::new(Upstream::new(backend, self.clock.clone()));
        let endpoint = Arc::new(self.protocol.endpoint(
            upstream,
            &self.server,
            self.deadline,
            self.max_in_flight,
        )?);
        let health = HealthCheck::new(endpoint.clone(), self.clock.clone(), self.deadline);
        let cache = self
            .cache
            .unwrap_or_else(|| Arc::new(MemoryCache::new(self.cache_capacity)));
        let lookup = Lookup::new(freshness, self.deadline, self.clock, cache, keys, endpoint);
        Ok(TokenValidator::new(
            self.limits,
            lookup,
            health,
            self.error_body,
            self.observers,
        ))
    }
}

impl fmt::Debug for TokenValidatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenValidatorBuilder")
            .field("server", &self.server)
            .field("protocol", &self.protocol)
            .field("freshness", &self.freshness)
            .field("deadline", &self.deadline)
            .field("limits", &self.limits)
            .field("max_in_flight", &self.max_in_flight)
            .field("cache_capacity", &self.cache_capacity)
            .finish_non_exhaustive()
    }
}

/// Whether tokens in use are asked about before their answers are too old.
enum RefreshAhead {
    On,
    Off,
}
