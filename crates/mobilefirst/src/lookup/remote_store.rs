//! The seam to a store that several processes share.

use std::sync::Arc;

use async_trait::async_trait;

use crate::error::Error;
use crate::lookup::forgotten::Invalidator;
use crate::lookup::store_key::StoreKey;
use crate::token::stored::StoredAnswer;

/// Shares answers about active tokens between processes, and tells all of them what to forget.
///
/// The validator looks into its own [`TokenCache`](crate::TokenCache) first. On a miss it calls
/// [`fetch`](Self::fetch), and only then asks the authorization server; what that says goes to
/// [`store`](Self::store). The crate `mobilefirst-redis` keeps answers in Valkey or Redis.
///
/// A store never decides anything. Whatever it does wrong, the validator asks the authorization
/// server as if there were no store: bound each call by a short timeout of your own. But anyone
/// who can *write* to a store whose answers are not sealed can let anyone in.
///
/// # What a store must guarantee
///
/// - `fetch` returns exactly what `store` was given under this key, with the time that is left of
///   its [`time_to_live`](StoredAnswer::time_to_live), or nothing.
/// - `invalidate` reaches the [`Invalidator`] of every validator, in every process. One that could
///   not be reached for a while catches up, or forgets everything
///   ([`forget_all`](Invalidator::forget_all)).
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a remote store",
    label = "not a remote store",
    note = "pass a `RedisStore` of the crate `mobilefirst-redis`, or implement `mobilefirst::RemoteStore`"
)]
pub trait RemoteStore: Send + Sync + 'static {
    /// Receives the handle to a validator, when it is built. Several validators may use one
    /// store; each gives it a handle of its own. Default: drops it.
    fn attach(&self, _invalidator: Invalidator) {}

    /// The answer under `key`. It is called on a miss, and bounded by the validator's deadline,
    /// of which it leaves a quarter to the authorization server.
    async fn fetch(&self, key: &StoreKey) -> Option<StoredAnswer>;

    /// Stores `answer` under `key` for its time to live. It is called in the background; of
    /// answers that come faster than they can be stored, some are left out.
    async fn store(&self, key: &StoreKey, answer: StoredAnswer);

    /// Tells every validator to forget `subject`: a token, a user, a client, a device, or
    /// everything. The validator that calls this has forgotten it already.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not certain that the others will be told.
    async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error>;
}

#[async_trait]
impl<S: RemoteStore + ?Sized> RemoteStore for Arc<S> {
    fn attach(&self, invalidator: Invalidator) {
        (**self).attach(invalidator);
    }

    async fn fetch(&self, key: &StoreKey) -> Option<StoredAnswer> {
        (**self).fetch(key).await
    }

    async fn store(&self, key: &StoreKey, answer: StoredAnswer) {
        (**self).store(key, answer).await;
    }

    async fn invalidate(&self, subject: &StoreKey) -> Result<(), Error> {
        (**self).invalidate(subject).await
    }
}
