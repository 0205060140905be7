//! The bounded queue of events, which counts every event.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::analytics::event::Noted;
use crate::telemetry::metrics;

/// Holds events until they are sent or dropped.
///
/// The lock is only held while pointers move, never while an event is serialized or sent.
/// So nobody waits for the network here, and the counters are always consistent.
pub(crate) struct Queue {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Box<Noted>>,
    /// Taken out to be sent, and not settled yet.
    sending: usize,
    is_closed: bool,
    sent: u64,
    dropped: u64,
    /// Dropped because the queue was full, since the last `take_overflow`.
    overflow: u64,
    /// Events that were accepted.
    entered: u64,
    /// Accepted events that were sent or dropped since.
    left: u64,
}

/// The state of the queue.
#[derive(Clone, Copy)]
pub(crate) struct Levels {
    pub(crate) waiting: usize,
    pub(crate) sending: usize,
    pub(crate) is_closed: bool,
}

/// The result of adding an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// The event waits, as one of this many.
    Waiting(usize),
    /// The event was dropped, because the queue is full.
    Full,
    /// The event was dropped, because the queue is closed.
    Closed,
}

/// The outcome of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Sent,
    Dropped,
}

/// The counters of a reporter.
///
/// At any moment, every event is counted in exactly one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnalyticsStats {
    /// Events that the analytics service accepted.
    pub sent: u64,
    /// Events that were lost: the queue was full, the service refused them, or they were
    /// too late for a shutdown.
    pub dropped: u64,
    /// Events that are queued or being sent.
    pub queued: u64,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Mutex::default(),
        }
    }

    pub(crate) fn push(&self, event: Box<Noted>) -> Entry {
        let mut state = self.lock();
        if !state.is_closed && state.queued() < self.capacity {
            state.entered += 1;
            state.waiting.push_back(event);
            return Entry::Waiting(state.waiting.len());
        }
        state.dropped += 1;
        let entry = match state.is_closed {
            true => Entry::Closed,
            false => {
                state.overflow += 1;
                Entry::Full
            }
        };
        drop(state);
        metrics::analytics_events("dropped", 1);
        entry
    }

    /// Takes at most `most` events, which count as being sent until they are settled.
    pub(crate) fn take(&self, most: usize) -> VecDeque<Box<Noted>> {
        let mut state = self.lock();
        let count = most.min(state.waiting.len());
        state.sending += count;
        state.waiting.drain(..count).collect()
    }

    /// Counts events as sent or dropped, unless they were discarded in the meantime.
    pub(crate) fn settle(&self, events: usize, fate: Fate) {
        let mut state = self.lock();
        let events = events.min(state.sending);
        state.sending -= events;
        state.leave(events as u64, fate);
    }

    /// Closes the queue, so that it accepts no more events.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
    }

    /// Drops all events, and returns how many there were.
    pub(crate) fn discard(&self) -> u64 {
        let mut state = self.lock();
        let events = state.queued() as u64;
        state.sending = 0;
        state.leave(events, Fate::Dropped);
        let discarded = std::mem::take(&mut state.waiting);
        drop(state);
        drop(discarded);
        events
    }

    pub(crate) fn levels(&self) -> Levels {
        let state = self.lock();
        Levels {
            waiting: state.waiting.len(),
            sending: state.sending,
            is_closed: state.is_closed,
        }
    }

    /// Returns how many events were accepted so far.
    pub(crate) fn entered(&self) -> u64 {
        self.lock().entered
    }

    /// Returns how many of the first `entered` events are neither sent nor dropped.
    pub(crate) fn remaining(&self, entered: u64) -> u64 {
        entered.saturating_sub(self.lock().left)
    }

    /// Whether events were dropped because the queue was full, since the last
    /// `take_overflow`.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.lock().overflow > 0
    }

    /// Returns how many events were dropped because the queue was full, since the last call.
    pub(crate) fn take_overflow(&self) -> u64 {
        std::mem::take(&mut self.lock().overflow)
    }

    pub(crate) fn stats(&self) -> AnalyticsStats {
        let state = self.lock();
        AnalyticsStats {
            sent: state.sent,
            dropped: state.dropped,
            queued: state.queued() as u64,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn queued(&self) -> usize {
        self.waiting.len() + self.sending
    }

    fn leave(&mut self, events: u64, fate: Fate) {
        self.left += events;
        match fate {
            Fate::Sent => {
                self.sent += events;
                metrics::analytics_events("sent", events);
            }
            Fate::Dropped => {
                self.dropped += events;
                metrics::analytics_events("dropped", events);
            }
        }
    }
}
