//! Counters, gauges and histograms, through the facade of the crate `metrics`.
//!
//! Every label value is one of a few fixed words: nothing that a caller sends can create a time
//! series.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};
use metrics::{gauge, histogram};
use tokio::time::Instant;

const DECISIONS: &str = "mobilefirst_decisions_total";
const CACHE_RESULTS: &str = "mobilefirst_cache_results_total";
const CACHE_ENTRIES: &str = "mobilefirst_cache_entries";
const UPSTREAM: &str = "mobilefirst_upstream_seconds";
const BREAKERS_OPEN: &str = "mobilefirst_breakers_open";
const OWN_TOKENS: &str = "mobilefirst_own_tokens_total";
#[cfg(feature = "analytics")]
const ANALYTICS: &str = "mobilefirst_analytics_events_total";

/// Describes the metrics to the recorder, if one is installed by now.
pub(crate) fn describe() {
    describe_counter!(DECISIONS, "Decisions on requests, by outcome and reason.");
    describe_counter!(CACHE_RESULTS, "Token lookups, by source.");
    describe_gauge!(CACHE_ENTRIES, "Cache entries, by kind of token.");
    describe_histogram!(
        UPSTREAM,
        Unit::Seconds,
        "Duration of calls to the authorization server; each attempt counts."
    );
    describe_gauge!(
        BREAKERS_OPEN,
        "Open circuit breakers: only probes reach the authorization server."
    );
    describe_counter!(OWN_TOKENS, "Requests for our own token, by result.");
    #[cfg(feature = "analytics")]
    describe_counter!(ANALYTICS, "Events for MobileFirst Analytics, by result.");
    // Alerts need a series that exists before anything goes wrong.
    gauge!(BREAKERS_OPEN).increment(0);
}

/// Counts a request that may pass with a token whose answer was in the cache.
#[inline]
pub(crate) fn hit() {
    // From literals alone, the facade builds its keys at compile time: nothing is allocated.
    counter!("mobilefirst_decisions_total", "outcome" => "granted", "reason" => "none")
        .increment(1);
    counter!("mobilefirst_cache_results_total", "result" => "hit").increment(1);
}

/// Counts any other decision.
pub(crate) fn decided(outcome: &'static str, reason: &'static str, cache: Option<&'static str>) {
    match (outcome, reason) {
        ("granted", "none") => counter!(
            "mobilefirst_decisions_total",
            "outcome" => "granted", "reason" => "none"
        ),
        _ => counter!(DECISIONS, "outcome" => outcome, "reason" => reason),
    }
    .increment(1);
    match cache {
        Some("miss") => {
            counter!("mobilefirst_cache_results_total", "result" => "miss").increment(1);
        }
        Some(cache) => counter!(CACHE_RESULTS, "result" => cache).increment(1),
        None => {}
    }
}

/// Of several caches in one process, the one that changed last is shown.
pub(crate) fn cache_entries(active: usize, inactive: usize) {
    gauge!(CACHE_ENTRIES, "kind" => "active").set(active as f64);
    gauge!(CACHE_ENTRIES, "kind" => "inactive").set(inactive as f64);
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
    target: &'static str,
    begun: Instant,
    result: &'static str,
}

impl Timing {
    pub(crate) fn begin(target: &'static str, now: Instant) -> Self {
        Self {
            target,
            begun: now,
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
        // From literals, as above.
        let histogram = match (self.target, self.result) {
            ("introspection", "answered") => histogram!(
                "mobilefirst_upstream_seconds",
                "target" => "introspection", "result" => "answered"
            ),
            ("validation", "answered") => histogram!(
                "mobilefirst_upstream_seconds",
                "target" => "validation", "result" => "answered"
            ),
            (target, result) => histogram!(UPSTREAM, "target" => target, "result" => result),
        };
        histogram.record(self.begun.elapsed());
    }
}
