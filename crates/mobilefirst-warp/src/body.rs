//! The body of a request: who has it, and what is left of it after a refusal.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use mobilefirst::drain_refused_body;
use warp::{Buf, Filter, Stream};

/// A body that is read and dropped piece by piece.
pub(crate) trait Pieces: Send + 'static {
    /// The length of the next piece; `None` at the end and on an error.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<usize>>;
}

impl<S, Piece> Pieces for S
where
    S: Stream<Item = Result<Piece, warp::Error>> + Unpin + Send + 'static,
    Piece: Buf,
{
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<usize>> {
        let piece = Pin::new(self).poll_next(cx);
        piece.map(|piece| Some(piece?.ok()?.remaining()))
    }
}

impl Pieces for Box<dyn Pieces> {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<usize>> {
        (**self).poll_piece(cx)
    }
}

/// Takes the body. Extracts `None` if another filter has taken it.
pub(crate) fn body() -> impl Filter<Extract = (Option<impl Pieces>,), Error = Infallible> + Copy {
    warp::body::stream()
        .map(Some)
        .or(warp::any().map(|| None))
        .unify()
}

/// The value of the field `Expect`, if it is text.
pub(crate) fn expect() -> impl Filter<Extract = (Option<String>,), Error = Infallible> + Copy {
    warp::header::optional("expect")
        .or(warp::any().map(|| None))
        .unify()
}

/// Reads on in the background after a refusal, so that the client gets to see it.
///
/// Nobody waits for that: hyper sends the refusal meanwhile.
pub(crate) fn drain(mut body: impl Pieces, expect: Option<String>) {
    tokio::spawn(async move {
        drain_refused_body(expect, |cx| body.poll_piece(cx)).await;
    });
}
