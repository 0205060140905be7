//! The application's hook for the bodies of refusals.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tracing::error;

use crate::scope::Scope;
use crate::verdict::denial::Denial;
use crate::verdict::error_body::ErrorBody;
use crate::verdict::refusal::Refusal;
use crate::verdict::request_info::RequestInfo;

/// Gives refusals their bodies, if the application set a hook. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct ErrorBodyHook(Option<Arc<Hook>>);

type Hook = dyn Fn(&Refusal<'_>) -> ErrorBody + Send + Sync;

/// The hook, and the request whose refusals get their bodies from it. Empty without a hook,
/// so that such a request costs nothing. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct RequestHook(Option<Arc<Bound>>);

struct Bound {
    hook: Arc<Hook>,
    required: Scope,
    request: Option<RequestInfo>,
}

impl ErrorBodyHook {
    pub(crate) fn new(hook: impl Fn(&Refusal<'_>) -> ErrorBody + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// The hook for one request, on a route that requires this scope.
    #[inline]
    pub(crate) fn for_scope(&self, required: &Scope) -> RequestHook {
        let bound = self.0.as_ref().map(|hook| {
            Arc::new(Bound {
                hook: hook.clone(),
                required: required.clone(),
                request: None,
            })
        });
        RequestHook(bound)
    }

    /// Completes the refusal that a handler makes without a permit.
    pub(crate) fn complete_own(&self, mut denial: Denial) -> Denial {
        log(&denial);
        if let Some(hook) = &self.0 {
            add_body(&**hook, &mut denial, None, None);
        }
        denial
    }
}

impl RequestHook {
    /// Describes the request. `request` is only called if there is a hook.
    #[inline]
    pub(crate) fn describe(&mut self, request: impl FnOnce() -> RequestInfo) {
        // Nobody shares it before there is a verdict.
        if let Some(bound) = self.0.as_mut().and_then(Arc::get_mut) {
            bound.request = Some(request());
        }
    }

    /// Adds the body to a refusal of the guard, unless it has one.
    pub(crate) fn complete(&self, denial: &mut Denial) {
        if let Some(bound) = &self.0 {
            bound.add_body(denial, &bound.required);
        }
    }

    /// Completes the refusal that a handler makes, which required `scope` in all.
    pub(crate) fn complete_own(&self, mut denial: Denial, scope: &Scope) -> Denial {
        log(&denial);
        if let Some(bound) = &self.0 {
            bound.add_body(&mut denial, scope);
        }
        denial
    }
}

impl Bound {
    fn add_body(&self, denial: &mut Denial, required: &Scope) {
        add_body(&*self.hook, denial, Some(required), self.request.as_ref());
    }
}

/// Adds the body, unless `denial` has one or the hook panics.
fn add_body(
    hook: &Hook,
    denial: &mut Denial,
    required: Option<&Scope>,
    request: Option<&RequestInfo>,
) {
    if denial.body().is_some() {
        return;
    }
    let refusal = Refusal {
        denial,
        required,
        request,
    };
    // A mistake in the hook must not cost a caller the refusal and its challenge.
    match catch_unwind(AssertUnwindSafe(|| hook(&refusal))) {
        Ok(body) => denial.set_body(body),
        Err(_) => error!("the hook for error bodies panicked: mend it"),
    }
}

/// The decision was recorded when the request was granted, so a handler's refusal is only
/// logged.
fn log(denial: &Denial) {
    tracing::debug!(
        reason = denial.reason().as_str(),
        "refused by a handler: {denial}"
    );
}
