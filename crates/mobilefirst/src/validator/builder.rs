//! The builder of a validator.

mod build;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::clock::{Clock, SystemClock};
use crate::credentials::Credentials;
use crate::lookup::cache::TokenCache;
use crate::lookup::freshness::Freshness;
use crate::lookup::remote_store::RemoteStore;
use crate::observe::decision_span::Observers;
use crate::observe::observer::Observer;
use crate::protocol::Protocol;
use crate::upstream::http_backend::HttpBackend;
use crate::validator::{Limits, TokenValidator};
use crate::verdict::device_policy::DevicePolicy;
use crate::verdict::error_body::ErrorBody;
use crate::verdict::error_body_hook::ErrorBodyHook;
use crate::verdict::refusal::Refusal;

const CACHE_CAPACITY: usize = 50_000;

/// Builds a [`TokenValidator`]; every setting has a default.
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
    remote_store: Option<Arc<dyn RemoteStore>>,
    cache_capacity: usize,
    clock: Arc<dyn Clock>,
    error_body: ErrorBodyHook,
    observers: Observers,
}

impl TokenValidator {
    /// Returns a builder for MobileFirst 8, Persistent Mobile Foundation 9, or any server
    /// with the same endpoints below `server`.
    ///
    /// `credentials` are those of this resource server, a confidential client whose
    /// allowed scope contains `authorization.introspect`.
    pub fn builder(server: BaseUrl, credentials: Credentials) -> TokenValidatorBuilder {
        TokenValidatorBuilder::new(server, Protocol::Introspection(credentials))
    }

    /// Returns a builder for MobileFirst Platform 7.
    ///
    /// The validation endpoint is below `project_url`, `https://host:port/<project name>`.
    /// It does not need our credentials.
    ///
    /// A caller sends `Bearer <access token> <ID token>`, where the ID token is optional.
    /// The server also checks the scope, and its refusals are passed on: their challenges
    /// are parsed and rewritten.
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
                devices: DevicePolicy::default(),
            },
            refresh_ahead: RefreshAhead::On,
            max_in_flight: 64,
            backend: None,
            cache: None,
            remote_store: None,
            cache_capacity: CACHE_CAPACITY,
            clock: Arc::new(SystemClock),
            error_body: ErrorBodyHook::default(),
            observers: Observers::new(),
        }
    }

    /// Sets how long an answer about an active token may be reused. Default: 60 s; zero
    /// asks the authorization server for every request.
    ///
    /// A revoked token may still be accepted for this long, but never after its `exp`.
    #[doc(alias = "ttl")]
    #[doc(alias = "cache_ttl")]
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.freshness.max_age = max_age;
        self
    }

    /// Sets how long an answer about an inactive token may be reused. Default: 10 s; at
    /// most [`max_age`](Self::max_age).
    pub fn inactive_max_age(mut self, max_age: Duration) -> Self {
        self.freshness.inactive_max_age = max_age;
        self
    }

    /// Turns off refresh-ahead.
    ///
    /// By default, an answer about a token in use is refreshed shortly before it gets too
    /// old, without making anyone wait.
    pub fn without_refresh_ahead(mut self) -> Self {
        self.refresh_ahead = RefreshAhead::Off;
        self
    }

    /// Sets how long a stale answer about an active token may be served during an outage.
    /// Default: zero, which refuses such a request with 503.
    ///
    /// The time counts from the end of [`max_age`](Self::max_age). A token that is revoked
    /// during an outage may be accepted for that much longer (RFC 9700 §2), but never after
    /// its `exp`. [`Permit::is_stale`] reports whether a permit rests on a stale answer.
    ///
    /// Not available in version 7, where [`build`](Self::build) returns an error.
    ///
    /// [`Permit::is_stale`]: crate::Permit::is_stale
    pub fn serve_stale(mut self, duration: Duration) -> Self {
        self.freshness.serve_stale = duration;
        self
    }

    /// Sets for how many active tokens answers are cached. Default: 50,000; zero caches
    /// none; at most 100,000,000.
    pub fn cache_capacity(mut self, entries: usize) -> Self {
        self.cache_capacity = entries;
        self
    }

    /// Sets how far clocks may differ when `exp` and `nbf` are checked. Default: zero; at
    /// most an hour.
    #[doc(alias = "clock skew")]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.limits.leeway = leeway;
        self
    }

    /// Sets the time limit of a lookup, which includes getting our own token, the
    /// introspection and a retry. Default: 5 s; then the request is refused with 503.
    #[doc(alias = "timeout")]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the bulkhead: how many introspections may run at a time. Default: 64; from 1 to
    /// 65,535. Others wait, within their deadline.
    pub fn max_in_flight(mut self, introspections: usize) -> Self {
        self.max_in_flight = introspections;
        self
    }

    /// Sets the maximum length of a token, in bytes. Default: 16 KiB; at least 1. A longer token
    /// is refused with 400, without a lookup.
    pub fn max_token_length(mut self, bytes: usize) -> Self {
        self.limits.max_token_length = bytes;
        self
    }

    /// Sets which callers are refused because of their device's status. Default: those
    /// whose device is lost, stolen or disabled, or has an unknown status.
    pub fn device_policy(mut self, policy: DevicePolicy) -> Self {
        self.limits.devices = policy;
        self
    }

    /// Sends requests through `backend`. Default: `ReqwestBackend`, if the feature
    /// `reqwest` is enabled, which it is by default.
    #[doc(alias = "reqwest")]
    #[doc(alias = "proxy")]
    #[doc(alias = "mtls")]
    pub fn http_backend(mut self, backend: impl HttpBackend) -> Self {
        self.backend = Some(Arc::new(backend));
        self
    }

    /// Caches answers in `cache`. Default: a [`MemoryCache`](crate::MemoryCache) with the
    /// [`cache_capacity`](Self::cache_capacity).
    pub fn cache(mut self, cache: impl TokenCache) -> Self {
        self.cache = Some(Arc::new(cache));
        self
    }

    /// Shares answers and invalidations with other processes through `store`. Default: none.
    ///
    /// Give it to validators with the same server URL and client: only they share answers.
    #[doc(alias = "redis")]
    #[doc(alias = "valkey")]
    pub fn remote_store(mut self, store: impl RemoteStore) -> Self {
        self.remote_store = Some(Arc::new(store));
        self
    }

    /// Sets the body of refusals. Default: no body.
    ///
    /// Status and header fields cannot be changed, because the client SDKs rely on them.
    /// The [`Refusal`] says why the request is refused, and what its method, its path and its
    /// `Accept` field are. The simplest body is that of RFC 9457:
    ///
    /// ```
    /// # use mobilefirst::TokenValidatorBuilder;
    /// # fn set(builder: TokenValidatorBuilder) -> TokenValidatorBuilder {
    /// builder.error_body(|refusal| refusal.problem())
    /// # }
    /// ```
    ///
    /// A body of your own, here with the code that an app looks up:
    ///
    /// ```
    /// # use mobilefirst::{ErrorBody, TokenValidatorBuilder};
    /// # fn set(builder: TokenValidatorBuilder) -> TokenValidatorBuilder {
    /// builder.error_body(|refusal| {
    ///     let code = refusal.denial().reason().as_str();
    ///     ErrorBody::json(&serde_json::json!({ "code": code, "path": refusal.path() }))
    /// })
    /// # }
    /// ```
    ///
    /// With a hook, each request is described to it, which takes a few small allocations.
    /// Without one, a cached request allocates nothing.
    pub fn error_body(
        mut self,
        body: impl Fn(&Refusal<'_>) -> ErrorBody + Send + Sync + 'static,
    ) -> Self {
        self.error_body = ErrorBodyHook::new(body);
        self
    }

    /// Adds an observer, which receives every decision. May be called more than once.
    /// Default: none.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Box::new(observer));
        self
    }

    /// Takes the time from `clock`. Default: [`SystemClock`].
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
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

/// Whether answers about tokens in use are refreshed before they are too old.
enum RefreshAhead {
    On,
    Off,
}
