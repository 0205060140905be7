//! What a server holds of the reporter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::analytics::event::Noted;
use crate::analytics::queue::AnalyticsStats;
use crate::analytics::sender::{LAST_CALL, Sender};
use crate::observe::observer::{Decision, Observer};

/// Sends an event about every decision to MobileFirst Analytics. Set it with
/// [`observer`](crate::TokenValidatorBuilder::observer).
///
/// Clones are handles to the same reporter: keep one for [`shutdown`](Self::shutdown).
/// Where all of them are dropped without that, what waits is still sent, for at most five
/// seconds, if the tokio runtime lives so long.
#[derive(Clone)]
pub struct AnalyticsReporter {
    handle: Arc<Handle>,
}

/// Shared by all clones; its end is theirs.
struct Handle {
    sender: Arc<Sender>,
}

impl AnalyticsReporter {
    /// What became of the events so far.
    pub fn stats(&self) -> AnalyticsStats {
        self.handle.sender.queue().stats()
    }

    /// Sends now what has come in so far, and returns how many of those events still wait
    /// after five seconds. What comes in meanwhile does not count.
    ///
    /// Must be polled within a tokio runtime. It may be dropped at any time: then the
    /// background task goes on as before.
    pub async fn flush(&self) -> u64 {
        self.flush_within(LAST_CALL).await
    }

    /// The same with another deadline than five seconds.
    pub async fn flush_within(&self, deadline: Duration) -> u64 {
        self.handle.sender.flush(deadline).await
    }

    /// Takes no more events, sends what there is, and returns how many events were lost
    /// after five seconds. In an outage it tries at once, and then again after pauses of
    /// 1 s and 2 s.
    ///
    /// Call it when the server has answered its last request; decisions after that are
    /// counted as dropped. Must be polled within a tokio runtime.
    pub async fn shutdown(&self) -> u64 {
        self.shutdown_within(LAST_CALL).await
    }

    /// The same with another deadline than five seconds.
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
