//! The application's hook for the bodies of refusals.

use std::sync::Arc;

use crate::verdict::denial::Denial;
use crate::verdict::error_body::ErrorBody;

/// Gives refusals their bodies, if the application set a hook. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct ErrorBodyHook(Option<Arc<Hook>>);

type Hook = dyn Fn(&Denial) -> ErrorBody + Send + Sync;

impl ErrorBodyHook {
    pub(crate) fn new(hook: impl Fn(&Denial) -> ErrorBody + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(hook)))
    }

    /// Adds the body, unless `denial` has one.
    pub(crate) fn complete(&self, denial: Denial) -> Denial {
        match &self.0 {
            Some(hook) if denial.body().is_none() => {
                let body = hook(&denial);
                denial.with_body(body)
            }
            _ => denial,
        }
    }

    /// Completes the refusal that a handler makes. The decision was recorded when the
    /// request was granted, so this is only logged.
    pub(crate) fn complete_own(&self, denial: Denial) -> Denial {
        tracing::debug!(
            reason = denial.reason().as_str(),
            "refused by a handler: {denial}"
        );
        self.complete(denial)
    }
}
