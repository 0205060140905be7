//! Calls to a remote store, bounded.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use crate::error::{Error, ErrorKind};
use crate::lookup::remote_store::RemoteStore;
use crate::lookup::store_key::StoreKey;
use crate::token::stored::StoredAnswer;

/// How many answers may be on their way to the store.
const MAX_STORES: usize = 64;

/// A remote store that can't hold anyone up.
pub(crate) struct Remote {
    store: Arc<dyn RemoteStore>,
    deadline: Duration,
    stores: Semaphore,
}

impl Remote {
    pub(crate) fn new(store: Arc<dyn RemoteStore>, deadline: Duration) -> Self {
        Self {
            store,
            deadline,
            stores: Semaphore::new(MAX_STORES),
        }
    }

    pub(crate) async fn fetch(&self, key: &StoreKey, until: Instant) -> Option<StoredAnswer> {
        timeout_at(until, self.store.fetch(key))
            .await
            .ok()
            .flatten()
    }

    /// Stores the answer. A store that is too slow to keep up gets fewer.
    pub(crate) async fn store(&self, key: &StoreKey, answer: StoredAnswer) {
        if let Ok(_place) = self.stores.try_acquire() {
            let _ = timeout(self.deadline, self.store.store(key, answer)).await;
        }
    }

    pub(crate) async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error> {
        let told = timeout(self.deadline, self.store.invalidate(subject)).await;
        told.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Timeout,
                "the remote store did not take an invalidation within the deadline",
            ))
        })
    }
}
