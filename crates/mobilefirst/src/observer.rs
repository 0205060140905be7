//! The seam to whoever wants to know of every decision.

use std::sync::Arc;
use std::time::Duration;

use crate::{ActiveToken, Denial, RequestInfo, Scope};

/// Is told of every decision, once it is made.
///
/// Set it with [`observer`](crate::TokenValidatorBuilder::observer). It is called on the
/// path of the request, so it must be quick and must not block: count, or put what you
/// want to keep into a channel.
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
pub trait Observer: Send + Sync + 'static {
    /// Is called once for each request that was judged; not for one that was dropped
    /// before it was.
    fn decided(&self, decision: &Decision<'_>);
}

/// What was decided, and how that came about. It holds no token.
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
    /// The request may pass. To keep the token, clone the `Arc`.
    Granted(&'a Arc<ActiveToken>),
    /// The request bears no token, on a route that serves strangers too.
    Anonymous,
    /// The request is refused.
    Denied(&'a Denial),
}

/// How the answer about a token was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheResult {
    /// It was at hand.
    Hit,
    /// It was at hand, and this request had it asked for anew, ahead of time.
    Refreshed,
    /// Another request had asked for it already.
    Joined,
    /// This request asked for it.
    Miss,
    /// The server could not be asked, and what it said earlier was served.
    Stale,
}

/// What a verdict rests on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) cache: Option<CacheResult>,
    pub(crate) upstream: Option<Trip>,
}

/// A visit to the authorization server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trip {
    pub(crate) latency: Duration,
    pub(crate) retries: u32,
    /// It was left alone, since it is known to be down or asked for it.
    pub(crate) suspended: bool,
}

impl<'a> Decision<'a> {
    /// The outcome.
    pub fn verdict(&self) -> Verdict<'a> {
        self.verdict
    }

    /// The scope that the route requires.
    pub fn scope(&self) -> &'a Scope {
        self.scope
    }

    /// How the answer about the token was come by; `None` where the request was refused
    /// without one.
    pub fn cache_result(&self) -> Option<CacheResult> {
        self.evidence.cache
    }

    /// How long the authorization server was waited for, with all retries; `None` where
    /// it was not asked. Requests that waited for the same answer have the same.
    pub fn upstream_latency(&self) -> Option<Duration> {
        self.evidence.upstream.map(|trip| trip.latency)
    }

    /// How often the question had to be put again.
    pub fn retries(&self) -> u32 {
        self.evidence.upstream.map_or(0, |trip| trip.retries)
    }

    /// How long the decision took, by the validator's clock.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The request, where the adapter told of it; see
    /// [`for_request`](crate::Authorize::for_request).
    pub fn request(&self) -> Option<&'a RequestInfo> {
        self.request
    }
}

impl Verdict<'_> {
    /// The outcome as a word, for logs and metrics: `granted`, `anonymous` or `denied`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Granted(_) => "granted",
            Self::Anonymous => "anonymous",
            Self::Denied(_) => "denied",
        }
    }
}

impl CacheResult {
    /// The result as a word, for logs and metrics: `hit`, `refreshed`, `joined`, `miss`
    /// or `stale`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Refreshed => "refreshed",
            Self::Joined => "joined",
            Self::Miss => "miss",
            Self::Stale => "stale",
        }
    }
}

impl From<CacheResult> for Evidence {
    fn from(cache: CacheResult) -> Self {
        Self {
            cache: Some(cache),
            upstream: None,
        }
    }
}
