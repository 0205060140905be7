//! The validators that hear of removals.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mobilefirst::Invalidator;

use crate::sealed::Removal;

/// How long a removal is remembered, and how long an answer may be shared at most: who joins must
/// hear of each removal of an answer that can still be in the store. All instances of a fleet
/// have the same, so it is no setting.
pub(crate) const MEMORY: Duration = Duration::from_secs(600);

/// With more than this, everything counts as removed.
const CAPACITY: usize = 65_536;

/// The validators of this process that use the store.
pub(crate) struct Audience {
    state: Mutex<State>,
}

struct State {
    validators: Vec<Invalidator>,
    /// What was removed lately, for validators that are built later.
    lately: VecDeque<(Instant, Removal)>,
    /// The age that cached answers may have.
    limit: Option<Duration>,
}

impl Audience {
    /// Nobody yet, and no validator may serve an answer that is older than `limit`.
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            state: Mutex::new(State {
                validators: Vec::new(),
                lately: VecDeque::new(),
                limit: Some(limit),
            }),
        }
    }

    pub(crate) fn attach(&self, validator: Invalidator, now: Instant) {
        let mut state = self.lock();
        state.prune(now);
        for (_, removal) in &state.lately {
            removal.tell(&validator);
        }
        validator.limit_age(state.limit);
        state.validators.push(validator);
    }

    pub(crate) fn forget(&self, removal: Removal, now: Instant) {
        let mut state = self.lock();
        state.prune(now);
        let removal = match state.lately.len() {
            CAPACITY.. => Removal::Everything,
            _ => removal,
        };
        if removal == Removal::Everything {
            state.lately.clear();
        }
        state.lately.push_back((now, removal));
        for validator in &state.validators {
            removal.tell(validator);
        }
    }

    pub(crate) fn limit_age(&self, limit: Option<Duration>) {
        let mut state = self.lock();
        if state.limit != limit {
            state.limit = limit;
            for validator in &state.validators {
                validator.limit_age(limit);
            }
        }
    }

    /// The number of validators in the list. Those that are gone leave it with the next change.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().validators.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn prune(&mut self, now: Instant) {
        let is_old = |at: Instant| now.saturating_duration_since(at) > MEMORY;
        while self.lately.front().is_some_and(|(at, _)| is_old(*at)) {
            self.lately.pop_front();
        }
        self.validators.retain(|validator| !validator.is_orphaned());
    }
}

impl Removal {
    fn tell(&self, validator: &Invalidator) {
        match self {
            Self::Subject(subject) => validator.forget(subject),
            Self::Everything => validator.forget_all(),
        }
    }
}
