//! Bounding how many calls are under way at a time, in a fair order.
//!
//! Ours, because a semaphore has one queue: a flood of tokens that were never seen would make
//! those wait that are known to be good.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::timeout_at;

use crate::error::Error;
use crate::upstream::call::{Call, Priority};

/// Lets in a bounded number of calls. The others wait, those for known tokens in front.
pub(crate) struct Bulkhead {
    state: Arc<Mutex<State>>,
}

struct State {
    free: usize,
    next_id: u64,
    known: Queue,
    new: Queue,
}

/// Those who wait, in the order in which they came.
type Queue = BTreeMap<u64, oneshot::Sender<Place>>;

/// A call's place. Dropped, it goes to the next in line.
pub(crate) struct Place(Option<Arc<Mutex<State>>>);

impl Bulkhead {
    pub(crate) fn new(max_calls: usize) -> Self {
        let state = State {
            free: max_calls,
            next_id: 0,
            known: Queue::new(),
            new: Queue::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Waits for a place. Fails when too little of the deadline would be left for the call.
    pub(crate) async fn enter(&self, call: &Call) -> Result<Place, Error> {
        if call.priority == Priority::Own {
            return Ok(Place(None));
        }
        let (waiting, receiver) = {
            let mut state = lock(&self.state);
            if state.free > 0 {
                state.free -= 1;
                return Ok(Place(Some(self.state.clone())));
            }
            let (sender, receiver) = oneshot::channel();
            let id = state.next_id;
            state.next_id += 1;
            state.queue(call.priority).insert(id, sender);
            let waiting = Waiting {
                state: &self.state,
                priority: call.priority,
                id,
            };
            (waiting, receiver)
        };
        // Boxed, because most calls don't wait, but all have to carry the room for it around.
        let place = Box::pin(timeout_at(call.begins_by(), receiver)).await;
        drop(waiting);
        // A place that comes too late passes on when the receiver is dropped.
        match place {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Error::not_sent(
                "the authorization server is slower than tokens come in: too little of the \
                 deadline was left when it was this token's turn",
            )),
        }
    }
}

impl State {
    fn queue(&mut self, priority: Priority) -> &mut Queue {
        match priority {
            Priority::Known | Priority::Own => &mut self.known,
            Priority::New => &mut self.new,
        }
    }

    fn next(&mut self) -> Option<oneshot::Sender<Place>> {
        let (_, sender) = self.known.pop_first().or_else(|| self.new.pop_first())?;
        Some(sender)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some(bulkhead) = self.0.take() else {
            return;
        };
        loop {
            let mut state = lock(&bulkhead);
            let Some(next) = state.next() else {
                state.free += 1;
                return;
            };
            drop(state);
            match next.send(Self(Some(bulkhead.clone()))) {
                Ok(()) => return,
                // Gone meanwhile. This loop hands the place on, not the drop of its copy.
                Err(mut place) => place.0 = None,
            }
        }
    }
}

/// A call in a queue. It leaves when it got its place, or when nobody waits any more.
struct Waiting<'a> {
    state: &'a Mutex<State>,
    priority: Priority,
    id: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(self.state).queue(self.priority).remove(&self.id);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Duration;

    use super::*;

    fn call(priority: Priority) -> Call {
        Call::new(
            priority,
            0,
            tokio::time::Instant::now(),
            Duration::from_secs(4),
        )
    }

    /// Polls once.
    async fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
        let mut future = future;
        poll_fn(|cx| {
            Poll::Ready(match future.as_mut().poll(cx) {
                Poll::Ready(value) => Some(value),
                Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn a_known_token_goes_before_new_ones_and_new_ones_go_in_order() {
        let bulkhead = Bulkhead::new(1);
        let calls = [Priority::New, Priority::New, Priority::Known].map(call);
        let place = bulkhead.enter(&call(Priority::New)).await.ok().unwrap();
        let mut first = pin!(bulkhead.enter(&calls[0]));
        let mut second = pin!(bulkhead.enter(&calls[1]));
        let mut known = pin!(bulkhead.enter(&calls[2]));
        for waiting in [first.as_mut(), second.as_mut(), known.as_mut()] {
            assert!(poll(waiting).await.is_none());
        }
        drop(place);
        assert!(poll(first.as_mut()).await.is_none());
        let place = poll(known).await.unwrap();
        drop(place);
        assert!(poll(second.as_mut()).await.is_none());
        assert!(poll(first).await.unwrap().is_ok());
        assert!(poll(second).await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_place_that_nobody_takes_passes_on() {
        let bulkhead = Bulkhead::new(1);
        let calls = [Priority::New, Priority::New].map(call);
        let place = bulkhead.enter(&call(Priority::New)).await.ok().unwrap();
        {
            let mut gone = pin!(bulkhead.enter(&calls[0]));
            assert!(poll(gone.as_mut()).await.is_none());
            drop(place);
            // Its place is on its way, and it never takes it.
        }
        assert!(poll(pin!(bulkhead.enter(&calls[1]))).await.unwrap().is_ok());
        assert_eq!(lock(&bulkhead.state).free, 1);
        assert!(lock(&bulkhead.state).new.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_not_begun_without_a_fair_share_of_its_deadline() {
        let bulkhead = Bulkhead::new(1);
        let _place = bulkhead.enter(&call(Priority::New)).await.ok().unwrap();
        let begun = tokio::time::Instant::now();
        assert!(bulkhead.enter(&call(Priority::New)).await.is_err());
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
        assert!(bulkhead.enter(&call(Priority::Own)).await.is_ok());
    }
}
