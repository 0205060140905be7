//! A token of our own, by client credentials: RFC 6749 §4.4.

use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use tracing::{Instrument, debug, debug_span, warn};

use crate::cache::flight::{Boarding, Flights};
use crate::error::Chain;
use crate::quiet::Quiet;
use crate::scope::Scope;
use crate::token_endpoint::TokenEndpoint;
use crate::upstream::timeout;
use crate::{Error, ErrorKind, metrics};

/// A token is renewed this long before its end, or after half its life.
const RENEW_BEFORE_END: Duration = Duration::from_secs(30);

/// A refusal is believed for a second at first, then for twice as long each time, unless
/// the token had been good before.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Gets the token for one scope, and keeps it until shortly before its end.
pub(crate) struct OwnToken {
    inner: Arc<Inner>,
}

/// A token that was granted to us.
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
        // It was made of text.
        let value = str::from_utf8(self.authorization.as_bytes()).unwrap_or_default();
        value.strip_prefix("Bearer ").unwrap_or_default()
    }

    /// The server took it: should it refuse it later, something has changed there.
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
    quiet: Quiet,
}

#[derive(Default)]
struct State {
    granted: Option<Arc<Granted>>,
    refused: Option<Error>,
    /// While it runs, no further token is asked for in place of one that was refused.
    pause: Pause,
    /// The background renewal may begin again from here on.
    renew_from: Duration,
}

impl OwnToken {
    pub(crate) fn new(endpoint: Arc<TokenEndpoint>, scope: Scope, deadline: Duration) -> Self {
        let inner = Inner {
            endpoint,
            scope,
            deadline,
            state: Mutex::default(),
            flights: Flights::new(),
            quiet: Quiet::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The token: at once where there is one, and one call for all who wait.
    pub(crate) async fn current(&self) -> Outcome {
        let Some(outcome) = self.inner.look() else {
            return self.fetched().await;
        };
        if self.inner.begins_renewal() {
            // Nobody waits for it, no span either: the token at hand serves to its end.
            let _entered = debug_span!(parent: None, "renew").entered();
            let worker = self.inner.clone();
            let _ = self.board(|| None, async move { worker.renew().await });
        }
        outcome
    }

    /// Forgets a token that was refused, so that the next one is a new one; an error where
    /// that happens too often. All who were refused the same token get the same new one;
    /// tokens that are refused again and again are replaced ever more rarely.
    pub(crate) fn drop_refused(&self, refused: &Arc<Granted>) -> Result<(), Error> {
        self.inner.drop_refused(refused)
    }

    /// The error for a token that is refused although it was just granted.
    pub(crate) fn rejected(&self) -> Error {
        self.inner.endpoint.own_token_rejected(&self.inner.scope)
    }

    async fn fetched(&self) -> Outcome {
        // A flight is cut off only where its runtime is shut down: then this one begins
        // another.
        for _ in 0..3 {
            let worker = self.inner.clone();
            let fetch = async move { worker.fetch().await };
            match self.board(|| self.inner.look(), fetch) {
                Boarding::Landed(outcome) => return outcome,
                Boarding::Joined(flight) | Boarding::Begun(flight) => {
                    if let Some(outcome) = flight.outcome().await {
                        return outcome;
                    }
                }
            }
        }
        Err(Error::new(
            ErrorKind::Interrupted,
            "the request for a token of our own was cut off",
        ))
    }

    fn board(
        &self,
        landed: impl FnOnce() -> Option<Outcome>,
        work: impl Future<Output = Outcome> + Send + 'static,
    ) -> Boarding<Outcome> {
        let keeper = self.inner.clone();
        self.inner.flights.board(
            (),
            landed,
            || work.in_current_span(),
            move |outcome| {
                keeper.keep(outcome);
                ready(())
            },
        )
    }
}

impl Inner {
    /// What there is without a call: a live token, or a refusal that still counts.
    fn look(&self) -> Option<Outcome> {
        let now = self.endpoint.clock().uptime();
        let state = self.lock();
        if let Some(granted) = &state.granted
            && now < granted.expires_at
        {
            return Some(Ok(granted.clone()));
        }
        let refused = state.refused.clone()?;
        state.pause.is_on(now).then_some(Err(refused))
    }

    fn begins_renewal(&self) -> bool {
        let now = self.endpoint.clock().uptime();
        let mut state = self.lock();
        let is_due = state.granted.as_ref().is_some_and(|g| g.renew_at <= now);
        if !is_due || now < state.renew_from || state.pause.is_on(now) {
            return false;
        }
        state.renew_from = now + SHORTEST_PAUSE;
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

    fn keep(&self, outcome: &Outcome) {
        let now = self.endpoint.clock().uptime();
        let mut state = self.lock();
        match outcome {
            Ok(granted) => {
                state.granted = Some(granted.clone());
                state.refused = None;
            }
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

    /// The same while there is a token that serves: no request would tell of a failure.
    async fn renew(&self) -> Outcome {
        let outcome = self.fetch().await;
        if let Err(error) = &outcome
            && let Some(unlogged) = self
                .quiet
                .admit(error.kind(), self.endpoint.clock().uptime())
        {
            warn!(
                scope = %self.scope,
                kind = ?error.kind(),
                error = %Chain(error),
                unlogged,
                "our own token cannot be renewed, and serves to its end"
            );
        }
        outcome
    }

    async fn fetch(&self) -> Outcome {
        let work = self.endpoint.request_token(&self.scope);
        let response = tokio::time::timeout(self.deadline, work)
            .await
            .unwrap_or_else(|_| Err(timeout()));
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
        // Up to a tenth sooner, so that a fleet does not renew all at once.
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

/// What the next request would meet again.
fn is_lasting(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::CredentialsRejected | ErrorKind::ScopeRejected | ErrorKind::InvalidResponse
    )
}

/// A pause that doubles each time that it begins soon after it ended.
#[derive(Default)]
struct Pause {
    length: Duration,
    until: Duration,
}

impl Pause {
    fn is_on(&self, now: Duration) -> bool {
        now < self.until
    }

    fn begin(&mut self, now: Duration) {
        let calm = now > self.until + 2 * LONGEST_PAUSE;
        self.length = match calm {
            true => SHORTEST_PAUSE,
            false => (self.length * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
        };
        self.until = now + self.length;
    }

    /// Makes this pause, and the next one, as short as can be: what made it long is over.
    fn shorten(&mut self) {
        let begun = self.until - self.length;
        self.until = self.until.min(begun + SHORTEST_PAUSE);
        self.length = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_up_to_a_bound_and_calms_down() {
        let mut pause = Pause::default();
        let mut lengths = Vec::new();
        for _ in 0..7 {
            pause.begin(pause.until);
            lengths.push(pause.length.as_secs());
        }
        assert_eq!(lengths, [1, 2, 4, 8, 16, 30, 30]);
        pause.begin(pause.until + Duration::from_secs(61));
        assert_eq!(pause.length, SHORTEST_PAUSE);
    }
    #[test]
    fn a_pause_that_is_shortened_begins_anew() {
        let mut pause = Pause::default();
        for _ in 0..4 {
            pause.begin(pause.until);
        }
        assert!(pause.is_on(Duration::from_secs(14)));
        for _ in 0..2 {
            pause.shorten();
            assert!(pause.is_on(Duration::from_millis(7_999)));
            assert!(!pause.is_on(Duration::from_secs(8)));
        }
        pause.begin(pause.until);
        assert_eq!(pause.length, SHORTEST_PAUSE);
    }
}
