//! The rest of a refused upload.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Buf;
use http::header::EXPECT;
use http::{Request, Version};
use http_body::Body;
use tokio::runtime::Handle;
use tokio::task::coop::consume_budget;
use tokio::time::timeout;

/// What is read of a body, in bytes.
const MAX_LENGTH: usize = 16 * 1024 * 1024;

/// How long a body is read. It is nginx's default for the same purpose (`lingering_time`).
const MAX_TIME: Duration = Duration::from_secs(30);

/// Whether a refused request's client may still be writing, so that it must be read.
///
/// Many HTTP/1 clients read nothing before they have written their whole request. A server
/// that stops reading resets the connection, and such a client reports a broken pipe in
/// place of the refusal. In HTTP/2 the refusal arrives in any case (RFC 9113 §8.1).
pub(crate) fn is_on_its_way<B: Body>(request: &Request<B>) -> bool {
    // A client that expects 100 Continue sends no body before it gets that, and to read a
    // body is to ask for it (RFC 9110 §10.1.1).
    request.version() < Version::HTTP_2
        && !request.headers().contains_key(EXPECT)
        && !request.body().is_end_stream()
}

/// Reads and drops a body, in the background, within the bounds above.
pub(crate) fn in_background<B>(body: B)
where
    B: Body + Send + 'static,
{
    // Hyper runs on tokio. On another runtime the body is just dropped.
    let Ok(runtime) = Handle::try_current() else {
        return;
    };
    runtime.spawn(async move {
        let _ = timeout(MAX_TIME, read(body)).await;
    });
}

async fn read<B: Body>(body: B) {
    let mut body = pin!(body);
    let mut read = 0;
    while read < MAX_LENGTH
        && let Some(length) = next_length(body.as_mut()).await
    {
        read += length;
        // So that a body that is always ready leaves room for the timeout.
        consume_budget().await;
    }
}

async fn next_length<B: Body>(mut body: Pin<&mut B>) -> Option<usize> {
    let frame = poll_fn(|cx| body.as_mut().poll_frame(cx)).await?.ok()?;
    Some(frame.data_ref().map_or(0, Buf::remaining))
}
