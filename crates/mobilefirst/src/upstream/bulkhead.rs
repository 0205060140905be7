//! Bounding how many calls are under way at a time.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::error::{Error, ErrorKind};

/// Lets in a bounded number of calls; the others wait.
pub(crate) struct Bulkhead(Semaphore);

impl Bulkhead {
    pub(crate) fn new(max_calls: usize) -> Self {
        Self(Semaphore::new(max_calls.min(Semaphore::MAX_PERMITS)))
    }

    /// A place for one call, as soon as there is one.
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, Error> {
        // The semaphore is never closed; if it were, nothing could be asked.
        self.0
            .acquire()
            .await
            .map_err(|_| Error::new(ErrorKind::Suspended, "no token can be checked any more"))
    }
}
