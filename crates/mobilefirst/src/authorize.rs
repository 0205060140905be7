//! The future of a verdict.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::{AnyScope, Denial, Permit, Reason};

/// The future of [`TokenValidator::authorize`](crate::TokenValidator::authorize).
#[must_use = "nobody is authorized before this is awaited"]
pub struct Authorize<S = AnyScope> {
    state: State<S>,
}

enum State<S> {
    Ready(Option<Result<Permit<S>, Denial>>),
    Pending(Pin<Box<dyn Future<Output = Result<Permit<S>, Denial>> + Send>>),
}

impl<S> Authorize<S> {
    /// For a route that serves strangers too: `None` where the request bears no token.
    /// A token that is there and not good is refused as ever.
    ///
    /// # Errors
    ///
    /// A [`Denial`], but not for [`MissingToken`](crate::Reason::MissingToken).
    pub async fn optional(self) -> Result<Option<Permit<S>>, Denial> {
        match self.await {
            Ok(permit) => Ok(Some(permit)),
            Err(denial) if denial.reason() == Reason::MissingToken => Ok(None),
            Err(denial) => Err(denial),
        }
    }

    pub(crate) fn ready(outcome: Result<Permit<S>, Denial>) -> Self {
        Self {
            state: State::Ready(Some(outcome)),
        }
    }

    pub(crate) fn pending(
        work: impl Future<Output = Result<Permit<S>, Denial>> + Send + 'static,
    ) -> Self {
        Self {
            state: State::Pending(Box::pin(work)),
        }
    }
}

/// A refusal that is at hand already.
impl<S> From<Denial> for Authorize<S> {
    fn from(denial: Denial) -> Self {
        Self::ready(Err(denial))
    }
}

impl<S> Future for Authorize<S> {
    type Output = Result<Permit<S>, Denial>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            State::Ready(outcome) => Poll::Ready(outcome.take().expect("polled after its end")),
            State::Pending(work) => work.as_mut().poll(cx),
        }
    }
}

impl<S> fmt::Debug for Authorize<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").finish_non_exhaustive()
    }
}
