//! What waits to be sent: bounded, and counted to the last event.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::analytics::event::Noted;
use crate::telemetry::metrics;

/// Events, from the moment they are noted until they are sent or dropped.
///
/// The lock is held for as long as it takes to move pointers: never while an event is
/// written down or sent. So nobody waits for the network here, and the counters agree at
/// any moment.
pub(crate) struct Queue {
    capacity: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Box<Noted>>,
    /// Taken out to be sent, and not settled yet.
    in_hand: usize,
    is_closed: bool,
    sent: u64,
    dropped: u64,
    /// Dropped since somebody asked, for want of room.
    overflow: u64,
    /// So many have come in, and so many of those have left, either way.
    entered: u64,
    left: u64,
}

/// How many events there are where.
#[derive(Clone, Copy)]
pub(crate) struct Levels {
    pub(crate) waiting: usize,
    pub(crate) in_hand: usize,
    pub(crate) is_closed: bool,
}

/// What became of an event that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It waits; with it, so many do.
    Waiting(usize),
    /// It was dropped: there was no room.
    Full,
    /// It was dropped: no more are taken.
    Closed,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Sent,
    Dropped,
}

/// What this reporter did so far.
///
/// Every event is counted in exactly one of the three at any moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnalyticsStats {
    /// Events that the analytics service took.
    pub sent: u64,
    /// Events that are lost: the buffer was full, the service refused them, or they were
    /// too late for a shutdown.
    pub dropped: u64,
    /// Events that wait to be sent.
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

    /// The next ones, at most so many. They are in hand until they are settled.
    pub(crate) fn take(&self, most: usize) -> VecDeque<Box<Noted>> {
        let mut state = self.lock();
        let count = most.min(state.waiting.len());
        state.in_hand += count;
        state.waiting.drain(..count).collect()
    }

    /// Counts events out that were in hand, unless they were discarded meanwhile.
    pub(crate) fn settle(&self, events: usize, fate: Fate) {
        let mut state = self.lock();
        let events = events.min(state.in_hand);
        state.in_hand -= events;
        state.leave(events as u64, fate);
    }

    /// Lets no more in.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
    }

    /// Drops all that is there; how many that were.
    pub(crate) fn discard(&self) -> u64 {
        let mut state = self.lock();
        let events = state.queued() as u64;
        state.in_hand = 0;
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
            in_hand: state.in_hand,
            is_closed: state.is_closed,
        }
    }

    /// How many have come in so far.
    pub(crate) fn entered(&self) -> u64 {
        self.lock().entered
    }

    /// How many of the first `entered` are still there.
    pub(crate) fn remaining(&self, entered: u64) -> u64 {
        entered.saturating_sub(self.lock().left)
    }

    /// Whether events found no room since the overflow was last taken.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.lock().overflow > 0
    }

    /// How many events found no room since this was last called.
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
        self.waiting.len() + self.in_hand
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
