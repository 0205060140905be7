//! How much of a refused request's body is read.

use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{self, Context, Poll};
use std::time::Duration;

use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::EXPECT;
use http::{Request, Response, StatusCode, Version};
use http_body::{Body, Frame};
use http_body_util::Empty;
use mobilefirst::Denial;
use mobilefirst_axum::{Denied, DrainRefusedLayer};
use mobilefirst_devserver::Authority;
use tokio::time::{Instant, Interval, advance, interval, timeout};
use tower::{Layer, ServiceExt, service_fn};

use super::MIB;
use crate::adapters::A;
use crate::adapters::axum::guard;
use crate::support::{asking, settle};

/// A body without end, that tells how much of it was read.
struct Endless {
    frame: Bytes,
    frames: usize,
    pause: Option<Interval>,
    read: Arc<AtomicUsize>,
}

impl Endless {
    fn new(frame: Bytes) -> Self {
        Self {
            frame,
            frames: 0,
            pause: None,
            read: Arc::default(),
        }
    }
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(pause) = &mut self.pause {
            task::ready!(pause.poll_tick(cx));
        }
        self.frames += 1;
        assert!(self.frames < 1_000_000, "nobody stops reading");
        self.read.fetch_add(self.frame.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.frame.clone()))))
    }
}

/// Refuses a request, at once.
async fn refuse(request: Request<Endless>) {
    async fn never(_: Request<Endless>) -> Result<Response<Empty<Bytes>>, Infallible> {
        unreachable!("a request without a token was let in");
    }
    let guarded = guard(&Authority::new()).layer(service_fn(never));
    let begin = Instant::now();
    let response = guarded.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

/// Lets the body be read until it is dropped.
async fn dropped(read: &Arc<AtomicUsize>) {
    for _ in 0..100 {
        settle().await;
    }
    assert_eq!(Arc::strong_count(read), 1, "the body is still there");
}

#[tokio::test(start_paused = true)]
async fn sixteen_mebibytes_of_a_refused_body_are_read_b2() {
    let body = Endless::new(vec![0; 64 * 1024].into());
    let read = body.read.clone();
    refuse(Request::new(body)).await;
    dropped(&read).await;
    assert_eq!(read.load(Ordering::Relaxed), 16 * MIB);
}

#[tokio::test(start_paused = true)]
async fn a_refused_body_is_read_for_thirty_seconds_b2() {
    let mut body = Endless::new(Bytes::from_static(b"x"));
    body.pause = Some(interval(Duration::from_secs(1)));
    let read = body.read.clone();
    refuse(Request::new(body)).await;
    timeout(Duration::from_millis(29_500), pending::<()>())
        .await
        .unwrap_err();
    assert_eq!(
        (read.load(Ordering::Relaxed), Arc::strong_count(&read)),
        (30, 2)
    );
    advance(Duration::from_secs(1)).await;
    settle().await;
    assert_eq!(Arc::strong_count(&read), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_body_that_is_always_ready_ends_too_b2() {
    let body = Endless::new(Bytes::new());
    let read = body.read.clone();
    refuse(Request::new(body)).await;
    settle().await;
    assert_eq!(Arc::strong_count(&read), 2);
    advance(Duration::from_secs(31)).await;
    dropped(&read).await;
}

#[tokio::test]
async fn a_refused_body_that_is_not_on_its_way_is_not_read_b3() {
    for (version, expect, is_read) in [
        (Version::HTTP_10, None, true),
        (Version::HTTP_11, None, true),
        (Version::HTTP_11, Some("100-continue"), false),
        (Version::HTTP_2, None, false),
    ] {
        let body = Endless::new(vec![0; MIB].into());
        let read = body.read.clone();
        let mut request = Request::builder().version(version);
        if let Some(expect) = expect {
            request = request.header(EXPECT, expect);
        }
        let guarded = guard(&Authority::new()).layer(service_fn(async |_: Request<Endless>| {
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }));
        let response = guarded.oneshot(request.body(body).unwrap()).await.unwrap();
        assert_eq!(response.status(), 401);
        dropped(&read).await;
        assert_eq!(
            read.load(Ordering::Relaxed) > 0,
            is_read,
            "{version:?} {expect:?}"
        );
    }
}

#[tokio::test]
async fn only_the_body_of_a_refusal_is_read_on_b4() {
    let refused = Denied(refusal().await).into_response();
    let other = StatusCode::UNAUTHORIZED.into_response();
    for (answer, is_read) in [(refused, true), (other, false)] {
        let body = Endless::new(vec![0; MIB].into());
        let read = body.read.clone();
        let mut answer = Some(answer);
        let answer = service_fn(move |_: Request<axum::body::Body>| {
            ready(Ok::<_, Infallible>(answer.take().unwrap()))
        });
        let drained = DrainRefusedLayer::new().layer(answer);
        let request = Request::new(axum::body::Body::new(body));
        let response = drained.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 401);
        dropped(&read).await;
        assert_eq!(read.load(Ordering::Relaxed) > 0, is_read);
    }
}

async fn refusal() -> Denial {
    let validator = asking(&Authority::new()).build().unwrap();
    let nothing: [&str; 0] = [];
    validator.authorize::<A>(nothing).await.unwrap_err()
}
