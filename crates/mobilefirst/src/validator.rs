//! Decides whether a request is authorized. No other module does.

pub(crate) mod authorize;
mod behind;
pub(crate) mod builder;
mod decide;
mod judge;
pub(crate) mod settings;
mod token_end;

use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::health::Health;
use crate::health::check::HealthCheck;
use crate::lookup::Lookup;
use crate::lookup::invalidation::Invalidation;
use crate::lookup::stats::CacheStats;
use crate::lookup::subject::Subject;
use crate::observe::decision_span::Observers;
use crate::validator::authorize::Authorize;
use crate::verdict::denial::Denial;
use crate::verdict::device_policy::DevicePolicy;
use crate::verdict::error_body_hook::ErrorBodyHook;
use crate::verdict::requirement::{RequiredScope, Requirement};

/// Decides whether requests are authorized, by their access tokens.
///
/// Build one per process and clone it wherever it is needed. Clones share state: one
/// cache, and one token of our own.
///
/// ```
/// use http::{HeaderMap, header::AUTHORIZATION};
/// use mobilefirst::{Credentials, Denial, TokenValidator, scopes};
///
/// scopes! { AccessRestricted = "accessRestricted"; }
///
/// async fn greet(validator: &TokenValidator, headers: &HeaderMap) -> Result<String, Denial> {
///     let authorization = headers.get_all(AUTHORIZATION);
///     let permit = validator.authorize::<AccessRestricted>(authorization).await?;
///     Ok(format!("hello, {}", permit.username().unwrap_or("stranger")))
/// }
///
/// # #[cfg(feature = "reqwest")]
/// # fn main() -> Result<(), mobilefirst::Error> {
/// let server = "https://mfp.example.com/mfp/api".parse()?;
/// let validator = TokenValidator::builder(server, Credentials::new("bank", "s3cret")?).build()?;
/// # Ok(()) }
/// # #[cfg(not(feature = "reqwest"))]
/// # fn main() {}
/// ```
#[doc(alias = "jwt")]
#[doc(alias = "oauth")]
#[doc(alias = "oauth2")]
#[doc(alias = "bearer")]
#[doc(alias = "introspection")]
#[doc(alias = "verifier")]
#[doc(alias = "realm")]
#[doc(alias = "multi-tenant")]
#[doc(alias = "jwks")]
#[doc(alias = "middleware")]
#[derive(Clone)]
pub struct TokenValidator {
    inner: Arc<Inner>,
}

struct Inner {
    /// Tells this validator from any other of this process.
    number: NonZeroU64,
    limits: Limits,
    lookup: Lookup,
    health: HealthCheck,
    error_body: ErrorBodyHook,
    observers: Arc<Observers>,
}

/// Bounds on what a decision accepts.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) leeway: Duration,
    pub(crate) max_token_length: usize,
    pub(crate) devices: DevicePolicy,
}

impl TokenValidator {
    /// Decides whether a request may call a route that requires the scope `S`.
    ///
    /// Pass the values of all `Authorization` fields, in whatever type the framework has:
    /// this function refuses a request that has several. A cached answer is ready at once.
    /// Otherwise the future asks the authorization server when it is polled, which must
    /// happen within a tokio runtime. The future borrows nothing.
    ///
    /// # Errors
    ///
    /// Returns a [`Denial`] with the status and the header fields of the response.
    pub fn authorize<S: RequiredScope>(
        &self,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Authorize<S> {
        self.decide(None, authorization, Requirement::of::<S>())
            .of()
    }

    /// Decides whether a request may call a route whose scope or [`Requirement`] is only
    /// known at run time.
    ///
    /// # Errors
    ///
    /// Returns a [`Denial`], like [`authorize`](Self::authorize).
    pub fn authorize_scope(
        &self,
        authorization: impl IntoIterator<Item: AsRef<[u8]>>,
        requirement: impl Into<Requirement>,
    ) -> Authorize {
        self.decide(None, authorization, requirement.into()).of()
    }

    /// Completes a refusal that a handler makes without a [`Permit`](crate::Permit): adds
    /// the body that [`error_body`](crate::TokenValidatorBuilder::error_body) gives it.
    ///
    /// With a permit, use [`Permit::forbidden`](crate::Permit::forbidden) or
    /// [`Permit::insufficient_scope`](crate::Permit::insufficient_scope): with them, the hook
    /// learns about the request too.
    ///
    /// ```
    /// use mobilefirst::{Denial, Permit, TokenValidator};
    ///
    /// fn limit(validator: &TokenValidator, caller: Option<Permit>) -> Result<u32, Denial> {
    ///     match caller {
    ///         Some(_) => Ok(1000),
    ///         None => Err(validator.deny(Denial::missing_token())),
    ///     }
    /// }
    /// ```
    pub fn deny(&self, denial: Denial) -> Denial {
        self.inner.error_body.complete_own(denial)
    }

    /// Forgets the cached answers about an access token, a user, a client or a device, at once.
    ///
    /// Use it where access ends earlier than the authorization server would tell: at logout, after
    /// a change of password, when a device is reported lost. It is not a verdict: the next request
    /// asks the authorization server, which knows. An answer that was asked for before is not
    /// cached when it arrives.
    ///
    /// With a [remote store](crate::TokenValidatorBuilder::remote_store), every process that uses
    /// it forgets too. That happens in the background, within a tokio runtime; await the returned
    /// [`Invalidation`] to learn whether the store was told.
    ///
    /// In version 7, answers are also cached by ID token and scope, so forgetting a token forgets
    /// everything, like [`invalidate_all`](Self::invalidate_all).
    ///
    /// ```
    /// # use mobilefirst::{Error, Subject, TokenValidator};
    /// # async fn example(validator: &TokenValidator, token: &str) -> Result<(), Error> {
    /// validator.invalidate(token);
    /// validator.invalidate(Subject::User("jdoe")).await?;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "revoke")]
    #[doc(alias = "logout")]
    #[doc(alias = "evict")]
    pub fn invalidate<'a>(&self, subject: impl Into<Subject<'a>>) -> Invalidation {
        self.inner.lookup.forget(subject.into())
    }

    /// Forgets the cached answers about all tokens, like [`invalidate`](Self::invalidate).
    pub fn invalidate_all(&self) -> Invalidation {
        self.inner.lookup.forget_all()
    }

    /// Replaces our secret, for this validator and all its clones, such as those in guards.
    ///
    /// Use it after the secret was changed at the authorization server: the cached answers
    /// stay, and no request waits or fails. It takes effect with the next request for a token
    /// of our own. The one at hand serves on until it ends or is refused, because it was issued
    /// to the same client; meanwhile the next lookup has it replaced in the background, so
    /// that a wrong secret shows in the log while requests are still served. What the old
    /// secret was refused no longer counts, nor does the last result of
    /// [`check`](Self::check).
    ///
    /// To end the old token at once, revoke it at the authorization server: it is then
    /// refused, and replaced.
    ///
    /// ```no_run
    /// use mobilefirst::{Credentials, Error, TokenValidator};
    ///
    /// /// Called when the operator asks for it, as by a signal.
    /// fn rotate(validator: &TokenValidator) -> Result<(), Error> {
    ///     validator.set_credentials(Credentials::from_file("bank", "/run/secrets/bank")?)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration), and changes nothing, if the
    /// credentials belong to another client, for which the cached answers don't hold: build
    /// another validator. In version 7 there are no credentials to replace.
    #[doc(alias = "rotation")]
    #[doc(alias = "rotate")]
    #[doc(alias = "reload")]
    pub fn set_credentials(&self, credentials: Credentials) -> Result<(), Error> {
        self.inner.lookup.endpoint().set_credentials(credentials)?;
        self.inner.health.forget();
        Ok(())
    }

    /// Returns the counters of the cache.
    pub fn cache_stats(&self) -> CacheStats {
        self.inner.lookup.stats()
    }

    /// Checks whether the authorization server answers, accepts our credentials, and lets
    /// us introspect tokens.
    ///
    /// Use it for a readiness endpoint and for alerts, and once at start-up, to find a
    /// wrong secret before the first caller does:
    ///
    /// ```
    /// use http::{Response, StatusCode};
    /// use mobilefirst::TokenValidator;
    ///
    /// /// `GET /healthz`, open to everyone.
    /// async fn healthz(validator: &TokenValidator) -> Response<String> {
    ///     let health = validator.check().await;
    ///     let mut response = Response::new(serde_json::json!(health).to_string());
    ///     if !health.is_healthy() {
    ///         *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    ///     }
    ///     response
    /// }
    /// ```
    ///
    /// **Do not use it as a liveness probe.** Restarting this process does not end an outage
    /// of the authorization server, and loses the cached answers that still serve requests.
    /// If unguarded routes or cached answers should keep serving during an outage, do not
    /// use it as a readiness probe either: only raise an alert.
    ///
    /// The check takes the same path as a caller's request. It gets our own token if there
    /// is none, and introspects that token; in version 7, it asks about a token that does
    /// not exist. It ends within the [`deadline`](crate::TokenValidatorBuilder::deadline),
    /// does not ask while the circuit breaker is open, and does not fill the cache.
    ///
    /// However often it is called, at most one check runs, and its result is reused for
    /// 5 s. A failure is logged at `WARN` with its cause and its fix, at most once every ten
    /// seconds for each kind of error. Dropping the future does not affect other callers.
    /// The future borrows nothing, and must be polled within a tokio runtime; outside of
    /// one, it reports that as the failure.
    pub fn check(&self) -> impl Future<Output = Health> + Send + use<> {
        self.inner.health.clone().health()
    }

    pub(crate) fn new(
        limits: Limits,
        lookup: Lookup,
        health: HealthCheck,
        error_body: ErrorBodyHook,
        observers: Observers,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let inner = Inner {
            number: NonZeroU64::MIN.saturating_add(NEXT.fetch_add(1, Ordering::Relaxed)),
            limits,
            lookup,
            health,
            error_body,
            observers: Arc::new(observers),
        };
        Self {
            inner: Arc::new(inner),
        }
    }
}

impl fmt::Debug for TokenValidator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenValidator")
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}
