//! Invalidations on their way to the store.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use crate::sealed::Removal;

/// With more than this, one takes the place of all: forget everything.
const CAPACITY: usize = 10_000;

/// How many are sent at once.
const BATCH: usize = 256;

/// Invalidations that were not sent yet.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: Mutex<VecDeque<Letter>>,
    arrived: Notify,
}

struct Letter {
    removal: Removal,
    /// Who wants to know that it was sent.
    sent: oneshot::Sender<()>,
}

/// Invalidations that are being sent. If they were not, they go back.
pub(crate) struct Batch<'o> {
    outbox: &'o Outbox,
    letters: Vec<Letter>,
}

impl Outbox {
    /// The receiver hears that it was sent, or an error if it was replaced.
    pub(crate) fn push(&self, removal: Removal) -> oneshot::Receiver<()> {
        let (sent, hears) = oneshot::channel();
        let mut waiting = self.lock();
        let removal = match waiting.len() {
            CAPACITY.. => {
                waiting.clear();
                Removal::Everything
            }
            _ => removal,
        };
        waiting.push_back(Letter { removal, sent });
        drop(waiting);
        self.arrived.notify_one();
        hears
    }

    /// Waits for some.
    pub(crate) async fn next(&self) -> Batch<'_> {
        loop {
            let letters: Vec<_> = {
                let mut waiting = self.lock();
                let count = waiting.len().min(BATCH);
                waiting.drain(..count).collect()
            };
            if !letters.is_empty() {
                return Batch {
                    outbox: self,
                    letters,
                };
            }
            self.arrived.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Letter>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch<'_> {
    pub(crate) fn removals(&self) -> impl ExactSizeIterator<Item = Removal> {
        self.letters.iter().map(|letter| letter.removal)
    }

    /// They were sent.
    pub(crate) fn done(mut self) {
        for letter in self.letters.drain(..) {
            // Nobody needs to wait for it.
            let _ = letter.sent.send(());
        }
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        if self.letters.is_empty() {
            return;
        }
        let mut waiting = self.outbox.lock();
        for letter in self.letters.drain(..).rev() {
            waiting.push_front(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use mobilefirst::StoreKey;

    use super::*;

    fn removal(number: usize) -> Removal {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&number.to_be_bytes());
        Removal::Subject(StoreKey::from_bytes(key))
    }

    fn numbers(batch: &Batch<'_>) -> Vec<Removal> {
        batch.removals().collect()
    }

    #[tokio::test]
    async fn what_was_not_sent_is_sent_again_in_order_and_what_was_is_not() {
        let outbox = Outbox::default();
        let mut hears: Vec<_> = (0..3).map(|number| outbox.push(removal(number))).collect();
        drop(outbox.next().await);
        assert!(hears[0].try_recv().is_err());
        hears.push(outbox.push(removal(3)));
        let batch = outbox.next().await;
        assert_eq!(numbers(&batch), [0, 1, 2, 3].map(removal));
        batch.done();
        assert!(hears.iter_mut().all(|hears| hears.try_recv().is_ok()));
        let _hears = outbox.push(removal(4));
        assert_eq!(numbers(&outbox.next().await), [removal(4)]);
    }

    #[tokio::test]
    async fn too_many_become_one_that_covers_all() {
        let outbox = Outbox::default();
        let mut first = outbox.push(removal(0));
        for number in 1..=CAPACITY {
            drop(outbox.push(removal(number)));
        }
        let batch = outbox.next().await;
        assert_eq!(numbers(&batch), [Removal::Everything]);
        batch.done();
        assert_eq!(first.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
