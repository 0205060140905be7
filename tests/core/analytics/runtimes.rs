//! Runtimes that come and go, and handles that are dropped.

use tokio::runtime::{Builder, Runtime};

use super::*;

fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

#[test]
fn a_reporter_may_be_built_before_there_is_a_runtime() {
    let reported = Reported::new();
    runtime().block_on(async {
        reported.decide(0, 3).await;
        reported.service.wait_for(1).await;
    });
    assert_eq!(reported.stats(), (3, 0, 0));
}

#[test]
fn a_runtime_that_ends_takes_no_event_along() {
    let reported = Reported::new();
    reported.service.answer(&[Answer::Hang]);
    // Cut off while it sends.
    runtime().block_on(async {
        reported.decide(0, 100).await;
        reported.service.wait_for(1).await;
        reported.decide(100, 2).await;
    });
    assert_eq!(reported.stats(), (0, 0, 102));
    // As the runtime of the next worker: its first event lets all go on.
    runtime().block_on(async {
        reported.decide(102, 1).await;
        reported.service.wait_for(3).await;
    });
    assert_eq!(reported.stats(), (103, 0, 0));
    assert_eq!(
        numbers(&reported.service.taken()),
        Vec::from_iter(0..103usize)
    );
    // As that of `main`, which shuts down when all workers have ended.
    runtime().block_on(reported.decide(103, 4));
    let lost = runtime().block_on(reported.reporter.shutdown());
    assert_eq!(lost, 0);
    assert_eq!(reported.stats(), (107, 0, 0));
}

#[test]
fn a_full_buffer_is_sent_by_the_next_runtime() {
    let reported = Reported::with(|builder| builder.capacity(100));
    runtime().block_on(reported.decide(0, 100));
    assert_eq!(reported.stats(), (0, 0, 100));
    runtime().block_on(async {
        reported.decide(100, 1).await;
        reported.service.wait_for(1).await;
    });
    assert_eq!(reported.stats(), (100, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn events_of_dropped_handles_are_still_sent() {
    let begun = Instant::now();
    let reported = Reported::new();
    reported.decide(0, 150).await;
    let service = reported.service.clone();
    drop(reported);
    service.wait_for(2).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(numbers(&service.taken()), Vec::from_iter(0..150usize));
}

#[tokio::test(start_paused = true)]
async fn for_dropped_handles_it_tries_no_longer_than_five_seconds() {
    let reported = Reported::new();
    reported.service.answer_always(Answer::Status(503));
    reported.decide(0, 150).await;
    let service = reported.service.clone();
    drop(reported);
    // At 0 s, 1 s and 3 s.
    service.wait_for(3).await;
    for _ in 0..600 {
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(service.posts().len(), 3);
}
