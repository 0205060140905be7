//! Stands in for `metrics.rs` where the feature `metrics` is off: nothing is counted.

use tokio::time::Instant;

pub(crate) fn describe() {}

pub(crate) fn hit() {}

pub(crate) fn decided(_: &'static str, _: &'static str, _: Option<&'static str>) {}

pub(crate) fn cache_entries(_: usize, _: usize) {}

pub(crate) fn breaker_opened() {}

pub(crate) fn breaker_closed() {}

pub(crate) fn own_token(_: &'static str) {}

#[cfg(feature = "analytics")]
pub(crate) fn analytics_events(_: &'static str, _: u64) {}

pub(crate) struct Timing;

impl Timing {
    pub(crate) fn begin(_: &'static str, _: Instant) -> Self {
        Self
    }

    pub(crate) fn end(self, _: &'static str) {}
}
