//! Waiting for a token to end.

use std::future::pending;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::sleep;

use crate::validator::TokenValidator;
use crate::verdict::permit::Permit;

/// The longest wait before the date is read again, which may have been set.
const LONGEST_NAP: Duration = Duration::from_secs(30);

impl TokenValidator {
    /// Waits until the caller's token ends, for a response that may outlive it: a WebSocket, a
    /// stream of events, a long download.
    ///
    /// A request is judged when it begins. End such a response when this future does, or a
    /// caller keeps what a token once gave it for as long as the connection lasts:
    ///
    /// ```
    /// use mobilefirst::{Permit, TokenValidator};
    /// # async fn next() -> Option<String> { None }
    /// # async fn send(message: String) {}
    ///
    /// async fn stream(validator: &TokenValidator, caller: Permit) {
    ///     let mut end = std::pin::pin!(validator.token_end(&caller));
    ///     loop {
    ///         tokio::select! {
    ///             () = &mut end => return,
    ///             message = next() => match message {
    ///                 Some(message) => send(message).await,
    ///                 None => return,
    ///             },
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// The token ends at its `exp`, plus the
    /// [`leeway`](crate::TokenValidatorBuilder::leeway), by the validator's clock; a date that
    /// is set meanwhile is noticed within 30 s. The future never ends if the token has no `exp`.
    /// It doesn't ask the authorization server, so it doesn't notice a token that is revoked:
    /// [authorize](Self::authorize) a long stream again from time to time. It borrows nothing.
    ///
    /// # Panics
    ///
    /// Panics when polled outside a tokio runtime with timers.
    #[doc(alias = "websocket")]
    #[doc(alias = "sse")]
    #[doc(alias = "stream")]
    #[doc(alias = "exp")]
    pub fn token_end<S>(&self, permit: &Permit<S>) -> impl Future<Output = ()> + Send + use<S> {
        let inner = self.inner.clone();
        let token = permit.shared().clone();
        async move {
            let Some(end) = token.expires_at() else {
                return pending().await;
            };
            let leeway = inner.limits.leeway;
            loop {
                let now = inner.lookup.now();
                if !token.is_current(now, leeway) {
                    return;
                }
                let left = end.duration_since(date(now.date())).unwrap_or_default();
                let left = left.saturating_add(leeway);
                sleep(left.clamp(Duration::from_millis(1), LONGEST_NAP)).await;
            }
        }
    }
}

fn date(since_epoch: Duration) -> SystemTime {
    UNIX_EPOCH + since_epoch
}
