//! The seam for observers of decisions.

use std::sync::Arc;
use std::time::Duration;

use crate::lookup::evidence::{CacheResult, Evidence};
use crate::scope::Scope;
use crate::token::introspection::ActiveToken;
use crate::verdict::denial::Denial;
use crate::verdict::request_info::RequestInfo;

/// Receives every decision once it is made.
///
/// Register it with [`observer`](crate::TokenValidatorBuilder::observer). It is called while
/// the request waits, so it must be quick and must not block: count, or send what you want to
/// keep through a channel.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use mobilefirst::{Decision, Observer, Verdict};
///
/// /// Counts the requests that were refused.
/// #[derive(Debug, Default)]
/// struct Refused(AtomicU64);
///
/// impl Observer for Refused {
///     fn decided(&self, decision: &Decision<'_>) {
///         if let Verdict::Denied(_) = decision.verdict() {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
#[doc(alias = "audit")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an observer of decisions",
    label = "not an observer of decisions",
    note = "implement `mobilefirst::Observer` for it: one method, `decided`"
)]
pub trait Observer: Send + Sync + 'static {
    /// Called once for each decision, but not for a request that was dropped before.
    fn decided(&self, decision: &Decision<'_>);
}

/// A decision and the evidence for it. It contains no token.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    pub(crate) verdict: Verdict<'a>,
    pub(crate) scope: &'a Scope,
    pub(crate) evidence: Evidence,
    pub(crate) elapsed: Duration,
    pub(crate) request: Option<&'a RequestInfo>,
}

/// The outcome of a decision.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Verdict<'a> {
    /// The request may pass. Clone the `Arc` to keep the token.
    Granted(&'a Arc<ActiveToken>),
    /// The request bears no token, on a route where that is [optional](crate::Authorize::optional).
    Anonymous,
    /// The request is refused.
    Denied(&'a Denial),
}

impl<'a> Decision<'a> {
    /// Returns the outcome.
    pub fn verdict(&self) -> Verdict<'a> {
        self.verdict
    }

    /// Returns the scope that the route requires.
    pub fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// Returns where the answer about the token came from; `None` if the request was refused
    /// without a lookup.
    pub fn cache_result(&self) -> Option<CacheResult> {
        self.evidence.cache
    }

    /// Returns how long the call to the authorization server took, including retries; `None`
    /// if it was not asked. Requests that shared one call report the same latency.
    pub fn upstream_latency(&self) -> Option<Duration> {
        self.evidence.upstream.map(|call| call.latency())
    }

    /// Returns how often the call was retried.
    pub fn retries(&self) -> u32 {
        self.evidence.upstream.map_or(0, |call| call.retries())
    }

    /// Returns how long the decision took, by the validator's clock.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the request, if the adapter described it; see
    /// [`for_request`](crate::Authorize::for_request).
    pub fn request(&self) -> Option<&'a RequestInfo> {
        self.request
    }
}

impl Verdict<'_> {
    /// Returns the outcome as a word for logs and metrics: `granted`, `anonymous` or `denied`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Granted(_) => "granted",
            Self::Anonymous => "anonymous",
            Self::Denied(_) => "denied",
        }
    }
}
