//! Our own token, by client credentials (RFC 6749 §4.4).

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;
use tracing::{Instrument, Span, debug, debug_span, warn};

use crate::credentials::Credentials;
use crate::error::{Chain, Error, ErrorKind};
use crate::flight::{Flights, Lost, Shared, Work};
use crate::protocol::backoff::Backoff;
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::scope::Scope;
use crate::telemetry::log_throttle::LogThrottle;
use crate::telemetry::metrics;

/// How long before its end a token is renewed; at the latest after half its lifetime.
const RENEW_BEFORE_END: Duration = Duration::from_secs(30);

/// Minimum interval between attempts to renew the token in the background.
const RENEWAL_INTERVAL: Duration = Duration::from_secs(1);

/// Our own token for one scope: fetched, cached, and renewed shortly before its end.
pub(crate) struct OwnToken {
    inner: Arc<Inner>,
}

/// A token that was issued to us.
pub(crate) struct Granted {
    /// `Bearer …`, marked as sensitive.
    pub(crate) authorization: HeaderValue,
    renew_at: Duration,
    expires_at: Duration,
    accepted: AtomicBool,
}

impl Granted {
    /// The token itself, without the scheme.
    pub(crate) fn token(&self) -> &str {
        // It was built from text.
        let value = str::from_utf8(self.authorization.as_bytes()).unwrap_or_default();
        value.strip_prefix("Bearer ").unwrap_or_default()
    }

    /// Records that the server accepted the token: a later refusal then means a change there.
    pub(crate) fn accept(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }
}

type Outcome = Result<Arc<Granted>, Error>;

struct Inner {
    endpoint: Arc<TokenEndpoint>,
    scope: Scope,
    deadline: Duration,
    state: Mutex<State>,
    flights: Flights<(), Outcome>,
    throttle: LogThrottle<ErrorKind>,
}

#[derive(Default)]
struct State {
    granted: Option<Arc<Granted>>,
    refused: Option<Error>,
    /// While it runs, a refused token is not replaced.
    pause: Backoff,
    /// No background renewal starts before this.
    renew_from: Duration,
    /// How often the credentials were replaced.
    epoch: u64,
    /// The cached token was issued for earlier credentials. It serves on, but is renewed.
    is_outdated: bool,
}

impl OwnToken {
    pub(crate) fn new(endpoint: Arc<TokenEndpoint>, scope: Scope, deadline: Duration) -> Self {
        let inner = Inner {
            endpoint,
            scope,
            deadline,
            state: Mutex::default(),
            flights: Flights::new(deadline),
            throttle: LogThrottle::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The cached token, or a new one.
    pub(crate) async fn current(&self) -> Outcome {
        match self.at_hand() {
            Some(outcome) => outcome,
            None => self.fetched().await,
        }
    }

    /// The cached token, or a refusal that still counts. Near its end the token is renewed in the
    /// background.
    pub(crate) fn at_hand(&self) -> Option<Outcome> {
        let now = self.inner.endpoint.clock().uptime();
        let outcome = self.inner.look(now)?;
        if self.inner.begins_renewal(now) {
            // In a span of its own: no request waits for it, since the old token still serves.
            let _entered = debug_span!(parent: None, "renew").entered();
            let _ = self
                .inner
                .flights
                .join(&(), &TokenRequest::renew(&self.inner));
        }
        Some(outcome)
    }

    /// Drops a token that was refused, so that the next request fetches a new one. Fails where that
    /// happens too often. Requests that were refused the same token share one replacement.
    pub(crate) fn drop_refused(&self, refused: &Arc<Granted>) -> Result<(), Error> {
        self.inner.drop_refused(refused)
    }

    /// Replaces the credentials, for the next request for a token.
    ///
    /// The cached token serves on, since the server issued it and can revoke it. It is renewed in
    /// the background once a token of our own is needed, so that a wrong secret shows in the log
    /// while requests are still served. What earlier credentials were refused no longer counts.
    pub(crate) fn set_credentials(&self, credentials: Credentials) -> Result<(), Error> {
        self.inner.endpoint.set_credentials(credentials)?;
        let mut state = self.inner.lock();
        state.epoch += 1;
        state.refused = None;
        state.pause = Backoff::default();
        state.renew_from = Duration::ZERO;
        state.is_outdated = true;
        Ok(())
    }

    /// The error for a token that was refused right after it was issued.
    pub(crate) fn rejected(&self) -> Error {
        self.inner.endpoint.own_token_rejected(&self.inner.scope)
    }

    /// A new token. Requests that wait for it share one call.
    pub(crate) async fn fetched(&self) -> Outcome {
        let epoch = self.inner.lock().epoch;
        let outcome = self.fetch_once().await;
        match &outcome {
            // The credentials were replaced meanwhile.
            Err(error) if is_lasting(error) && self.inner.lock().epoch != epoch => {
                self.fetch_once().await
            }
            _ => outcome,
        }
    }

    async fn fetch_once(&self) -> Outcome {
        let request = TokenRequest::fetch(&self.inner);
        match self.inner.flights.outcome(&(), &request).await {
            Ok(Shared::Ready(outcome) | Shared::Joined(outcome) | Shared::Led(outcome)) => outcome,
            Err(Lost::Overdue) => Err(Error::timeout()),
            Err(_) => Err(Error::new(
                ErrorKind::Interrupted,
                "the request for a token of our own was cut off",
            )),
        }
    }
}

/// One request to the token endpoint.
#[derive(Clone)]
struct TokenRequest {
    inner: Arc<Inner>,
    purpose: Purpose,
    /// That of the credentials for which it was made.
    epoch: u64,
}

#[derive(Clone, Copy)]
enum Purpose {
    /// No token is cached.
    Fetch,
    /// The cached token still serves, so no request would notice a failure.
    Renew,
}

impl TokenRequest {
    fn fetch(inner: &Arc<Inner>) -> Self {
        Self::new(inner, Purpose::Fetch)
    }

    fn renew(inner: &Arc<Inner>) -> Self {
        Self::new(inner, Purpose::Renew)
    }

    fn new(inner: &Arc<Inner>, purpose: Purpose) -> Self {
        Self {
            inner: inner.clone(),
            purpose,
            epoch: inner.lock().epoch,
        }
    }
}

impl Work for TokenRequest {
    type Outcome = Outcome;

    fn ready(&self) -> Option<Outcome> {
        match self.purpose {
            Purpose::Fetch => self.inner.look(self.inner.endpoint.clock().uptime()),
            Purpose::Renew => None,
        }
    }

    fn begin(&self, _: Instant) -> Self {
        self.clone()
    }

    fn run(&self, span: Span) -> impl Future<Output = Outcome> + Send {
        async move {
            let outcome = self.inner.fetch().await;
            if let (Purpose::Renew, Err(error)) = (self.purpose, &outcome) {
                self.inner.warn(error);
            }
            outcome
        }
        .instrument(span)
    }

    fn complete(self, outcome: &Outcome, _: u64) -> impl Future<Output = ()> + Send + 'static {
        self.inner.keep(outcome, self.epoch);
        ready(())
    }

    fn epoch(&self) -> u64 {
        self.inner.lock().epoch
    }
}

impl Inner {
    /// What needs no call: a valid token, or a refusal that still counts.
    fn look(&self, now: Duration) -> Option<Outcome> {
        let state = self.lock();
        if let Some(granted) = &state.granted
            && now < granted.expires_at
        {
            return Some(Ok(granted.clone()));
        }
        let refused = state.refused.clone()?;
        state.pause.is_on(now).then_some(Err(refused))
    }

    fn begins_renewal(&self, now: Duration) -> bool {
        let mut state = self.lock();
        let is_due = state
            .granted
            .as_ref()
            .is_some_and(|g| state.is_outdated || g.renew_at <= now);
        if !is_due || now < state.renew_from || state.pause.is_on(now) {
            return false;
        }
        state.renew_from = now + RENEWAL_INTERVAL;
        true
    }

    fn drop_refused(&self, refused: &Arc<Granted>) -> Result<(), Error> {
        let now = self.endpoint.clock().uptime();
        let mut state = self.lock();
        let is_ours = |granted: &Arc<Granted>| Arc::ptr_eq(granted, refused);
        if !state.granted.as_ref().is_some_and(is_ours) {
            return Ok(());
        }
        if refused.accepted.load(Ordering::Relaxed) {
            state.pause.shorten();
        }
        if state.pause.is_on(now) {
            return Err(self.endpoint.own_token_rejected(&self.scope));
        }
        state.granted = None;
        state.pause.begin(now);
        Ok(())
    }

    /// Keeps the outcome of a request that was made with the credentials of `epoch`.
    fn keep(&self, outcome: &Outcome, epoch: u64) {
        let now = self.endpoint.clock().uptime();
        let mut state = self.lock();
        let is_outdated = epoch != state.epoch;
        match outcome {
            Ok(granted) => {
                state.granted = Some(granted.clone());
                state.refused = None;
                state.is_outdated = is_outdated;
            }
            // The new credentials may be better.
            Err(_) if is_outdated => {}
            Err(error) if is_lasting(error) => {
                state.refused = Some(error.clone());
                if error.kind() == ErrorKind::InvalidResponse {
                    state.pause.shorten();
                }
                if !state.pause.is_on(now) {
                    state.pause.begin(now);
                }
            }
            Err(_) => {}
        }
    }

    /// Warns that the token can't be renewed.
    fn warn(&self, error: &Error) {
        let kind = error.kind();
        let now = self.endpoint.clock().uptime();
        if let Some(suppressed) = self.throttle.admit(kind, now) {
            warn!(
                scope = %self.scope,
                ?kind,
                error = %Chain(error),
                suppressed,
                "our own token cannot be renewed, and serves to its end"
            );
        }
    }

    async fn fetch(&self) -> Outcome {
        let response = self
            .endpoint
            .request_token(&self.scope, self.deadline)
            .await;
        metrics::own_token(match &response {
            Ok(_) => "granted",
            Err(error) if is_lasting(error) => "refused",
            Err(_) => "failed",
        });
        let response = response.inspect_err(|error| {
            debug!(scope = %self.scope, error = %Chain(error), "got no token of our own");
        })?;
        let now = self.endpoint.clock().uptime();
        let lifetime = response.lifetime();
        // Up to a tenth earlier, so that a fleet doesn't renew all at once.
        let ahead = RENEW_BEFORE_END.min(lifetime / 2);
        debug!(scope = %self.scope, ?lifetime, "got a token of our own");
        let ahead = (ahead + ahead.mul_f64(fastrand::f64() / 10.0)).min(lifetime);
        Ok(Arc::new(Granted {
            authorization: response.authorization()?,
            renew_at: now + (lifetime - ahead),
            expires_at: now + lifetime,
            accepted: AtomicBool::new(false),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the next request would get the same error.
fn is_lasting(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::CredentialsRejected | ErrorKind::ScopeRejected | ErrorKind::InvalidResponse
    )
}
