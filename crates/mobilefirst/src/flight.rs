//! Request coalescing: one piece of work per key at a time, shared by everyone who wants its
//! outcome.

mod by_own_hash;
mod slot;

use std::collections::HashMap;
use std::future::poll_fn;
use std::hash::Hash;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, timeout};
use tracing::Span;

use crate::flight::by_own_hash::ByOwnHash;
use crate::flight::slot::{Flight, Slot};

/// How often a caller begins again after the work was cut off or brought an outcome that it
/// can't use.
const MAX_FLIGHTS: usize = 3;

/// Work that callers share.
pub(crate) trait Work: Send + Sync + Sized + 'static {
    type Outcome: Clone + Send + Sync + 'static;

    /// An outcome that makes the work unnecessary. It is looked up under the lock, right
    /// before the work would begin.
    fn ready(&self) -> Option<Self::Outcome>;

    /// The work as it begins `now`: its time counts from here, however long the caller waited
    /// before.
    fn begin(&self, now: Instant) -> Self;

    /// Does the work, for a caller that is in `span`.
    fn run(&self, span: Span) -> impl Future<Output = Self::Outcome> + Send;

    /// Stores the outcome of a flight that began in `epoch`, under the lock; not called once the
    /// flight was forgotten. The future it returns runs after the outcome has been shared.
    fn complete(
        self,
        outcome: &Self::Outcome,
        epoch: u64,
    ) -> impl Future<Output = ()> + Send + 'static;

    /// Called when this caller joins a flight that another began.
    fn joined(&self) {}

    /// Whether this caller can use the outcome of a flight that another began.
    fn accepts(&self, _outcome: &Self::Outcome) -> bool {
        true
    }

    /// Whether the work may be dropped as soon as nobody waits for it any more.
    fn is_abandonable(&self) -> bool {
        false
    }

    /// What the work counts among all that is under way, against this limit.
    fn load(&self) -> Load {
        Load {
            weight: 0,
            limit: usize::MAX,
        }
    }

    /// The current epoch. A flight of an earlier one began before something was forgotten: it
    /// can't be joined.
    fn epoch(&self) -> u64 {
        0
    }
}

/// How much room a flight takes, of how much there is.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) weight: usize,
    pub(crate) limit: usize,
}

/// The flights under way, by keys whose hash nobody can choose.
///
/// The work is detached from the caller that began it: when that request is dropped, the
/// others still get the outcome. An outcome is stored only while its
/// flight is registered here; [`forget`](Self::forget) removes the registration, so a late
/// outcome reaches those who wait for it and is not stored.
pub(crate) struct Flights<K, V> {
    /// Maximum duration of a flight. One that takes longer is on a runtime that stands still: the
    /// next caller replaces it.
    patience: Duration,
    state: Arc<Mutex<State<K, V>>>,
}

struct State<K, V> {
    next_id: u64,
    /// The weight of all work that was not dropped yet.
    weight: usize,
    pending: HashMap<K, Entry<V>, ByOwnHash>,
}

struct Entry<V> {
    id: u64,
    epoch: u64,
    begun: Instant,
    slot: Arc<Slot<V>>,
}

/// How a caller takes part in a flight.
pub(crate) enum Role<V> {
    /// No work was needed.
    Ready(V),
    /// Another caller began the work.
    Joined(Flight<V>),
    /// This caller began the work.
    Led(Flight<V>),
    /// Too much work is under way.
    Full,
}

/// An outcome, by how the caller came to it.
pub(crate) enum Shared<V> {
    /// No work was needed.
    Ready(V),
    /// Another caller began the work.
    Joined(V),
    /// This caller began the work.
    Led(V),
}

/// Why there is no outcome.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// The work took longer than this caller would wait.
    Overdue,
    /// The work was cut off again and again: its runtime was shut down, or it panicked.
    CutOff,
    /// Too much work is under way.
    Full,
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Flights that bound themselves, to less than `patience`.
    pub(crate) fn new(patience: Duration) -> Self {
        let state = State {
            next_id: 0,
            weight: 0,
            pending: HashMap::default(),
        };
        Self {
            patience,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// The outcome of the flight for `key`: joins one, or begins one.
    pub(crate) async fn outcome(
        &self,
        key: &K,
        work: &impl Work<Outcome = V>,
    ) -> Result<Shared<V>, Lost> {
        // Most callers lead the first flight, which bounds itself. The future stays small, because
        // what the others need is boxed.
        let begun = match self.join(key, work) {
            Role::Full => return Err(Lost::Full),
            Role::Ready(outcome) => return Ok(Shared::Ready(outcome)),
            Role::Led(flight) => {
                let begun = flight.begun();
                if let Some(outcome) = flight.outcome().await {
                    return Ok(Shared::Led(outcome));
                }
                begun
            }
            Role::Joined(flight) => {
                let begun = Instant::now();
                if let Some(outcome) = Box::pin(self.joined(flight, work)).await {
                    return Ok(Shared::Joined(outcome));
                }
                begun
            }
        };
        Box::pin(self.again(key, work, begun)).await
    }

    /// Begins again for a caller who has waited since `begun`, whose flight was cut off or
    /// brought an outcome that it can't use.
    async fn again(
        &self,
        key: &K,
        work: &impl Work<Outcome = V>,
        begun: Instant,
    ) -> Result<Shared<V>, Lost> {
        for _ in 1..MAX_FLIGHTS {
            if begun.elapsed() >= self.patience {
                return Err(Lost::Overdue);
            }
            let shared = match self.join(key, work) {
                Role::Full => return Err(Lost::Full),
                Role::Ready(outcome) => Some(Shared::Ready(outcome)),
                // The flight may outlive the caller's patience.
                Role::Led(flight) => {
                    let left = self.patience.saturating_sub(begun.elapsed());
                    let outcome = timeout(left, flight.outcome()).await;
                    outcome.ok().flatten().map(Shared::Led)
                }
                Role::Joined(flight) => self.joined(flight, work).await.map(Shared::Joined),
            };
            if let Some(shared) = shared {
                return Ok(shared);
            }
        }
        match begun.elapsed() >= self.patience {
            true => Err(Lost::Overdue),
            false => Err(Lost::CutOff),
        }
    }

    /// Waits for a flight that another caller began.
    async fn joined(&self, flight: Flight<V>, work: &impl Work<Outcome = V>) -> Option<V> {
        work.joined();
        let left = self.patience.saturating_sub(flight.begun().elapsed());
        let outcome = timeout(left, flight.outcome()).await.ok().flatten();
        outcome.filter(|outcome| work.accepts(outcome))
    }

    /// Joins the flight for `key`, or begins one. Of two callers at most one begins the work.
    pub(crate) fn join(&self, key: &K, work: &impl Work<Outcome = V>) -> Role<V> {
        let mut state = self.lock();
        let epoch = work.epoch();
        if let Some(entry) = state.pending.get(key)
            && entry.epoch == epoch
            && entry.begun.elapsed() < self.patience
        {
            return Role::Joined(entry.flight());
        }
        if let Some(outcome) = work.ready() {
            return Role::Ready(outcome);
        }
        let load = work.load();
        if state.weight.saturating_add(load.weight) > load.limit {
            return Role::Full;
        }
        let now = Instant::now();
        let work = work.begin(now);
        state.weight += load.weight;
        let id = state.next_id;
        state.next_id += 1;
        let entry = Entry {
            id,
            epoch,
            begun: now,
            slot: Arc::default(),
        };
        let (flight, slot) = (entry.flight(), entry.slot.clone());
        state.pending.insert(key.clone(), entry);
        drop(state);

        let mut registration = Registration {
            flights: self.clone(),
            key: key.clone(),
            id,
            weight: load.weight,
            slot,
            has_ended: false,
        };
        let span = Span::current();
        // Boxed, because the runtime moves the future several times.
        tokio::spawn(Box::pin(async move {
            let outcome = {
                let run = pin!(work.run(span));
                registration.guard(run, &work).await
            };
            let Some(outcome) = outcome else {
                return;
            };
            let rest = registration.end(|| work.complete(&outcome, epoch));
            registration.slot.set(Some(outcome));
            drop(registration);
            if let Some(rest) = rest {
                rest.await;
            }
        }));
        Role::Led(flight)
    }

    /// Prevents the flight for `key` from storing its outcome, and runs `forget` under the
    /// same lock.
    pub(crate) fn forget(&self, key: &K, forget: impl FnOnce()) {
        let mut state = self.lock();
        state.pending.remove(key);
        forget();
    }

    /// Prevents every flight from storing its outcome, and runs `forget` under the same lock.
    pub(crate) fn forget_all(&self, forget: impl FnOnce()) {
        let mut state = self.lock();
        state.pending.clear();
        forget();
    }
}

impl<K, V> Flights<K, V> {
    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V> Clone for Flights<K, V> {
    fn clone(&self) -> Self {
        Self {
            patience: self.patience,
            state: self.state.clone(),
        }
    }
}

impl<V> Entry<V> {
    /// Called under the lock, so that nobody joins a flight that is just abandoned.
    fn flight(&self) -> Flight<V> {
        Flight::new(self.begun, self.slot.clone())
    }
}

/// A flight's entry among the pending ones. It is removed when the work ends, however that
/// happens.
struct Registration<K: Eq + Hash, V> {
    flights: Flights<K, V>,
    key: K,
    id: u64,
    weight: usize,
    slot: Arc<Slot<V>>,
    has_ended: bool,
}

impl<K: Eq + Hash, V> Registration<K, V> {
    /// Runs the work; `None` where it was dropped because nobody waits for it any more.
    async fn guard<W: Work<Outcome = V>>(
        &self,
        mut run: Pin<&mut impl Future<Output = V>>,
        work: &W,
    ) -> Option<V> {
        let mut left = pin!(self.slot.left());
        let mut is_watched = true;
        poll_fn(|cx| {
            if let Poll::Ready(outcome) = run.as_mut().poll(cx) {
                return Poll::Ready(Some(outcome));
            }
            while is_watched && left.as_mut().poll(cx).is_ready() {
                is_watched = work.is_abandonable();
                if is_watched && self.abandon() {
                    return Poll::Ready(None);
                }
                left.set(self.slot.left());
            }
            Poll::Pending
        })
        .await
    }

    /// Removes the entry, unless somebody joined just now.
    fn abandon(&self) -> bool {
        let mut state = self.flights.lock();
        if self.slot.is_awaited() {
            return false;
        }
        if self.is_registered(&state) {
            state.pending.remove(&self.key);
        }
        true
    }

    /// Ends the work. Removes the entry and runs `complete` under the same lock, unless the flight
    /// was forgotten.
    fn end<L>(&mut self, complete: impl FnOnce() -> L) -> Option<L> {
        let mut state = self.flights.lock();
        let rest = self.is_registered(&state).then(complete);
        if rest.is_some() {
            state.pending.remove(&self.key);
        }
        state.weight -= self.weight;
        self.has_ended = true;
        rest
    }

    fn is_registered(&self, state: &State<K, V>) -> bool {
        let registered = state.pending.get(&self.key);
        registered.is_some_and(|entry| entry.id == self.id)
    }
}

impl<K: Eq + Hash, V> Drop for Registration<K, V> {
    fn drop(&mut self) {
        if !self.has_ended {
            let _ = self.end(|| ());
            self.slot.set(None);
        }
    }
}

#[cfg(test)]
mod tests;
