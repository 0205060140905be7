//! The rest of a refused upload.

use std::pin::pin;

use bytes::Buf;
use http::header::EXPECT;
use http::{HeaderValue, Request, Version};
use http_body::Body;
use mobilefirst::drain_refused_body;
use tokio::runtime::Handle;

/// How to read the rest of a request once it is refused.
#[derive(Debug)]
pub(crate) struct Drain {
    expect: Vec<HeaderValue>,
}

impl Drain {
    /// `None` if the request has no rest that keeps its client from reading the refusal.
    ///
    /// Many HTTP/1 clients read nothing before they have written their whole request. In
    /// HTTP/2 the refusal arrives in any case (RFC 9113 §8.1).
    pub(crate) fn of<B: Body>(request: &Request<B>) -> Option<Self> {
        let is_on_its_way = request.version() < Version::HTTP_2 && !request.body().is_end_stream();
        is_on_its_way.then(|| Self {
            expect: request.headers().get_all(EXPECT).iter().cloned().collect(),
        })
    }

    /// Reads and drops the body of that request, within the core's bounds.
    pub(crate) fn in_background<B>(self, body: B)
    where
        B: Body + Send + 'static,
    {
        // Hyper runs on tokio. On another runtime the body is just dropped.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let mut body = pin!(body);
            drain_refused_body(self.expect, |cx| {
                let frame = body.as_mut().poll_frame(cx);
                frame.map(|frame| Some(frame?.ok()?.data_ref().map_or(0, Buf::remaining)))
            })
            .await;
        });
    }
}
