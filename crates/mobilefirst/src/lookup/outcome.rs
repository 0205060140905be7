//! The result of a lookup, on its way back to the request.

use crate::error::Error;
use crate::lookup::evidence::{CacheResult, Evidence};
use crate::protocol::question::Answer;

/// An answer about a token, where it came from, and the call it took.
#[derive(Clone)]
pub(crate) struct Outcome {
    pub(crate) answer: Result<Answer, Error>,
    pub(crate) evidence: Evidence,
}

impl Outcome {
    /// An outcome that took no call to the authorization server.
    pub(crate) fn not_asked(answer: Result<Answer, Error>) -> Self {
        Self {
            answer,
            evidence: CacheResult::Miss.into(),
        }
    }

    /// Whether the authorization server was asked for this outcome.
    pub(crate) fn was_asked(&self) -> bool {
        self.evidence.upstream.is_some()
    }

    /// This outcome, for a request that came to it otherwise.
    #[must_use]
    pub(crate) fn from(mut self, cache: CacheResult) -> Self {
        self.evidence.cache = Some(cache);
        self
    }
}
