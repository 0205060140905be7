//! One question on its way to the authorization server: its deadline, its place in the queue, and
//! whether it was sent.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The endpoint that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Token,
    Introspection,
    Validation,
}

impl Target {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Introspection => "introspection",
            Self::Validation => "validation",
        }
    }
}

/// Who goes first when calls have to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Our own business, bounded elsewhere: it has a place of its own.
    Own,
    /// A token that was active when it was last asked about.
    Known,
    /// A token that was never seen, so possibly one of a flood.
    New,
}

/// A question and its deadline.
pub(crate) struct Call {
    pub(crate) priority: Priority,
    /// Tells the tokens apart that are asked about.
    pub(crate) subject: u64,
    pub(crate) begun: Instant,
    ends_at: Instant,
    share: Duration,
    attempts: AtomicU32,
}

/// A deadline beyond this is as good as none. Every sum with it fits an `Instant`.
const NO_DEADLINE: Duration = Duration::from_secs(365 * 86_400);

impl Call {
    /// A question about the token `subject` that has to be answered within `deadline` from `now`.
    pub(crate) fn new(priority: Priority, subject: u64, now: Instant, deadline: Duration) -> Self {
        let deadline = deadline.min(NO_DEADLINE);
        Self {
            priority,
            subject,
            begun: now,
            ends_at: now + deadline,
            share: deadline / 4,
            attempts: AtomicU32::new(0),
        }
    }

    /// A question of our own, which no caller can cause at will.
    pub(crate) fn own(deadline: Duration) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self::new(
            Priority::Own,
            NEXT.fetch_add(1, Ordering::Relaxed),
            Instant::now(),
            deadline,
        )
    }

    pub(crate) fn ends_at(&self) -> Instant {
        self.ends_at
    }

    /// The part of the deadline that a server gets at least before its silence counts against
    /// it. A call that has less than that left is not begun.
    pub(crate) fn share(&self) -> Duration {
        self.share
    }

    /// Until when the call may begin.
    pub(crate) fn begins_by(&self) -> Instant {
        self.ends_at - self.share
    }

    /// Whether too little of the deadline is left to begin `now`.
    pub(crate) fn is_late(&self, now: Instant) -> bool {
        self.priority != Priority::Own && now > self.begins_by()
    }

    /// Counts an attempt as it begins, so that it is known even if a deadline cuts it off.
    pub(crate) fn attempt(&self) {
        self.attempts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn was_sent(&self) -> bool {
        self.attempts.load(Ordering::Relaxed) > 0
    }

    pub(crate) fn retries(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed).saturating_sub(1)
    }
}
