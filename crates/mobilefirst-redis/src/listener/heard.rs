//! When the store was heard last.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::link::Link;

/// Silence for this long means that we are cut off.
pub(super) const SILENCE: Duration = Duration::from_millis(400);

/// When the store was heard last, in milliseconds of the link's uptime.
#[derive(Default)]
pub(super) struct Heard(AtomicU64);

impl Heard {
    /// Every removal up to now is known.
    pub(super) fn note(&self, link: &Link) {
        let now = u64::try_from(link.uptime().as_millis()).unwrap_or(u64::MAX);
        self.0.store(now, Ordering::Relaxed);
        link.audience.limit_age(None);
    }

    pub(super) fn is_cut_off(&self, link: &Link) -> bool {
        let heard = Duration::from_millis(self.0.load(Ordering::Relaxed));
        link.uptime().saturating_sub(heard) > SILENCE
    }
}
