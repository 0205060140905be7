//! The future that resolves to a decision.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::lookup::evidence::Evidence;
use crate::observe::decision_span::{self, DecisionSpan};
use crate::observe::observer::Verdict;
use crate::verdict::denial::{Denial, Reason};
use crate::verdict::error_body_hook::RequestHook;
use crate::verdict::permit::Permit;
use crate::verdict::request_info::RequestInfo;
use crate::verdict::requirement::AnyScope;

/// The future returned by [`TokenValidator::authorize`](crate::TokenValidator::authorize).
#[must_use = "nobody is authorized before this is awaited"]
pub struct Authorize<S = AnyScope> {
    deciding: Deciding,
    scope: PhantomData<fn() -> S>,
}

/// A decision in progress. It knows nothing of the type of the scope, so it is compiled once.
pub(crate) struct Deciding {
    state: State,
    report: Report,
}

enum State {
    Ready(Judged),
    Pending(Pin<Box<dyn Future<Output = Judged> + Send>>),
    Ended,
}

/// A verdict and the evidence for it.
pub(crate) struct Judged {
    pub(crate) verdict: Result<Permit, Denial>,
    pub(crate) evidence: Evidence,
}

/// Where a verdict is reported: to observers, and in the body of a refusal.
pub(crate) struct Report {
    pub(crate) span: Option<Box<DecisionSpan>>,
    pub(crate) error_body: RequestHook,
}

/// What it means that a request has no token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NoToken {
    Refused,
    Anonymous,
}

impl<S> Authorize<S> {
    /// Makes the token optional: the result is `None` if the request has none.
    ///
    /// Use it for a route that also serves anonymous callers. A request with an invalid
    /// token is still refused.
    ///
    /// # Errors
    ///
    /// Returns a [`Denial`], except for [`MissingToken`](crate::Reason::MissingToken).
    pub async fn optional(mut self) -> Result<Option<Permit<S>>, Denial> {
        poll_fn(|cx| self.deciding.poll_recorded(cx, NoToken::Anonymous)).await;
        match self.deciding.take_verdict() {
            Ok(permit) => Ok(Some(permit.retyped())),
            Err(denial) if denial.reason() == Reason::MissingToken => Ok(None),
            Err(denial) => Err(denial),
        }
    }
}

impl Deciding {
    #[inline]
    pub(crate) fn ready(
        verdict: Result<Permit, Denial>,
        evidence: Evidence,
        report: Report,
    ) -> Self {
        let state = State::Ready(Judged { verdict, evidence });
        Self { state, report }
    }

    pub(crate) fn pending(
        work: impl Future<Output = Judged> + Send + 'static,
        report: Report,
    ) -> Self {
        let state = State::Pending(Box::pin(work));
        Self { state, report }
    }

    /// Names the scope that was required. The caller must have passed that scope on.
    #[inline]
    pub(crate) fn of<S>(self) -> Authorize<S> {
        Authorize {
            deciding: self,
            scope: PhantomData,
        }
    }

    /// Waits until the verdict is there, and records it. Leaves it in its place: what is granted
    /// is moved once, to the caller.
    fn poll_recorded(&mut self, cx: &mut Context<'_>, no_token: NoToken) -> Poll<()> {
        if let State::Pending(work) = &mut self.state {
            let _entered = self.report.span.as_ref().map(|span| span.enter());
            let judged = ready!(work.as_mut().poll(cx));
            self.state = State::Ready(judged);
        }
        let State::Ready(Judged { verdict, evidence }) = &mut self.state else {
            return Poll::Ready(());
        };
        let recorded = match verdict {
            Ok(permit) => {
                permit.set_error_body(mem::take(&mut self.report.error_body));
                Verdict::Granted(permit.shared())
            }
            Err(denial) => match (denial.reason(), no_token) {
                (Reason::MissingToken, NoToken::Anonymous) => Verdict::Anonymous,
                _ => {
                    self.report.error_body.complete(denial);
                    Verdict::Denied(denial)
                }
            },
        };
        decision_span::record(self.report.span.take().as_deref(), recorded, *evidence);
        Poll::Ready(())
    }

    #[inline]
    #[expect(
        clippy::panic,
        reason = "polling a future after its end is a bug of the caller"
    )]
    fn take_verdict(&mut self) -> Result<Permit, Denial> {
        match mem::replace(&mut self.state, State::Ended) {
            State::Ready(judged) => judged.verdict,
            State::Pending(_) | State::Ended => panic!("polled after its end"),
        }
    }
}

/// # For adapters
impl<S> Authorize<S> {
    /// Describes the request to observers, and to the hook that makes the bodies of refusals.
    ///
    /// `request` is only called if there is an
    /// [observer](crate::TokenValidatorBuilder::observer) or a
    /// [hook](crate::TokenValidatorBuilder::error_body), and twice if there are both.
    #[inline]
    pub fn for_request(mut self, request: impl Fn() -> RequestInfo) -> Self {
        let Report { span, error_body } = &mut self.deciding.report;
        if let Some(span) = span {
            span.record_request(&request);
        }
        error_body.describe(request);
        self
    }
}

/// # For adapters
///
/// Creates a future that resolves to this refusal at once, such as
/// [`Denial::not_set_up`].
impl<S> From<Denial> for Authorize<S> {
    fn from(denial: Denial) -> Self {
        let report = Report {
            span: None,
            error_body: RequestHook::default(),
        };
        Deciding::ready(Err(denial), Evidence::default(), report).of()
    }
}

impl<S> Future for Authorize<S> {
    type Output = Result<Permit<S>, Denial>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.deciding.poll_recorded(cx, NoToken::Refused));
        Poll::Ready(self.deciding.take_verdict().map(Permit::retyped))
    }
}

impl<S> fmt::Debug for Authorize<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").finish_non_exhaustive()
    }
}
