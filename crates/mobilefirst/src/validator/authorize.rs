//! The future that resolves to a decision.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::header::authorization::Unusable;
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
struct Deciding {
    state: State,
    span: Option<Box<DecisionSpan>>,
    error_body: RequestHook,
}

enum State {
    Ready(Option<Judged>),
    Pending(Pin<Box<dyn Future<Output = Judged> + Send>>),
}

/// A verdict and the evidence for it.
pub(crate) struct Judged {
    pub(crate) verdict: Result<Permit, Denial>,
    pub(crate) evidence: Evidence,
}

impl Judged {
    /// Refuses a request whose token can't be used.
    pub(crate) fn unusable(unusable: Unusable) -> Self {
        Self {
            verdict: Err(Denial::unusable(unusable)),
            evidence: Evidence::default(),
        }
    }
}

impl Authorize {
    #[inline]
    pub(crate) fn ready(judged: Judged, span: Option<Box<DecisionSpan>>) -> Self {
        Self::new(State::Ready(Some(judged)), span)
    }

    pub(crate) fn pending(
        work: impl Future<Output = Judged> + Send + 'static,
        span: Option<Box<DecisionSpan>>,
    ) -> Self {
        Self::new(State::Pending(Box::pin(work)), span)
    }

    #[inline]
    fn new(state: State, span: Option<Box<DecisionSpan>>) -> Self {
        Self {
            deciding: Deciding {
                state,
                span,
                error_body: RequestHook::default(),
            },
            scope: PhantomData,
        }
    }

    /// Gives refusals their bodies, the guard's and the handler's.
    #[inline]
    pub(crate) fn with_error_body(mut self, error_body: RequestHook) -> Self {
        self.deciding.error_body = error_body;
        self
    }

    /// Names the scope that was required. The caller must have passed that scope on.
    #[inline]
    pub(crate) fn of<S>(self) -> Authorize<S> {
        Authorize {
            deciding: self.deciding,
            scope: PhantomData,
        }
    }
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
        let permit = poll_fn(|cx| self.deciding.poll_optional(cx)).await?;
        Ok(permit.map(Permit::retyped))
    }
}

impl Deciding {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Permit, Denial>> {
        let Judged { verdict, evidence } = ready!(self.judged(cx));
        let verdict = match verdict {
            Ok(permit) => Ok(self.granted(permit)),
            Err(denial) => Err(self.error_body.complete(denial)),
        };
        let recorded = match &verdict {
            Ok(permit) => Verdict::Granted(permit.shared()),
            Err(denial) => Verdict::Denied(denial),
        };
        self.record(recorded, evidence);
        Poll::Ready(verdict)
    }

    fn poll_optional(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Permit>, Denial>> {
        let Judged { verdict, evidence } = ready!(self.judged(cx));
        let verdict = match verdict {
            Ok(permit) => Ok(Some(self.granted(permit))),
            Err(denial) if denial.reason() == Reason::MissingToken => Ok(None),
            Err(denial) => Err(self.error_body.complete(denial)),
        };
        let recorded = match &verdict {
            Ok(Some(permit)) => Verdict::Granted(permit.shared()),
            Ok(None) => Verdict::Anonymous,
            Err(denial) => Verdict::Denied(denial),
        };
        self.record(recorded, evidence);
        Poll::Ready(verdict)
    }

    #[inline]
    fn judged(&mut self, cx: &mut Context<'_>) -> Poll<Judged> {
        match &mut self.state {
            State::Ready(judged) => Poll::Ready(judged.take().expect("polled after its end")),
            State::Pending(work) => {
                let _entered = self.span.as_ref().map(|span| span.enter());
                work.as_mut().poll(cx)
            }
        }
    }

    #[inline]
    fn granted(&mut self, permit: Permit) -> Permit {
        permit.with_error_body(mem::take(&mut self.error_body))
    }

    #[inline]
    fn record(&mut self, verdict: Verdict<'_>, evidence: Evidence) {
        decision_span::record(self.span.take().as_deref(), verdict, evidence);
    }
}

/// # For adapters
impl<S> Authorize<S> {
    /// Describes the request to observers, and to the hook that makes the bodies of refusals.
    ///
    /// `request` is only called if there is an
    /// [observer](crate::TokenValidatorBuilder::observer) or a
    /// [hook](crate::TokenValidatorBuilder::error_body), and twice if there are both.
    pub fn for_request(mut self, request: impl Fn() -> RequestInfo) -> Self {
        if let Some(span) = &mut self.deciding.span {
            span.record_request(&request);
        }
        self.deciding.error_body.describe(request);
        self
    }
}

/// # For adapters
///
/// Creates a future that resolves to this refusal at once, such as
/// [`Denial::not_set_up`].
impl<S> From<Denial> for Authorize<S> {
    fn from(denial: Denial) -> Self {
        let judged = Judged {
            verdict: Err(denial),
            evidence: Evidence::default(),
        };
        Authorize::ready(judged, None).of()
    }
}

impl<S> Future for Authorize<S> {
    type Output = Result<Permit<S>, Denial>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.deciding.poll(cx).map_ok(Permit::retyped)
    }
}

impl<S> fmt::Debug for Authorize<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").finish_non_exhaustive()
    }
}
