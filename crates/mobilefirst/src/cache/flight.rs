//! One piece of work per key at a time, shared by all who want its outcome.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// The work under way.
///
/// The work is detached from whoever began it: when that request is dropped, the
/// others still get the outcome. An outcome *lands* (is stored for later) only while
/// its flight is still the one registered here; [`forget`](Self::forget) takes it out,
/// so a late answer is handed to those who wait for it, and kept by nobody.
pub(crate) struct Flights<K, V> {
    state: Arc<Mutex<State<K, V>>>,
}

struct State<K, V> {
    next_id: u64,
    pending: HashMap<K, Flight<V>>,
}

/// A place in a flight: wait for its outcome with [`outcome`](Self::outcome).
pub(crate) struct Flight<V> {
    id: u64,
    outcome: watch::Receiver<Option<V>>,
}

/// What came of asking for a flight.
pub(crate) enum Boarding<V> {
    /// No work was needed: the outcome is there.
    Landed(V),
    /// Another began the work: wait for it.
    Joined(Flight<V>),
    /// The work was begun for this caller.
    Begun(Flight<V>),
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(crate) fn new() -> Self {
        let state = State {
            next_id: 0,
            pending: HashMap::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Joins the flight for `key`, or begins one.
    ///
    /// `landed` looks for an outcome that landed while the caller came here; it and
    /// `land` run under the lock, so of two callers at most one begins the work. What
    /// `land` leaves to do is done after the outcome is told.
    pub(crate) fn board<W, L>(
        &self,
        key: K,
        landed: impl FnOnce() -> Option<V>,
        work: impl FnOnce() -> W,
        land: impl FnOnce(&V) -> L + Send + 'static,
    ) -> Boarding<V>
    where
        W: Future<Output = V> + Send + 'static,
        L: Future<Output = ()> + Send + 'static,
    {
        let mut state = self.lock();
        if let Some(flight) = state.pending.get(&key) {
            return Boarding::Joined(flight.clone());
        }
        if let Some(outcome) = landed() {
            return Boarding::Landed(outcome);
        }
        let id = state.next_id;
        state.next_id += 1;
        let (sender, outcome) = watch::channel(None);
        let flight = Flight { id, outcome };
        state.pending.insert(key.clone(), flight.clone());
        drop(state);

        let seat = Seat {
            flights: self.clone(),
            key,
            id,
        };
        // Boxed, because the future is large, and is moved several times on its way.
        let work = Box::pin(work());
        tokio::spawn(async move {
            let outcome = work.await;
            let rest = seat.leave(|| land(&outcome));
            sender.send_replace(Some(outcome));
            if let Some(rest) = rest {
                rest.await;
            }
        });
        Boarding::Begun(flight)
    }

    /// Lets no flight for `key` land that is under way, and runs `forget` in the same
    /// moment.
    pub(crate) fn forget(&self, key: &K, forget: impl FnOnce()) {
        let mut state = self.lock();
        state.pending.remove(key);
        forget();
    }

    /// The same for every key.
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
            state: self.state.clone(),
        }
    }
}

impl<V> Clone for Flight<V> {
    fn clone(&self) -> Self {
        Self {
            id: self.id,
            outcome: self.outcome.clone(),
        }
    }
}

impl<V: Clone> Flight<V> {
    /// The outcome; `None` where the work was cut off, because its runtime was shut
    /// down or it panicked.
    pub(crate) async fn outcome(mut self) -> Option<V> {
        let outcome = self.outcome.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }
}

/// The place of a flight among the pending ones, given up at the latest when the work
/// is cut off.
struct Seat<K: Eq + Hash, V> {
    flights: Flights<K, V>,
    key: K,
    id: u64,
}

impl<K: Eq + Hash, V> Seat<K, V> {
    fn leave<L>(&self, land: impl FnOnce() -> L) -> Option<L> {
        let mut state = self.flights.lock();
        let registered = state.pending.get(&self.key)?;
        if registered.id != self.id {
            return None;
        }
        let landed = land();
        state.pending.remove(&self.key);
        Some(landed)
    }
}

impl<K: Eq + Hash, V> Drop for Seat<K, V> {
    fn drop(&mut self) {
        let _ = self.leave(|| ());
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    async fn outcome(boarding: Boarding<u32>) -> Option<u32> {
        match boarding {
            Boarding::Landed(outcome) => Some(outcome),
            Boarding::Joined(flight) | Boarding::Begun(flight) => flight.outcome().await,
        }
    }

    #[tokio::test]
    async fn all_who_board_share_one_flight() {
        let flights = Flights::new();
        let (go, wait) = oneshot::channel();
        let first = flights.board(
            1,
            || None,
            || async { wait.await.unwrap_or(0) },
            |_| ready(()),
        );
        let second = flights.board(1, || None, || async { unreachable!() }, |_| ready(()));
        drop(first);
        go.send(7).unwrap();
        assert_eq!(outcome(second).await, Some(7));
        let third = flights.board(1, || None, || async { 8 }, |_| ready(()));
        assert_eq!(outcome(third).await, Some(8));
    }

    #[tokio::test]
    async fn what_landed_meanwhile_is_taken() {
        let flights = Flights::<u32, u32>::new();
        let boarding = flights.board(1, || Some(5), || async { unreachable!() }, |_| ready(()));
        assert!(matches!(boarding, Boarding::Landed(5)));
    }

    #[tokio::test]
    async fn a_forgotten_flight_does_not_land_and_its_successor_does() {
        let flights = Flights::new();
        let landed = Arc::new(AtomicUsize::new(0));
        let land = |landed: &Arc<AtomicUsize>| {
            let landed = landed.clone();
            move |outcome: &u32| {
                landed.store(*outcome as usize, Ordering::SeqCst);
                ready(())
            }
        };
        let (go, wait) = oneshot::channel();
        let late = async { wait.await.unwrap_or(0) };
        let first = flights.board(1, || None, || late, land(&landed));
        flights.forget(&1, || {});
        let second = flights.board(1, || None, || async { 8 }, land(&landed));
        assert_eq!(outcome(second).await, Some(8));
        go.send(7).unwrap();
        assert_eq!(outcome(first).await, Some(7));
        assert_eq!(landed.load(Ordering::SeqCst), 8);
    }

    #[tokio::test]
    async fn work_that_is_cut_off_leaves_no_trace() {
        let flights = Flights::<u32, u32>::new();
        let boarding = flights.board(
            1,
            || None,
            || async { panic!("for the test") },
            |_| ready(()),
        );
        assert_eq!(outcome(boarding).await, None);
        assert!(flights.lock().pending.is_empty());
    }
}
