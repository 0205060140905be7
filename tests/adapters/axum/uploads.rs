//! Refused requests whose bodies are long, or have no end.

use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::header::EXPECT;
use http::{Request, Response, Version};
use http_body::{Body, Frame};
use http_body_util::Empty;
use mobilefirst_devserver::Authority;
use tokio::net::TcpListener;
use tokio::time::{Instant, Interval, advance, interval, timeout};
use tower::{Layer, ServiceExt, service_fn};

use super::guard;
use crate::support::settle;

const MIB: usize = 1024 * 1024;

/// Writes a whole request, and only then reads the response.
fn upload(address: SocketAddr, fields: &str, body: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let bound = Some(Duration::from_secs(60));
    stream.set_read_timeout(bound).unwrap();
    stream.set_write_timeout(bound).unwrap();
    let head = format!("POST /upload HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    for piece in body {
        stream.write_all(piece).expect("the server reads on");
    }
    read_head(&mut stream)
}

fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a response");
        head.extend(byte);
    }
    String::from_utf8(head).unwrap()
}

async fn serve() -> SocketAddr {
    let app = Router::new()
        .route("/upload", post(async || "granted"))
        .layer(guard(&Authority::new()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_writes_its_whole_request_first_sees_the_refusal_b1() {
    let address = serve().await;
    let piece = vec![b'x'; 64 * 1024];
    let size = format!("{:x}\r\n", piece.len());
    let plain = vec![&*piece; 8 * MIB / piece.len()];
    let chunk = [size.as_bytes(), &*piece, b"\r\n"];
    let mut chunks = chunk.repeat(8 * MIB / piece.len());
    chunks.push(b"0\r\n\r\n");

    let length = format!("Content-Length: {}\r\n", 8 * MIB);
    let closing = format!("Connection: close\r\n{length}");
    let chunked = "Transfer-Encoding: chunked\r\n";
    let bad = format!("Authorization: Bearer bad\r\n{length}");
    for (fields, body, challenge) in [
        (&*length, &plain, "Bearer\r\n"),
        (&*closing, &plain, "Bearer\r\n"),
        (chunked, &chunks, "Bearer\r\n"),
        (&*bad, &plain, "Bearer error=\"invalid_token\"\r\n"),
    ] {
        let head = tokio::task::block_in_place(|| upload(address, fields, body));
        assert!(head.starts_with("HTTP/1.1 401 "), "{fields}{head}");
        let challenge = format!("www-authenticate: {challenge}");
        assert!(head.contains(&challenge), "{fields}{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_serves_on_after_a_refused_upload_b1() {
    let address = serve().await;
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {MIB}\r\n\r\n");
    tokio::task::block_in_place(|| {
        for _ in 0..2 {
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&vec![b'x'; MIB]).unwrap();
            assert!(read_head(&mut stream).starts_with("HTTP/1.1 401 "));
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_expects_100_continue_is_refused_at_once_b3() {
    let address = serve().await;
    let fields = "Content-Length: 1000000\r\nExpect: 100-continue\r\n";
    let head = tokio::task::block_in_place(|| upload(address, fields, &[]));
    assert!(head.starts_with("HTTP/1.1 401 "), "{head}");
}

/// A body without end, that tells how much of it was read.
struct Endless {
    frame: Bytes,
    pause: Option<Interval>,
    read: Arc<AtomicUsize>,
}

impl Endless {
    fn new(frame: Bytes) -> Self {
        Self {
            frame,
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
            ready!(pause.poll_tick(cx));
        }
        self.read.fetch_add(self.frame.len(), Ordering::Relaxed);
        Poll::Ready(Some(Ok(Frame::data(self.frame.clone()))))
    }
}

/// Refuses a request, at once.
async fn refuse(request: Request<Endless>) {
    async fn never(_: Request<Endless>) -> Result<Response<Empty<Bytes>>, Infallible> {
        panic!("a request without a token was let in");
    }
    let guarded = guard(&Authority::new()).layer(service_fn(never));
    let begin = Instant::now();
    let response = guarded.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

/// Waits until the body is dropped.
async fn dropped(read: &Arc<AtomicUsize>) {
    while Arc::strong_count(read) > 1 {
        settle().await;
    }
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
    timeout(Duration::from_millis(29_500), std::future::pending::<()>())
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
