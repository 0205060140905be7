//! A remote store that hangs.
//!
//! Each new token is written to the remote store in the background. Where nothing bounds
//! that, every token leaves a task behind.

use std::future::pending;
use std::time::Duration;

use benches::{check, validator};
use mobilefirst::{Error, RemoteStore, StoreKey, StoredAnswer, async_trait};
use tokio::runtime::Handle;

use crate::runtime;

const TOKENS: usize = 10_000;
const DEADLINE: Duration = Duration::from_secs(1);

/// Tasks that are left alive, a deadline after the last token.
pub(crate) fn tasks() -> f64 {
    runtime().block_on(async {
        let validator = validator(|builder| builder.remote_store(HungStore).deadline(DEADLINE));
        let metrics = Handle::current().metrics();
        let before = metrics.num_alive_tasks();
        for number in 0..TOKENS {
            check(&validator, &format!("Bearer {number}")).await;
        }
        tokio::time::sleep(DEADLINE + Duration::from_millis(200)).await;
        metrics.num_alive_tasks().saturating_sub(before) as f64
    })
}

/// A remote store that takes everything and never says so.
struct HungStore;

#[async_trait]
impl RemoteStore for HungStore {
    async fn fetch(&self, _key: &StoreKey) -> Option<StoredAnswer> {
        None
    }

    async fn store(&self, _key: &StoreKey, _answer: StoredAnswer) {
        pending().await
    }

    async fn invalidate(&self, _subject: &StoreKey) -> Result<(), Error> {
        pending().await
    }
}
