use std::future::ready;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

/// Brings `outcome` once `go` is notified, and stores it in `stored`.
#[derive(Clone, Default)]
struct Slow {
    outcome: usize,
    go: Arc<Notify>,
    stored: Arc<AtomicUsize>,
}

impl Work for Slow {
    type Outcome = usize;

    fn ready(&self) -> Option<usize> {
        None
    }

    fn begin(&self, _: Instant) -> Self {
        self.clone()
    }

    async fn run(&self, _: Span) -> usize {
        self.go.notified().await;
        self.outcome
    }

    fn complete(self, outcome: &usize, _: u64) -> impl Future<Output = ()> + Send + 'static {
        self.stored.store(*outcome, Ordering::SeqCst);
        ready(())
    }
}

#[derive(Clone)]
struct Known(usize);

impl Work for Known {
    type Outcome = usize;

    fn ready(&self) -> Option<usize> {
        Some(self.0)
    }

    fn begin(&self, _: Instant) -> Self {
        self.clone()
    }

    async fn run(&self, _: Span) -> usize {
        unreachable!()
    }

    fn complete(self, _: &usize, _: u64) -> impl Future<Output = ()> + Send + 'static {
        ready(())
    }
}

#[derive(Clone)]
struct Panics;

impl Work for Panics {
    type Outcome = usize;

    fn ready(&self) -> Option<usize> {
        None
    }

    fn begin(&self, _: Instant) -> Self {
        self.clone()
    }

    async fn run(&self, _: Span) -> usize {
        panic!("for the test")
    }

    fn complete(self, _: &usize, _: u64) -> impl Future<Output = ()> + Send + 'static {
        ready(())
    }
}

async fn outcome(role: Role<usize>) -> Option<usize> {
    match role {
        Role::Ready(outcome) => Some(outcome),
        Role::Joined(flight) | Role::Led(flight) => flight.outcome().await,
        Role::Full => None,
    }
}

fn slow(outcome: usize) -> Slow {
    Slow {
        outcome,
        ..Slow::default()
    }
}

#[tokio::test]
async fn callers_share_one_flight() {
    let flights = Flights::new(PATIENCE);
    let work = slow(7);
    let first = flights.join(&1, &work);
    let second = flights.join(&1, &slow(8));
    drop(first);
    work.go.notify_one();
    assert_eq!(outcome(second).await, Some(7));
    let work = slow(8);
    work.go.notify_one();
    assert_eq!(outcome(flights.join(&1, &work)).await, Some(8));
}

#[tokio::test]
async fn an_outcome_that_is_ready_needs_no_flight() {
    let flights = Flights::<u32, usize>::new(PATIENCE);
    assert!(matches!(flights.join(&1, &Known(5)), Role::Ready(5)));
}

#[tokio::test]
async fn a_forgotten_flight_stores_nothing_and_its_successor_does() {
    let flights = Flights::new(PATIENCE);
    let early = slow(7);
    let late = Slow {
        stored: early.stored.clone(),
        ..slow(8)
    };
    let first = flights.join(&1, &early);
    flights.forget(&1, || {});
    late.go.notify_one();
    assert_eq!(outcome(flights.join(&1, &late)).await, Some(8));
    early.go.notify_one();
    assert_eq!(outcome(first).await, Some(7));
    assert_eq!(early.stored.load(Ordering::SeqCst), 8);
}

#[tokio::test]
async fn work_that_is_cut_off_leaves_no_trace() {
    let flights = Flights::<u32, usize>::new(PATIENCE);
    let lost = flights.outcome(&1, &Panics).await;
    assert_eq!(lost.err(), Some(Lost::CutOff));
    assert!(flights.lock().pending.is_empty());
}
