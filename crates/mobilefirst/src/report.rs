//! Tells of a decision: to the log, to metrics, and to observers.

use std::sync::Arc;
use std::time::Duration;

use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::span::Entered;
use tracing::{Span, debug, debug_span, trace};

use crate::error::Chain;
use crate::observer::Evidence;
use crate::{Clock, Decision, Observer, RequestInfo, Scope, Verdict, metrics};

/// Who is told of each decision, in this order.
pub(crate) type Observers = Vec<Box<dyn Observer>>;

/// What is put down about one decision while it is made; there is none where nobody
/// listens.
pub(crate) struct Report {
    span: Span,
    scope: Scope,
    clock: Arc<dyn Clock>,
    begun: Duration,
    observers: Arc<Observers>,
    request: Option<RequestInfo>,
}

impl Report {
    pub(crate) fn begin(
        observers: &Arc<Observers>,
        scope: &Scope,
        clock: &Arc<dyn Clock>,
    ) -> Option<Box<Self>> {
        // One load. The span's own check is dearer, above all where `tracing` also logs
        // through `log`.
        if LevelFilter::current() < LevelFilter::DEBUG && observers.is_empty() {
            return None;
        }
        let span = debug_span!(
            "authorize",
            %scope,
            outcome = Empty,
            reason = Empty,
            cache = Empty,
            upstream_ms = Empty,
            retries = Empty,
            breaker = Empty,
        );
        if span.is_disabled() && observers.is_empty() {
            return None;
        }
        Some(Box::new(Self {
            span,
            scope: scope.clone(),
            clock: clock.clone(),
            begun: clock.uptime(),
            observers: observers.clone(),
            request: None,
        }))
    }

    /// Notes the request, if anybody will be told of it.
    pub(crate) fn note(&mut self, request: impl FnOnce() -> RequestInfo) {
        if !self.observers.is_empty() {
            self.request = Some(request());
        }
    }

    pub(crate) fn enter(&self) -> Entered<'_> {
        self.span.enter()
    }

    fn record(&self, verdict: Verdict<'_>, evidence: Evidence) {
        self.span.record("outcome", verdict.as_str());
        if let Verdict::Denied(denial) = verdict {
            self.span.record("reason", denial.reason().as_str());
        }
        if let Some(cache) = evidence.cache {
            self.span.record("cache", cache.as_str());
        }
        if let Some(trip) = evidence.upstream {
            let milliseconds = trip.latency.as_micros() as f64 / 1000.0;
            self.span.record("upstream_ms", milliseconds);
            self.span.record("retries", trip.retries);
            let breaker = if trip.suspended { "open" } else { "closed" };
            self.span.record("breaker", breaker);
        }
    }

    fn observe(&self, verdict: Verdict<'_>, evidence: Evidence) {
        let decision = Decision {
            verdict,
            scope: &self.scope,
            evidence,
            elapsed: self.clock.uptime().saturating_sub(self.begun),
            request: self.request.as_ref(),
        };
        for observer in &*self.observers {
            observer.decided(&decision);
        }
    }
}

/// Tells all who listen.
pub(crate) fn tell(report: Option<&Report>, verdict: Verdict<'_>, evidence: Evidence) {
    metrics::decided(verdict, evidence);
    let Some(report) = report else {
        return log(verdict);
    };
    report.record(verdict, evidence);
    report.span.in_scope(|| log(verdict));
    report.observe(verdict, evidence);
}

/// A refusal is no more than a debugging message: anybody can cause as many as he likes.
/// What an operator must see is warned of where it arises.
fn log(verdict: Verdict<'_>) {
    match verdict {
        Verdict::Granted(_) | Verdict::Anonymous => trace!("the request may pass"),
        Verdict::Denied(denial) => match denial.error() {
            Some(error) => debug!(error = %Chain(error), "refused: {denial}"),
            None => debug!("refused: {denial}"),
        },
    }
}
