use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri};

use super::*;
use crate::header::authorization::Unusable;
use crate::lookup::evidence::Evidence;
use crate::{Decision, Denial, HttpBackend, ManualClock, Scope, SystemClock, Verdict};

struct Nobody;

#[async_trait]
impl HttpBackend for Nobody {
    async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        unreachable!("there is nothing to send")
    }
}

fn sender(capacity: usize, clock: impl Clock) -> Sender {
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
    Sender::new(service, site, pace, capacity, Arc::new(clock))
}

/// Otherwise the background task would look for these events in a busy loop.
#[tokio::test]
async fn events_that_were_taken_and_lost_are_dropped() {
    let sender = sender(10, SystemClock);
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

#[test]
fn dropped_events_are_counted_on_while_their_log_line_is_suppressed() {
    let clock = ManualClock::default();
    let sender = sender(1, clock.clone());
    let denial = Denial::unusable(Unusable::Missing);
    let decision = Decision {
        verdict: Verdict::Denied(&denial),
        scope: &Scope::EMPTY,
        evidence: Evidence::default(),
        elapsed: Duration::ZERO,
        request: None,
    };
    let overflow = || {
        for _ in 0..3 {
            let noted = Noted::of(&decision, &SystemClock).unwrap();
            sender.queue().push(Box::new(noted));
        }
        sender.warn_of_overflow();
    };
    overflow();
    assert!(!sender.queue().has_overflowed());
    overflow();
    assert!(sender.queue().has_overflowed());
    clock.advance(Duration::from_secs(10));
    assert_eq!(sender.queue().take_overflow(), 3);
    overflow();
    assert!(!sender.queue().has_overflowed());
}
