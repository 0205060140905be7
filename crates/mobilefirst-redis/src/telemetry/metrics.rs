//! Counters, gauges and histograms, through the facade of the crate `metrics`.
//!
//! Every label value is one of a few fixed words.

use std::time::Instant;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram};
use metrics::{gauge, histogram};

const CALLS: &str = "mobilefirst_store_calls_total";
const SECONDS: &str = "mobilefirst_store_seconds";
const CONNECTED: &str = "mobilefirst_store_connected";
const CONNECTIONS: &str = "mobilefirst_store_connections_total";
const INVALIDATIONS: &str = "mobilefirst_store_invalidations_total";

/// Describes the metrics to the recorder, if one is installed by now.
pub(crate) fn describe() {
    describe_counter!(CALLS, "Calls to the store, by call and result.");
    describe_histogram!(SECONDS, Unit::Seconds, "Duration of calls to the store.");
    describe_gauge!(CONNECTED, "Stores that are connected and in step.");
    describe_counter!(CONNECTIONS, "Connections to the store so far.");
    describe_counter!(
        INVALIDATIONS,
        "Invalidations sent to and received from the store."
    );
    // Alerts need a series that exists before anything goes wrong.
    gauge!(CONNECTED).increment(0);
}

pub(crate) fn connected() {
    gauge!(CONNECTED).increment(1);
    counter!(CONNECTIONS).increment(1);
}

pub(crate) fn disconnected() {
    gauge!(CONNECTED).decrement(1);
}

/// `direction` is `sent`, `received` or `unreadable`.
pub(crate) fn invalidations(direction: &'static str, count: usize) {
    counter!(INVALIDATIONS, "direction" => direction).increment(count as u64);
}

/// One call. It counts when this is dropped, which may be before it is answered.
pub(crate) struct Timing {
    call: &'static str,
    begun: Instant,
    result: &'static str,
}

impl Timing {
    /// `call` is `fetch` or `store`.
    pub(crate) fn begin(call: &'static str) -> Self {
        Self {
            call,
            begun: Instant::now(),
            result: "abandoned",
        }
    }

    /// `result` is `hit`, `miss`, `unreadable`, `stored`, or a kind of trouble.
    pub(crate) fn end(mut self, result: &'static str) {
        self.result = result;
    }
}

impl Drop for Timing {
    fn drop(&mut self) {
        counter!(CALLS, "call" => self.call, "result" => self.result).increment(1);
        histogram!(SECONDS, "call" => self.call).record(self.begun.elapsed());
    }
}

/// A call that was not made, because the store is cut off or its breaker open.
pub(crate) fn skipped(call: &'static str) {
    counter!(CALLS, "call" => call, "result" => "skipped").increment(1);
}
