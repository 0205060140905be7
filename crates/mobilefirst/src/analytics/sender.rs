//! Sends what waits, in batches; tries again in an outage; starts anew where its runtime
//! ends.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, Notify};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::analytics::event::{Noted, Site, written};
use crate::analytics::queue::{Entry, Fate, Levels, Queue};
use crate::analytics::service::{Batch, Failure, Service};
use crate::clock::Clock;
use crate::error::{Chain, Error, ErrorKind};
use crate::telemetry::log_throttle::LogThrottle;

/// How long a flush or a shutdown may take where nobody says otherwise.
pub(crate) const LAST_CALL: Duration = Duration::from_secs(5);

/// When events go.
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
    /// The batch that is being sent, or shall be sent again. Whoever sends holds the lock.
    /// One who is cut off leaves the batch to the next, who sends it once more.
    outgoing: Mutex<Option<Batch>>,
    is_running: AtomicBool,
    is_abandoned: AtomicBool,
    /// Only the background task waits for this.
    wake: Notify,
    throttle: LogThrottle<Trouble>,
}

/// What is logged at most once in a while.
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
    /// The batch is kept, to be tried again after a pause.
    Kept,
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

    /// Begins the background task, unless there is one. Outside a runtime nothing happens:
    /// the next event tries again.
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

    /// Sends what has come in by now, for at most so long; how much of it is still here.
    pub(crate) async fn flush(&self, within: Duration) -> u64 {
        let entered = self.queue.entered();
        let _ = timeout(within, self.drain(entered)).await;
        self.queue.remaining(entered)
    }

    /// Lets nothing more in, sends what there is, for at most so long, and drops the rest;
    /// how much that was.
    pub(crate) async fn shut_down(&self, within: Duration) -> u64 {
        self.queue.close();
        self.wake.notify_one();
        self.flush(within).await;
        let lost = self.queue.discard();
        if lost > 0 {
            warn!(
                lost,
                "analytics events were not sent in time, and are dropped"
            );
        }
        lost
    }

    /// Nobody is left who could send or ask: what there is goes out in the background, as
    /// long as there is a runtime.
    pub(crate) fn abandon(self: &Arc<Self>) {
        self.queue.close();
        self.is_abandoned.store(true, Ordering::Release);
        self.wake.notify_one();
        let levels = self.queue.levels();
        if levels.waiting + levels.in_hand > 0 {
            self.start();
        }
    }

    /// The background task.
    async fn run(&self) {
        let mut pause = Pause::default();
        while self.is_due().await {
            match self.attempt().await {
                Attempt::Kept => {
                    let pause = pause.next();
                    let _ = timeout(pause, self.until(|levels| levels.is_closed)).await;
                }
                Attempt::Idle | Attempt::Settled => pause = Pause::default(),
            }
        }
        if self.is_abandoned.load(Ordering::Acquire) {
            self.shut_down(LAST_CALL).await;
        }
    }

    /// Waits until a batch is full, or something has waited for the interval. False where
    /// the queue is closed: what is left is then the business of whoever closed it.
    async fn is_due(&self) -> bool {
        let begun = |levels: Levels| levels.is_closed || levels.in_hand > 0;
        self.until(|levels| begun(levels) || levels.waiting > 0)
            .await;
        let full = self.until(|levels| begun(levels) || levels.waiting >= self.pace.batch_size);
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

    /// Sends until the first `entered` events are gone.
    async fn drain(&self, entered: u64) {
        let mut pause = Pause::default();
        while self.queue.remaining(entered) > 0 {
            match self.attempt().await {
                Attempt::Kept => sleep(pause.next()).await,
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
            // What is in hand all the same was lost by a panic while it was written.
            self.queue.settle(usize::MAX, Fate::Dropped);
            return Attempt::Idle;
        };
        let events = batch.events;
        let fate = match self.service.post(batch).await {
            Ok(()) => {
                debug!(events, "sent analytics events");
                Fate::Sent
            }
            Err(Failure::Passing(error)) => {
                self.warn(
                    &error,
                    "analytics events cannot be sent; they are kept for now",
                );
                self.warn_of_overflow();
                return Attempt::Kept;
            }
            Err(Failure::Lasting(error)) => {
                self.warn(&error, "analytics events are refused, and dropped");
                Fate::Dropped
            }
        };
        // Without an await in between: cut off here, a batch would be sent and yet kept.
        *outgoing = None;
        self.queue.settle(events, fate);
        self.warn_of_overflow();
        Attempt::Settled
    }

    fn next_batch(&self) -> Option<Batch> {
        let events = self.queue.take(self.pace.batch_size);
        (!events.is_empty()).then(|| Batch {
            events: events.len(),
            body: written(events.iter().map(|event| &**event), &self.site),
        })
    }

    fn warn(&self, error: &Error, message: &'static str) {
        let kind = error.kind();
        if let Some(suppressed) = self.admit(Trouble::Failure(kind)) {
            let queued = self.queue.stats().queued;
            warn!(?kind, error = %Chain(error), queued, suppressed, "{message}");
        }
    }

    /// The dropped events are counted on while the line is suppressed, so the next one has all.
    fn warn_of_overflow(&self) {
        if self.queue.has_overflowed() && self.admit(Trouble::Overflow).is_some() {
            let dropped = self.queue.take_overflow();
            warn!(
                dropped,
                "there was no room for analytics events: the analytics service is down or too slow"
            );
        }
    }

    fn admit(&self, trouble: Trouble) -> Option<u64> {
        self.throttle.admit(trouble, self.clock.uptime())
    }
}

/// Says that the background task has ended, however it did: also where its runtime was
/// shut down, as that of a worker of actix-web may be.
struct Running(Arc<Sender>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Release);
    }
}

/// A pause that doubles.
#[derive(Default)]
struct Pause(Duration);

impl Pause {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(60);

    fn next(&mut self) -> Duration {
        self.0 = (self.0 * 2).clamp(Self::SHORTEST, Self::LONGEST);
        self.0
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
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;
    use http::{HeaderValue, Request, Response, Uri};

    use super::*;
    use crate::header::authorization::Unusable;
    use crate::lookup::evidence::Evidence;
    use crate::{Decision, Denial, HttpBackend, Scope, SystemClock, Verdict};

    #[test]
    fn a_pause_doubles_up_to_a_minute() {
        let mut pause = Pause::default();
        let lengths: Vec<_> = (0..8).map(|_| pause.next().as_secs()).collect();
        assert_eq!(lengths, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    struct Nobody;

    #[async_trait]
    impl HttpBackend for Nobody {
        async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, Error> {
            unreachable!("there is nothing to send")
        }
    }

    /// Else the background task would look for it again and again, without a pause.
    #[tokio::test]
    async fn events_that_were_taken_and_lost_are_dropped() {
        let service = Service {
            backend: Arc::new(Nobody),
            single: Uri::from_static("https://mfp.example.com/NetworkTransaction"),
            bulk: Uri::from_static("https://mfp.example.com/NetworkTransaction/_bulk"),
            username: "reporter".to_owned(),
            authorization: HeaderValue::from_static("Basic"),
            deadline: Duration::from_secs(1),
        };
        let site = Site {
            base_url: None,
            server_address: None,
        };
        let pace = Pace {
            batch_size: 10,
            interval: Duration::ZERO,
        };
        let sender = Sender::new(service, site, pace, 10, Arc::new(SystemClock));
        let denial = Denial::unusable(Unusable::Missing);
        let decision = Decision {
            verdict: Verdict::Denied(&denial),
            scope: &Scope::EMPTY,
            evidence: Evidence::default(),
            elapsed: Duration::ZERO,
            request: None,
        };
        let noted = Noted::of(&decision, &SystemClock).unwrap();
        sender.queue.push(Box::new(noted));
        drop(sender.queue.take(10));
        assert!(matches!(sender.attempt().await, Attempt::Idle));
        let stats = sender.queue.stats();
        assert_eq!((stats.sent, stats.dropped, stats.queued), (0, 1, 0));
    }
}
