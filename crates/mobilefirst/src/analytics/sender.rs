//! Sends queued events in batches, retries in an outage, and restarts if its runtime ends.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, Notify};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::analytics::event::{Noted, Site, to_json};
use crate::analytics::pause::Pause;
use crate::analytics::queue::{Entry, Fate, Levels, Queue};
use crate::analytics::service::{Batch, Failure, Service};
use crate::clock::Clock;
use crate::error::{Chain, Error, ErrorKind};
use crate::telemetry::log_throttle::LogThrottle;

/// The default time limit of a flush or a shutdown.
pub(crate) const FLUSH_DEADLINE: Duration = Duration::from_secs(5);

/// When a batch is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) batch_size: usize,
    pub(crate) interval: Duration,
}

pub(crate) struct Sender {
    service: Service,
    site: Site,
    pace: Pace,
    clock: Arc<dyn Clock>,
    queue: Queue,
    /// The batch that is being sent or will be retried. The sender holds the lock. If it is
    /// interrupted, the batch stays here for the next one to retry.
    outgoing: Mutex<Option<Batch>>,
    is_running: AtomicBool,
    is_abandoned: AtomicBool,
    /// Only the background task waits for this.
    wake: Notify,
    throttle: LogThrottle<Trouble>,
}

/// A kind of log line, for the throttle.
#[derive(PartialEq, Eq, Hash)]
enum Trouble {
    Failure(ErrorKind),
    Overflow,
}

/// The result of an attempt to send.
enum Attempt {
    /// There was nothing to send.
    Idle,
    /// A batch was sent, or dropped.
    Settled,
    /// The batch must be retried after a pause.
    Retry,
}

impl Sender {
    pub(crate) fn new(
        service: Service,
        site: Site,
        pace: Pace,
        capacity: usize,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            service,
            site,
            pace,
            clock,
            queue: Queue::new(capacity),
            outgoing: Mutex::default(),
            is_running: AtomicBool::new(false),
            is_abandoned: AtomicBool::new(false),
            wake: Notify::new(),
            throttle: LogThrottle::default(),
        }
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    pub(crate) fn enqueue(self: &Arc<Self>, event: Box<Noted>) {
        match self.queue.push(event) {
            Entry::Waiting(waiting) if waiting == 1 || waiting == self.pace.batch_size => {
                self.wake.notify_one();
                self.start();
            }
            Entry::Waiting(_) | Entry::Full => self.start(),
            Entry::Closed => {}
        }
    }

    /// Starts the background task, unless it runs already. Does nothing outside of a tokio
    /// runtime, so the next event tries again.
    pub(crate) fn start(self: &Arc<Self>) {
        if self.is_running.load(Ordering::Acquire) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if self.is_running.swap(true, Ordering::AcqRel) {
            return;
        }
        let running = Running(self.clone());
        runtime.spawn(async move {
            running.0.run().await;
        });
    }

    /// Sends the events accepted so far, and returns how many of them are left at the
    /// deadline.
    pub(crate) async fn flush(&self, within: Duration) -> u64 {
        let entered = self.queue.entered();
        let _ = timeout(within, self.drain(entered)).await;
        self.queue.remaining(entered)
    }

    /// Closes the queue, sends its events until the deadline, drops the rest, and returns
    /// how many that were.
    pub(crate) async fn shut_down(&self, within: Duration) -> u64 {
        self.queue.close();
        self.wake.notify_one();
        self.flush(within).await;
        let lost = self.queue.discard();
        if lost > 0 {
            warn!(lost, "dropped analytics events that were not sent in time");
        }
        lost
    }

    /// Closes the queue after the last handle was dropped, and sends its events in the
    /// background, as long as there is a runtime.
    pub(crate) fn abandon(self: &Arc<Self>) {
        self.queue.close();
        self.is_abandoned.store(true, Ordering::Release);
        self.wake.notify_one();
        let levels = self.queue.levels();
        if levels.waiting + levels.sending > 0 {
            self.start();
        }
    }

    /// Runs the background task.
    async fn run(&self) {
        let mut pause = Pause::default();
        while self.is_due().await {
            match self.attempt().await {
                Attempt::Retry => {
                    let pause = pause.next();
                    let _ = timeout(pause, self.until(|levels| levels.is_closed)).await;
                }
                Attempt::Idle | Attempt::Settled => pause = Pause::default(),
            }
        }
        if self.is_abandoned.load(Ordering::Acquire) {
            self.shut_down(FLUSH_DEADLINE).await;
        }
    }

    /// Waits until a batch is full, or an event has waited for the interval. Returns false
    /// if the queue is closed, because the code that closed it sends the rest.
    async fn is_due(&self) -> bool {
        let at_once = |levels: Levels| levels.is_closed || levels.sending > 0;
        self.until(|levels| at_once(levels) || levels.waiting > 0)
            .await;
        let full = self.until(|levels| at_once(levels) || levels.waiting >= self.pace.batch_size);
        let _ = timeout(self.pace.interval, full).await;
        !self.queue.levels().is_closed
    }

    async fn until(&self, is_met: impl Fn(Levels) -> bool) {
        loop {
            let woken = self.wake.notified();
            if is_met(self.queue.levels()) {
                return;
            }
            woken.await;
        }
    }

    /// Sends until none of the first `entered` events is left.
    async fn drain(&self, entered: u64) {
        let mut pause = Pause::default();
        while self.queue.remaining(entered) > 0 {
            match self.attempt().await {
                Attempt::Retry => sleep(pause.next()).await,
                Attempt::Settled => pause = Pause::default(),
                Attempt::Idle => return,
            }
        }
    }

    async fn attempt(&self) -> Attempt {
        let mut outgoing = self.outgoing.lock().await;
        if outgoing.is_none() {
            *outgoing = self.next_batch();
        }
        let Some(batch) = &*outgoing else {
            // Events that still count as being sent were lost to a panic while they were
            // serialized.
            self.queue.settle(usize::MAX, Fate::Dropped);
            return Attempt::Idle;
        };
        let events = batch.events;
        let fate = match self.service.post(batch).await {
            Ok(()) => {
                debug!(events, "sent analytics events");
                Fate::Sent
            }
            Err(Failure::Transient(error)) => {
                self.warn(&error, "cannot send analytics events; they will be retried");
                self.warn_of_overflow();
                return Attempt::Retry;
            }
            Err(Failure::Permanent(error)) => {
                self.warn(&error, "dropped analytics events that the service refused");
                Fate::Dropped
            }
        };
        // No await from here on, or a cancelled caller could leave a sent batch to be retried.
        *outgoing = None;
        self.queue.settle(events, fate);
        self.warn_of_overflow();
        Attempt::Settled
    }

    fn next_batch(&self) -> Option<Batch> {
        let events = self.queue.take(self.pace.batch_size);
        (!events.is_empty()).then(|| Batch {
            events: events.len(),
            body: to_json(events.iter().map(|event| &**event), &self.site),
        })
    }

    fn warn(&self, error: &Error, message: &'static str) {
        let kind = error.kind();
        if let Some(suppressed) = self.admit(Trouble::Failure(kind)) {
            let queued = self.queue.stats().queued;
            warn!(?kind, error = %Chain(error), queued, suppressed, "{message}");
        }
    }

    /// Dropped events are counted while the line is suppressed, so the next line includes
    /// them.
    fn warn_of_overflow(&self) {
        if self.queue.has_overflowed() && self.admit(Trouble::Overflow).is_some() {
            let dropped = self.queue.take_overflow();
            warn!(
                dropped,
                "dropped analytics events because the queue is full: \
                 the analytics service is down or too slow"
            );
        }
    }

    fn admit(&self, trouble: Trouble) -> Option<u64> {
        self.throttle.admit(trouble, self.clock.uptime())
    }
}

/// Marks the background task as ended when it is dropped, also by the shutdown of its
/// runtime, such as that of an actix-web worker.
struct Running(Arc<Sender>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Release);
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("url", &self.service.single)
            .field("username", &self.service.username)
            .field("site", &self.site)
            .field("pace", &self.pace)
            .field("stats", &self.queue.stats())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
