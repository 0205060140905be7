//! Setting up a validator.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::flight::Flights;
use crate::cache::{KeySpace, MemoryCache, TokenCache};
use crate::clock::{Clock, SystemClock};
use crate::introspection::IntrospectionEndpoint;
use crate::upstream::Upstream;
use crate::validator::{ErrorBodyHook, Inner, Settings};
use crate::{Credentials, Denial, Error, ErrorBody, HttpBackend, ServerUrl, TokenValidator};

const CACHE_CAPACITY: usize = 50_000;

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
    server: ServerUrl,
    credentials: Credentials,
    settings: Settings,
    backend: Option<Arc<dyn HttpBackend>>,
    cache: Option<Arc<dyn TokenCache>>,
    cache_capacity: usize,
    clock: Arc<dyn Clock>,
    error_body: Option<ErrorBodyHook>,
}

impl TokenValidatorBuilder {
    pub(crate) fn new(server: ServerUrl, credentials: Credentials) -> Self {
        Self {
            server,
            credentials,
            settings: Settings {
                max_age: Duration::from_secs(60),
                inactive_max_age: Duration::from_secs(10),
                leeway: Duration::ZERO,
                deadline: Duration::from_secs(5),
                max_in_flight: 64,
                max_token_length: 16 * 1024,
            },
            backend: None,
            cache: None,
            cache_capacity: CACHE_CAPACITY,
            clock: Arc::new(SystemClock),
            error_body: None,
        }
    }

    /// How long an answer about an active token may be used again. Default 60 s; zero
    /// asks the authorization server about every request.
    ///
    /// This is how long a revoked token may still be taken. It never outlasts `exp`.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.settings.max_age = max_age;
        self
    }

    /// The same for an inactive token. Default 10 s, and never more than
    /// [`max_age`](Self::max_age).
    pub fn inactive_max_age(mut self, max_age: Duration) -> Self {
        self.settings.inactive_max_age = max_age;
        self
    }

    /// For how many active tokens answers are kept. Default 50,000; zero keeps none.
    pub fn cache_capacity(mut self, entries: usize) -> Self {
        self.cache_capacity = entries;
        self
    }

    /// How far the clocks may differ when `exp` and `nbf` are judged. Default zero.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = leeway;
        self
    }

    /// How long a check may take in all: our own token, the introspection and a retry
    /// together. Default 5 s; then the request is refused with 503.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.settings.deadline = deadline;
        self
    }

    /// How many introspections may be under way at a time; the others wait within the
    /// deadline. Default 64.
    pub fn max_in_flight(mut self, introspections: usize) -> Self {
        self.settings.max_in_flight = introspections;
        self
    }

    /// The longest token that is taken, in bytes. Default 16 KiB; a longer one is
    /// refused with 400, and nobody is asked.
    pub fn max_token_length(mut self, bytes: usize) -> Self {
        self.settings.max_token_length = bytes;
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
        let mut settings = self.settings;
        if settings.deadline.is_zero() {
            return Err(Error::configuration(
                "the deadline is zero: no token could ever be checked",
            ));
        }
        if settings.max_in_flight == 0 {
            return Err(Error::configuration(
                "max_in_flight is zero: no token could ever be checked",
            ));
        }
        settings.inactive_max_age = settings.inactive_max_age.min(settings.max_age);
        let keys = KeySpace::new(&["v8", self.server.as_str(), self.credentials.id()]);
        let backend = self.backend.map_or_else(default_backend, Ok)?;
        let upstream = Arc::new(Upstream::new(backend, self.clock.clone()));
        let endpoint =
            IntrospectionEndpoint::new(upstream, &self.server, self.credentials, &settings)?;
        let cache = self
            .cache
            .unwrap_or_else(|| Arc::new(MemoryCache::new(self.cache_capacity)));
        Ok(TokenValidator::new(Inner {
            settings,
            clock: self.clock,
            cache,
            keys,
            flights: Flights::new(),
            endpoint,
            error_body: self.error_body,
        }))
    }
}

impl fmt::Debug for TokenValidatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenValidatorBuilder")
            .field("server", &self.server)
            .field("credentials", &self.credentials)
            .field("settings", &self.settings)
            .field("cache_capacity", &self.cache_capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "reqwest")]
fn default_backend() -> Result<Arc<dyn HttpBackend>, Error> {
    let backend = crate::http_backend::reqwest::ReqwestBackend::new()?;
    Ok(Arc::new(backend))
}

#[cfg(not(feature = "reqwest"))]
fn default_backend() -> Result<Arc<dyn HttpBackend>, Error> {
    Err(Error::configuration(
        "there is no HTTP backend: pass one with http_backend, or turn the feature `reqwest` on",
    ))
}
