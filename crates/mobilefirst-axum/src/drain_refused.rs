//! A layer that lets clients see what an extractor refused, although they write first.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum_core::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use mobilefirst::Denial;
use pin_project_lite::pin_project;
use tokio::sync::oneshot;
use tower_layer::Layer;
use tower_service::Service;

use crate::drain::Drain;

/// A layer for routers whose handlers take [`Authorized`](crate::Authorized): it reads the
/// rest of refused requests.
///
/// axum drops the body of a request that an extractor refuses. A client that writes its whole
/// request before it reads anything then sees a broken pipe in place of the refusal, and a
/// reverse proxy answers 502. This layer keeps the body, and reads it as
/// [`RequireScopeLayer`](crate::RequireScopeLayer#uploads) does, within the same bounds.
///
/// ```
/// use axum::{Router, body::Bytes, routing::post};
/// use mobilefirst::TokenValidator;
/// use mobilefirst_axum::{Authorized, DrainRefusedLayer};
///
/// async fn upload(caller: Authorized, photo: Bytes) -> String {
///     format!("{:?}: {} bytes", caller.username(), photo.len())
/// }
///
/// fn app(validator: TokenValidator) -> Router {
///     Router::new()
///         .route("/photos", post(upload))
///         .layer(DrainRefusedLayer::new())
///         .with_state(validator)
/// }
/// ```
///
/// As with any axum layer, it concerns the routes that were added **before** it. It knows a
/// refusal by the [`Denial`] in the response's extensions, which
/// [`Denied`](crate::Denied) puts there; other responses are left alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct DrainRefusedLayer(());

impl DrainRefusedLayer {
    /// Creates the layer. It has no settings.
    pub fn new() -> Self {
        Self(())
    }
}

impl<N> Layer<N> for DrainRefusedLayer {
    type Service = DrainRefused<N>;

    fn layer(&self, next: N) -> DrainRefused<N> {
        DrainRefused { next }
    }
}

/// The service that [`DrainRefusedLayer`] wraps around another.
#[derive(Clone, Debug)]
pub struct DrainRefused<N> {
    next: N,
}

impl<N, R> Service<Request<Body>> for DrainRefused<N>
where
    N: Service<Request<Body>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = N::Error;
    type Future = DrainFuture<N::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), N::Error>> {
        self.next.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> DrainFuture<N::Future> {
        let Some(drain) = Drain::of(&request) else {
            let response = self.next.call(request);
            let unread = None;
            return DrainFuture { response, unread };
        };
        let (give_back, unread) = oneshot::channel();
        let request = request.map(|body| {
            Body::new(Borrowed {
                body,
                give_back: Some(give_back),
            })
        });
        let response = self.next.call(request);
        let unread = Some((drain, unread));
        DrainFuture { response, unread }
    }
}

pin_project! {
    /// The future of [`DrainRefused`].
    #[derive(Debug)]
    pub struct DrainFuture<F> {
        #[pin]
        response: F,
        unread: Option<(Drain, oneshot::Receiver<Body>)>,
    }
}

impl<F, R, E> Future for DrainFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let response = ready!(this.response.poll(cx))?;
        if response.extensions().get::<Denial>().is_some()
            && let Some((drain, mut unread)) = this.unread.take()
            && let Ok(body) = unread.try_recv()
        {
            drain.in_background(body);
        }
        Poll::Ready(Ok(response))
    }
}

/// A request's body, which is given back once it is dropped.
struct Borrowed {
    body: Body,
    give_back: Option<oneshot::Sender<Body>>,
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(give_back) = self.give_back.take() {
            // Fails if nobody waits for it, as after a handler that runs on.
            let _ = give_back.send(std::mem::take(&mut self.body));
        }
    }
}

impl http_body::Body for Borrowed {
    type Data = Bytes;
    type Error = axum_core::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum_core::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
