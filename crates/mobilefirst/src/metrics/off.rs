//! What is left of `metrics.rs` without the feature: nothing.

use crate::observer::Evidence;
use crate::upstream::Target;
use crate::{TokenCache, Verdict};

pub(crate) fn describe() {}

pub(crate) fn decided(_: Verdict<'_>, _: Evidence) {}

pub(crate) fn cache_changed(_: &dyn TokenCache) {}

pub(crate) fn breaker_opened() {}

pub(crate) fn breaker_closed() {}

pub(crate) fn own_token(_: &'static str) {}

#[cfg(feature = "analytics")]
pub(crate) fn analytics_events(_: &'static str, _: u64) {}

pub(crate) struct Timing;

impl Timing {
    pub(crate) fn begin(_: Target) -> Self {
        Self
    }

    pub(crate) fn end(self, _: &'static str) {}
}
