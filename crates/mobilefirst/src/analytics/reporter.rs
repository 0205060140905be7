//! The handle of a reporter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::analytics::event::Noted;
use crate::analytics::queue::AnalyticsStats;
use crate::analytics::sender::{FLUSH_DEADLINE, Sender};
use crate::observe::observer::{Decision, Observer};

/// Reports every decision to MobileFirst Analytics.
///
/// Register it with [`observer`](crate::TokenValidatorBuilder::observer). Clones share
/// state: keep one for [`shutdown`](Self::shutdown). If all clones are dropped without a
/// shutdown, the queued events are still sent in the background, for at most five seconds
/// and as long as the tokio runtime runs.
#[derive(Clone)]
pub struct AnalyticsReporter {
    handle: Arc<Handle>,
}

/// Shared by all clones, and dropped with the last one.
struct Handle {
    sender: Arc<Sender>,
}

impl AnalyticsReporter {
    /// Returns the counters of the reporter.
    pub fn stats(&self) -> AnalyticsStats {
        self.handle.sender.queue().stats()
    }

    /// Sends the queued events now, and returns how many of them are still queued after five
    /// seconds. Later events do not count.
    ///
    /// Must be polled within a tokio runtime. Dropping the future is safe: the background
    /// task continues.
    pub async fn flush(&self) -> u64 {
        self.flush_within(FLUSH_DEADLINE).await
    }

    /// Sends the queued events now, and returns how many of them are still queued at the
    /// deadline.
    ///
    /// See [`flush`](Self::flush).
    pub async fn flush_within(&self, deadline: Duration) -> u64 {
        self.handle.sender.flush(deadline).await
    }

    /// Stops the reporter: sends the queued events, drops those that are left after five
    /// seconds, and returns how many were lost.
    ///
    /// Call it after the server has answered its last request, since later events are
    /// dropped and counted. In an outage, it tries at once, and again after pauses of 1 s
    /// and 2 s. Must be polled within a tokio runtime.
    pub async fn shutdown(&self) -> u64 {
        self.shutdown_within(FLUSH_DEADLINE).await
    }

    /// Stops the reporter: sends the queued events, drops those that are left at the
    /// deadline, and returns how many were lost.
    ///
    /// See [`shutdown`](Self::shutdown).
    pub async fn shutdown_within(&self, deadline: Duration) -> u64 {
        self.handle.sender.shut_down(deadline).await
    }

    pub(crate) fn new(sender: Sender) -> Self {
        let sender = Arc::new(sender);
        sender.start();
        Self {
            handle: Arc::new(Handle { sender }),
        }
    }
}

impl Observer for AnalyticsReporter {
    fn decided(&self, decision: &Decision<'_>) {
        let sender = &self.handle.sender;
        if let Some(noted) = Noted::of(decision, sender.clock()) {
            sender.enqueue(Box::new(noted));
        }
    }
}

impl fmt::Debug for AnalyticsReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnalyticsReporter")
            .field(&self.handle.sender)
            .finish()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.sender.abandon();
    }
}
