//! A service that is down, slow, or of another opinion.

use super::*;

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_in_an_outage_and_pauses_double() {
    let begun = Instant::now();
    let reported = Reported::new();
    let service = &reported.service;
    service.answer(&[
        Answer::Status(500),
        Answer::Fail(ErrorKind::Unreachable),
        Answer::Status(429),
        Answer::Hang,
        Answer::Status(401),
        Answer::Status(403),
        Answer::Status(408),
        Answer::Fail(ErrorKind::Interrupted),
    ]);
    reported.decide(0, 100).await;
    service.wait_for(4).await;
    reported.decide(100, 150).await;
    let posts = service.wait_for(10).await;
    // The fourth takes ten seconds, the deadline of a post.
    let times: Vec<_> = posts.iter().map(|post| seconds(post, begun)).collect();
    assert_eq!(times, [0, 1, 3, 7, 25, 41, 73, 133, 193, 193]);
    for post in &posts[..9] {
        assert_eq!(numbers(&post.events), Vec::from_iter(0..100));
    }
    let posts = service.wait_for(11).await;
    assert_eq!(seconds(&posts[10], begun), 198);
    assert_eq!(numbers(&service.taken()), Vec::from_iter(0..250usize));
    assert_eq!(reported.stats(), (250, 0, 0));
    // The next outage begins with the shortest pause.
    service.answer(&[Answer::Status(503)]);
    reported.decide(250, 100).await;
    let posts = service.wait_for(13).await;
    assert_eq!((posts[12].at - posts[11].at).as_secs(), 1);
    assert_eq!(reported.stats(), (350, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_finds_no_room_is_dropped_and_counted() {
    let reported = Reported::with(|builder| builder.capacity(120));
    reported.service.answer_always(Answer::Status(500));
    reported.decide(0, 100).await;
    reported.service.wait_for(1).await;
    // A batch that is being sent takes room too.
    reported.decide(100, 50).await;
    assert_eq!(reported.stats(), (0, 30, 120));
    reported.service.answer_always(Answer::Status(200));
    assert_eq!(reported.reporter.flush().await, 0);
    assert_eq!(reported.stats(), (120, 30, 0));
    assert_eq!(
        numbers(&reported.service.taken()),
        Vec::from_iter(0..120usize)
    );
    // There is room again.
    reported.decide(150, 120).await;
    assert_eq!(reported.stats(), (120, 30, 120));
}

#[tokio::test(start_paused = true)]
async fn no_request_waits_for_a_service_that_hangs() {
    let begun = Instant::now();
    let reported = Reported::with(|builder| builder.deadline(Duration::from_secs(3600)));
    reported.service.answer_always(Answer::Hang);
    reported.decide(0, 200).await;
    reported.service.wait_for(1).await;
    reported.decide(200, 19_800).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(reported.stats(), (0, 10_000, 10_000));
    assert_eq!(reported.service.posts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_dropped_and_the_next_batch_goes() {
    for answer in [
        Answer::Status(302),
        Answer::Status(400),
        Answer::Status(404),
        Answer::Status(413),
        Answer::Fail(ErrorKind::InvalidResponse),
    ] {
        let begun = Instant::now();
        let reported = Reported::with(|builder| builder.batch_size(10));
        reported.service.answer(&[answer]);
        reported.decide(0, 20).await;
        reported.service.wait_for(2).await;
        assert_eq!(reported.stats(), (10, 10, 0), "{answer:?}");
        assert_eq!(
            numbers(&reported.service.taken()),
            Vec::from_iter(10..20usize)
        );
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_an_outage_ends_in_time_and_says_how_many_are_lost() {
    for (answer, posts) in [(Answer::Status(503), 4), (Answer::Hang, 1)] {
        let reported = Reported::new();
        reported.service.answer_always(answer);
        reported.decide(0, 100).await;
        reported.service.wait_for(1).await;
        reported.decide(100, 50).await;
        let begun = Instant::now();
        assert_eq!(reported.reporter.shutdown().await, 150);
        assert_eq!(begun.elapsed().as_secs(), 5);
        assert_eq!(reported.stats(), (0, 150, 0));
        assert_eq!(reported.service.posts().len(), posts, "{answer:?}");
        // Nothing goes on in the background.
        tokio::time::advance(Duration::from_secs(3600)).await;
        reported.service.answer_always(Answer::Status(200));
        assert_eq!(reported.reporter.flush().await, 0);
        assert_eq!(reported.stats(), (0, 150, 0));
        assert_eq!(reported.service.posts().len(), posts, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_for_the_shutdown_is_kept() {
    let reported = Reported::new();
    reported.service.answer(&[Answer::Status(503); 4]);
    reported.decide(0, 7).await;
    let begun = Instant::now();
    let within = Duration::from_secs(8);
    // At 0 s, 1 s, 3 s and 7 s; the next would be at 15 s.
    assert_eq!(reported.reporter.shutdown_within(within).await, 7);
    assert_eq!(begun.elapsed(), within);
    assert_eq!(reported.service.posts().len(), 4);

    let reported = Reported::new();
    reported.service.answer(&[Answer::Status(503); 4]);
    reported.decide(0, 7).await;
    let within = Duration::from_secs(30);
    assert_eq!(reported.reporter.shutdown_within(within).await, 0);
    assert_eq!(reported.stats(), (7, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_flush_in_an_outage_says_how_many_still_wait() {
    let reported = Reported::new();
    reported.service.answer_always(Answer::Status(503));
    reported.decide(0, 7).await;
    let within = Duration::from_millis(1500);
    assert_eq!(reported.reporter.flush_within(within).await, 7);
    assert_eq!(reported.stats(), (0, 0, 7));
    reported.service.answer_always(Answer::Status(200));
    assert_eq!(reported.reporter.flush().await, 0);
    assert_eq!(reported.stats(), (7, 0, 0));
}
