//! Recording a decision: in its span, in the log, in metrics, and with observers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tracing::field::Empty;
use tracing::level_filters::LevelFilter;
use tracing::span::Entered;
use tracing::{Span, debug, debug_span, error, trace};

use crate::clock::Clock;
use crate::error::Chain;
use crate::lookup::evidence::{CacheResult, Evidence};
use crate::observe::observer::{Decision, Observer, Verdict};
use crate::scope::Scope;
use crate::telemetry::metrics;
use crate::verdict::request_info::RequestInfo;

/// The observers, in the order in which they are called.
pub(crate) type Observers = Vec<Box<dyn Observer>>;

/// The record of a decision in progress. It only exists if there is a subscriber or an
/// observer.
pub(crate) struct DecisionSpan {
    span: Span,
    scope: Scope,
    clock: Arc<dyn Clock>,
    begun: Duration,
    observers: Arc<Observers>,
    request: Option<RequestInfo>,
}

impl DecisionSpan {
    #[inline]
    pub(crate) fn begin(
        observers: &Arc<Observers>,
        scope: &Scope,
        clock: &Arc<dyn Clock>,
    ) -> Option<Box<Self>> {
        // A single load. The span's own check costs more, especially if `tracing` also logs
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

    /// Records the request, if there is an observer.
    pub(crate) fn record_request(&mut self, request: impl FnOnce() -> RequestInfo) {
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
        if let Some(call) = evidence.upstream {
            let milliseconds = call.latency().as_micros() as f64 / 1000.0;
            self.span.record("upstream_ms", milliseconds);
            self.span.record("retries", call.retries());
            let breaker = if call.suspended { "open" } else { "closed" };
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
            // A mistake in an observer must not cost a caller the response.
            let observe = AssertUnwindSafe(|| observer.decided(&decision));
            if catch_unwind(observe).is_err() {
                error!("an observer panicked: mend it");
            }
        }
    }
}

/// Records the decision in metrics, in its span and in the log, and passes it to observers.
pub(crate) fn record(span: Option<&DecisionSpan>, verdict: Verdict<'_>, evidence: Evidence) {
    count(verdict, evidence.cache);
    let Some(span) = span else {
        return log(verdict);
    };
    span.record(verdict, evidence);
    span.span.in_scope(|| log(verdict));
    span.observe(verdict, evidence);
}

#[inline]
fn count(verdict: Verdict<'_>, cache: Option<CacheResult>) {
    let words = || cache.map(CacheResult::as_str);
    match (verdict, cache) {
        (Verdict::Granted(_), Some(CacheResult::Hit)) => metrics::hit(),
        (Verdict::Granted(_) | Verdict::Anonymous, _) => {
            metrics::decided(verdict.as_str(), "none", words());
        }
        (Verdict::Denied(denial), _) => {
            metrics::decided(verdict.as_str(), denial.reason().as_str(), words());
        }
    }
}

/// A refusal is only a debugging message, because callers can trigger these at will. What an
/// operator must see is logged where it arises.
#[inline]
fn log(verdict: Verdict<'_>) {
    match verdict {
        Verdict::Granted(_) | Verdict::Anonymous => trace!("allowed"),
        Verdict::Denied(denial) => match denial.error() {
            Some(error) => debug!(error = %Chain(error), "refused: {denial}"),
            None => debug!("refused: {denial}"),
        },
    }
}
