//! Events for MobileFirst Analytics, against a service that is a value: no socket, and
//! time that passes only when nothing else is left to do.

mod content;
mod net;
mod outage;
mod runtimes;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use async_trait::async_trait;
use http::{HeaderMap, Request};
use mobilefirst::analytics::{AnalyticsReporter, AnalyticsReporterBuilder};
use mobilefirst::{Error, ErrorKind, HttpBackend, RequestInfo};
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::*;

/// An analytics service, which keeps what it is sent.
#[derive(Clone, Default)]
pub(super) struct Service(Arc<Inner>);

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    posted: Notify,
}

#[derive(Default)]
struct State {
    posts: Vec<Post>,
    answers: VecDeque<Answer>,
    always: Answer,
}

#[derive(Clone, Debug)]
pub(super) struct Post {
    at: Instant,
    path: String,
    headers: HeaderMap,
    events: Vec<Value>,
    answer: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Status(u16),
    Fail(ErrorKind),
    Hang,
}

impl Default for Answer {
    fn default() -> Self {
        Self::Status(201)
    }
}

#[async_trait]
impl HttpBackend for Service {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        assert_eq!(request.method(), http::Method::POST);
        let answer = {
            let mut state = self.0.state.lock().unwrap();
            let answer = state.answers.pop_front().unwrap_or(state.always);
            state.posts.push(Post {
                at: Instant::now(),
                path: request.uri().to_string(),
                headers: request.headers().clone(),
                events: serde_json::from_slice(request.body()).unwrap(),
                answer,
            });
            answer
        };
        self.0.posted.notify_one();
        match answer {
            Answer::Status(code) => Ok(response(StatusCode::from_u16(code).unwrap(), "secret")),
            Answer::Fail(kind) => Err(Error::new(kind, "the backend says so")),
            Answer::Hang => std::future::pending().await,
        }
    }
}

impl Service {
    /// The next posts are answered so, one after the other.
    fn answer(&self, answers: &[Answer]) {
        self.0.state.lock().unwrap().answers.extend(answers);
    }

    fn answer_always(&self, answer: Answer) {
        self.0.state.lock().unwrap().always = answer;
    }

    pub(super) fn posts(&self) -> Vec<Post> {
        self.0.state.lock().unwrap().posts.clone()
    }

    /// Waits until so many posts have come.
    async fn wait_for(&self, posts: usize) -> Vec<Post> {
        loop {
            let seen = self.posts();
            if seen.len() >= posts {
                // The answer is still on its way.
                tokio::task::yield_now().await;
                return seen;
            }
            let posted = self.0.posted.notified();
            let waited = timeout(Duration::from_secs(3600), posted).await;
            waited.expect("no post within an hour");
        }
    }

    /// The events that it took.
    fn taken(&self) -> Vec<Value> {
        let posts = self.posts().into_iter();
        let taken = posts.filter(|post| matches!(post.answer, Answer::Status(200..300)));
        taken.flat_map(|post| post.events).collect()
    }
}

pub(super) fn builder(service: &Service) -> AnalyticsReporterBuilder {
    let url = "https://mfp.example.com/analytics-service/rest/v3";
    AnalyticsReporter::builder(url.parse().unwrap(), "reporter", "s3cret")
        .http_backend(service.clone())
        .clock(ManualClock::new(UNIX_EPOCH + Duration::from_secs(1000)))
}

/// A validator that reports to a service.
struct Reported {
    world: World,
    service: Service,
    reporter: AnalyticsReporter,
    token: String,
}

impl Reported {
    fn new() -> Self {
        Self::with(|builder| builder)
    }

    fn with(set: impl FnOnce(AnalyticsReporterBuilder) -> AnalyticsReporterBuilder) -> Self {
        let service = Service::default();
        let reporter = set(builder(&service)).build().unwrap();
        let world = World::with(|builder| builder.observer(reporter.clone()));
        Self {
            token: world.token(),
            world,
            service,
            reporter,
        }
    }

    /// Decides on so many requests, whose paths are numbered from `first` on.
    async fn decide(&self, first: usize, count: usize) {
        for number in first..first + count {
            let path = format!("/{number}");
            let authorization = [format!("Bearer {}", self.token)];
            let work = self.world.validator.authorize::<AnyScope>(authorization);
            let info = || RequestInfo::new("GET", &path, |_| None);
            work.for_request(info).await.unwrap();
        }
    }

    /// Sent, dropped and queued.
    fn stats(&self) -> (u64, u64, u64) {
        let stats = self.reporter.stats();
        (stats.sent, stats.dropped, stats.queued)
    }
}

/// The paths of such requests.
fn numbers(events: &[Value]) -> Vec<usize> {
    let number = |event: &Value| event["resourceURL"].as_str()?[1..].parse().ok();
    events.iter().map(|event| number(event).unwrap()).collect()
}

fn seconds(post: &Post, begun: Instant) -> u64 {
    (post.at - begun).as_secs()
}

#[tokio::test(start_paused = true)]
async fn one_event_is_sent_alone_after_the_interval() {
    let begun = Instant::now();
    let reported = Reported::new();
    reported.decide(0, 1).await;
    assert_eq!(reported.stats(), (0, 0, 1));
    let posts = reported.service.wait_for(1).await;
    assert_eq!(seconds(&posts[0], begun), 5);
    assert_eq!(
        posts[0].path,
        "https://mfp.example.com/analytics-service/rest/v3/NetworkTransaction"
    );
    assert_eq!(posts[0].headers["content-type"], "application/json");
    let authorization = &posts[0].headers["authorization"];
    assert_eq!(authorization, "Basic cmVwb3J0ZXI6czNjcmV0");
    assert!(authorization.is_sensitive());
    assert_eq!(numbers(&posts[0].events), [0]);
    assert_eq!(reported.stats(), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn several_events_go_in_one_post_in_their_order() {
    let reported = Reported::new();
    reported.decide(0, 99).await;
    let posts = reported.service.wait_for(1).await;
    assert_eq!(
        posts[0].path,
        "https://mfp.example.com/analytics-service/rest/v3/NetworkTransaction/_bulk"
    );
    assert_eq!(numbers(&posts[0].events), Vec::from_iter(0..99));
    assert_eq!(reported.stats(), (99, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_full_batch_goes_at_once_and_the_rest_after_the_interval() {
    let begun = Instant::now();
    let reported = Reported::with(|builder| {
        let builder = builder.batch_size(10);
        builder.interval(Duration::from_secs(7))
    });
    reported.decide(0, 25).await;
    let posts = reported.service.wait_for(3).await;
    let sizes: Vec<_> = posts.iter().map(|post| post.events.len()).collect();
    let times: Vec<_> = posts.iter().map(|post| seconds(post, begun)).collect();
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(times, [0, 0, 7]);
    assert_eq!(
        numbers(&reported.service.taken()),
        Vec::from_iter(0..25usize)
    );
}

#[tokio::test(start_paused = true)]
async fn a_flush_sends_what_there_is_and_goes_on() {
    let begun = Instant::now();
    let reported = Reported::new();
    reported.decide(0, 150).await;
    assert_eq!(reported.reporter.flush().await, 0);
    assert_eq!(reported.stats(), (150, 0, 0));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    reported.decide(150, 1).await;
    assert_eq!(reported.stats(), (150, 0, 1));
    reported.service.wait_for(3).await;
    assert_eq!(reported.stats(), (151, 0, 0));
    assert_eq!(reported.reporter.flush().await, 0);
    assert_eq!(
        numbers(&reported.service.taken()),
        Vec::from_iter(0..151usize)
    );
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_sends_what_there_is_and_takes_no_more() {
    let begun = Instant::now();
    let reported = Reported::new();
    reported.decide(0, 150).await;
    assert_eq!(reported.reporter.shutdown().await, 0);
    assert_eq!(reported.stats(), (150, 0, 0));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    reported.decide(150, 3).await;
    assert_eq!(reported.stats(), (150, 3, 0));
    assert_eq!(reported.reporter.shutdown().await, 0);
    assert_eq!(reported.service.taken().len(), 150);
}

#[test]
fn unusable_settings_are_refused_with_advice() {
    let service = Service::default();
    let set = |set: fn(AnalyticsReporterBuilder) -> AnalyticsReporterBuilder| {
        let builder = set(builder(&service));
        assert!(!format!("{builder:?}").contains("s3cret"));
        builder.build().unwrap_err()
    };
    for (error, advice) in [
        (set(|builder| builder.capacity(0)), "1 to 1,000,000"),
        (set(|builder| builder.capacity(1_000_001)), "1 to 1,000,000"),
        (set(|builder| builder.batch_size(0)), "1 to 1,000"),
        (set(|builder| builder.batch_size(1_001)), "1 to 1,000"),
        (set(|builder| builder.capacity(99)), "at most the capacity"),
        (
            set(|builder| builder.interval(Duration::from_secs(3601))),
            "shorter",
        ),
        (set(|builder| builder.deadline(Duration::ZERO)), "zero"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(advice), "{error}");
    }
    for end in ["/NetworkTransaction", "/NetworkTransaction/_bulk/"] {
        let url = format!("https://mfp.example.com/analytics-service/rest/v3{end}");
        let builder = AnalyticsReporter::builder(url.parse().unwrap(), "u", "p");
        let message = builder.build().unwrap_err().to_string();
        let advice = "write https://mfp.example.com/analytics-service/rest/v3 instead";
        assert!(message.ends_with(advice), "{message}");
    }
    let url = "https://mfp.example.com";
    for (username, password) in [("", "p"), ("u", ""), ("u:v", "p"), ("u", "p\n")] {
        let builder = AnalyticsReporter::builder(url.parse().unwrap(), username, password);
        let error = builder.build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
    }
}
