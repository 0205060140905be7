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
    /// Every request carries this around: it is kept small.
    latency_micros: u32,
    retries: u8,
    /// The circuit breaker refused the call.
    pub(crate) suspended: bool,
}

impl UpstreamCall {
    /// Longer than an hour is an hour, and more than 255 retries are 255.
    pub(crate) fn new(latency: Duration, retries: u32, suspended: bool) -> Self {
        Self {
            latency_micros: u32::try_from(latency.as_micros()).unwrap_or(u32::MAX),
            retries: u8::try_from(retries).unwrap_or(u8::MAX),
            suspended,
        }
    }

    pub(crate) fn latency(self) -> Duration {
        Duration::from_micros(self.latency_micros.into())
    }

    pub(crate) fn retries(self) -> u32 {
        self.retries.into()
    }
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
