//! How much of a refused request's body is read.

use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
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
use tokio::time::Instant;
use tower::{Layer, ServiceExt, service_fn};

use super::MIB;
use crate::adapters::A;
use crate::adapters::axum::guard;
use crate::support::{asking, settle};

/// A body without end, that tells how much of it was read.
struct Endless {
    frame: Bytes,
    frames: usize,
    read: Arc<AtomicUsize>,
}

impl Endless {
    fn new(frame: Bytes) -> Self {
        Self {
            frame,
            frames: 0,
            read: Arc::default(),
        }
    }
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.frames += 1;
        assert!(self.frames < 1_000_000, "nobody stops reading");
        self.read.fetch_add(self.frame.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.frame.clone()))))
    }
}

async fn never<B>(_: Request<B>) -> Result<Response<Empty<Bytes>>, Infallible> {
    unreachable!("a request without a token was let in");
}

/// Lets the body be read until it is dropped.
async fn dropped(read: &Arc<AtomicUsize>) {
    for _ in 0..100 {
        settle().await;
    }
    assert_eq!(Arc::strong_count(read), 1, "the body is still there");
}

#[tokio::test(start_paused = true)]
async fn sixteen_mebibytes_of_a_refused_body_are_read_d3() {
    let body = Endless::new(vec![0; 64 * 1024].into());
    let read = body.read.clone();
    let guarded = guard(&Authority::new()).layer(service_fn(never));
    let begin = Instant::now();
    let response = guarded.oneshot(Request::new(body)).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(begin.elapsed(), Duration::ZERO);
    dropped(&read).await;
    assert_eq!(read.load(Ordering::Relaxed), 16 * MIB);
}

#[tokio::test]
async fn a_refused_body_that_is_not_on_its_way_is_not_read_d4() {
    let by_layer = guard(&Authority::new()).layer(service_fn(never));
    let refusal = refusal().await;
    let by_extractor = DrainRefusedLayer::new().layer(service_fn(move |_| {
        let refused = Denied(refusal.clone()).into_response();
        ready(Ok::<_, Infallible>(refused))
    }));
    for (version, expect, is_read) in [
        (Version::HTTP_10, None, true),
        (Version::HTTP_11, None, true),
        (Version::HTTP_11, Some("100-continue"), false),
        (Version::HTTP_2, None, false),
    ] {
        let request = || {
            let body = Endless::new(vec![0; MIB].into());
            let read = body.read.clone();
            let mut request = Request::builder().version(version);
            if let Some(expect) = expect {
                request = request.header(EXPECT, expect);
            }
            (request.body(axum::body::Body::new(body)).unwrap(), read)
        };
        let (unread, read) = request();
        let response = by_layer.clone().oneshot(unread).await.unwrap();
        assert_eq!(response.status(), 401);
        assert_read(&read, is_read, &format!("layer, {version:?} {expect:?}")).await;
        let (unread, read) = request();
        let response = by_extractor.clone().oneshot(unread).await.unwrap();
        assert_eq!(response.status(), 401);
        assert_read(
            &read,
            is_read,
            &format!("extractor, {version:?} {expect:?}"),
        )
        .await;
    }
}

async fn assert_read(read: &Arc<AtomicUsize>, is_read: bool, case: &str) {
    dropped(read).await;
    assert_eq!(read.load(Ordering::Relaxed) > 0, is_read, "{case}");
}

#[tokio::test]
async fn only_the_body_of_a_refusal_is_read_on_d7() {
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
        assert_read(&read, is_read, "a refusal or another response").await;
    }
}

async fn refusal() -> Denial {
    let validator = asking(&Authority::new()).build().unwrap();
    let nothing: [&str; 0] = [];
    validator.authorize::<A>(nothing).await.unwrap_err()
}
