//! What a verdict rests on.

use std::time::Duration;

/// Where the answer about a token came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheResult {
    /// The cache.
    Hit,
    /// The cache; this request also started a refresh in the background.
    Refreshed,
    /// A call that another request had already started.
    Joined,
    /// A call that this request started.
    Miss,
    /// An expired cache entry, because the authorization server could not be asked.
    Stale,
}

/// Where an answer came from, and the call it took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Evidence {
    pub(crate) cache: Option<CacheResult>,
    pub(crate) upstream: Option<UpstreamCall>,
}

/// A call to the authorization server, retries included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpstreamCall {
    pub(crate) latency: Duration,
    pub(crate) retries: u32,
    /// The circuit breaker refused the call.
    pub(crate) suspended: bool,
}

impl CacheResult {
    /// The result as a word for logs and metrics: `hit`, `refreshed`, `joined`, `miss` or
    /// `stale`.
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
