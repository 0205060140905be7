//! What is counted and measured, through the facade of the crate `metrics`.
//!
//! Every label value is one of a few words of ours: nothing that a caller sends can make
//! a time series.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};
use metrics::{gauge, histogram};
use tokio::time::Instant;

use crate::observer::Evidence;
use crate::upstream::Target;
use crate::{CacheResult, TokenCache, Verdict};

const DECISIONS: &str = "mobilefirst_decisions_total";
const CACHE_RESULTS: &str = "mobilefirst_cache_results_total";
const CACHE_ENTRIES: &str = "mobilefirst_cache_entries";
const UPSTREAM: &str = "mobilefirst_upstream_seconds";
const BREAKERS_OPEN: &str = "mobilefirst_breakers_open";
const OWN_TOKENS: &str = "mobilefirst_own_tokens_total";
#[cfg(feature = "analytics")]
const ANALYTICS: &str = "mobilefirst_analytics_events_total";

/// Says what each is, for a recorder that is installed by now.
pub(crate) fn describe() {
    describe_counter!(
        DECISIONS,
        "Requests that were judged, by outcome and reason."
    );
    describe_counter!(
        CACHE_RESULTS,
        "Answers about tokens, by how they were come by."
    );
    describe_gauge!(
        CACHE_ENTRIES,
        "Entries in the cache, about active and inactive tokens."
    );
    describe_histogram!(
        UPSTREAM,
        Unit::Seconds,
        "Calls to the authorization server, each attempt by itself."
    );
    describe_gauge!(
        BREAKERS_OPEN,
        "Circuit breakers that are open: the server is left alone, but for probes."
    );
    describe_counter!(
        OWN_TOKENS,
        "Requests for a token of our own, by what came of them."
    );
    #[cfg(feature = "analytics")]
    describe_counter!(
        ANALYTICS,
        "Events for MobileFirst Analytics, by what became of them."
    );
    // Alarms want a series that is there before anything goes wrong.
    gauge!(BREAKERS_OPEN).increment(0);
}

pub(crate) fn decided(verdict: Verdict<'_>, evidence: Evidence) {
    let (outcome, reason) = match verdict {
        Verdict::Granted(_) => return granted(evidence),
        Verdict::Anonymous => (verdict.as_str(), "none"),
        Verdict::Denied(denial) => (verdict.as_str(), denial.reason().as_str()),
    };
    counter!(DECISIONS, "outcome" => outcome, "reason" => reason).increment(1);
    if let Some(cache) = evidence.cache {
        counter!(CACHE_RESULTS, "result" => cache.as_str()).increment(1);
    }
}

/// The same for most requests. Of literals alone, the facade makes a key that is there
/// before the program runs, and nothing is allocated.
fn granted(evidence: Evidence) {
    counter!("mobilefirst_decisions_total", "outcome" => "granted", "reason" => "none")
        .increment(1);
    match evidence.cache {
        Some(CacheResult::Hit) => {
            counter!("mobilefirst_cache_results_total", "result" => "hit").increment(1);
        }
        Some(cache) => counter!(CACHE_RESULTS, "result" => cache.as_str()).increment(1),
        None => {}
    }
}

/// Of several caches in one process, the one that changed last is shown.
pub(crate) fn cache_changed(cache: &dyn TokenCache) {
    if let Some((active, inactive)) = cache.entries() {
        gauge!(CACHE_ENTRIES, "kind" => "active").set(active as f64);
        gauge!(CACHE_ENTRIES, "kind" => "inactive").set(inactive as f64);
    }
}

pub(crate) fn breaker_opened() {
    gauge!(BREAKERS_OPEN).increment(1);
}

pub(crate) fn breaker_closed() {
    gauge!(BREAKERS_OPEN).decrement(1);
}

/// `result` is `granted`, `refused` or `failed`.
pub(crate) fn own_token(result: &'static str) {
    counter!(OWN_TOKENS, "result" => result).increment(1);
}

/// `result` is `sent` or `dropped`.
#[cfg(feature = "analytics")]
pub(crate) fn analytics_events(result: &'static str, events: u64) {
    counter!(ANALYTICS, "result" => result).increment(events);
}

/// One call, measured when this is dropped. That may be before it is answered: at the end
/// of a deadline.
pub(crate) struct Timing {
    target: Target,
    begun: Instant,
    result: &'static str,
}

impl Timing {
    pub(crate) fn begin(target: Target) -> Self {
        Self {
            target,
            begun: Instant::now(),
            result: "abandoned",
        }
    }

    /// `result` is `answered` or `failed`.
    pub(crate) fn end(mut self, result: &'static str) {
        self.result = result;
    }
}

impl Drop for Timing {
    fn drop(&mut self) {
        histogram!(UPSTREAM, "target" => self.target.as_str(), "result" => self.result)
            .record(self.begun.elapsed());
    }
}
