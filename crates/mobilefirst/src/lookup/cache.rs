//! The seam to the cache of this process.

use std::sync::Arc;

use crate::lookup::cache_key::CacheKey;
use crate::token::introspection::Introspection;

/// Stores, in this process, what the authorization server said about tokens.
///
/// The validator judges freshness, `exp` and scope on every request, and inserts only what may
/// be reused. A cache has to tell entries apart by their whole key, and to stay within its
/// bounds. [`MemoryCache`](crate::MemoryCache) is the default. What several processes share is a
/// [`RemoteStore`](crate::RemoteStore).
///
/// [`get`](Self::get) is called on every request: it must not block. [`insert`](Self::insert),
/// [`remove`](Self::remove), [`clear`](Self::clear) and [`entries`](Self::entries) are called
/// while a lock is held: they must be quick, and must not call the validator.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a cache of answers",
    label = "not a cache of answers",
    note = "pass a `mobilefirst::MemoryCache`, or implement `mobilefirst::TokenCache`",
    note = "what several processes share is a `RemoteStore`: pass it to `remote_store`"
)]
pub trait TokenCache: Send + Sync + 'static {
    /// The entry under `key`.
    fn get(&self, key: &CacheKey) -> Option<Introspection>;

    /// Stores `introspection` under `key`, replacing what was there; but not if `key` was removed
    /// since [`epoch`](Self::epoch) returned `epoch`. An answer that was asked for before a removal
    /// must not undo it.
    fn insert(&self, key: CacheKey, introspection: Introspection, epoch: u64);

    /// A number that changes with each removal of `key`; removing another key may change it too.
    /// Default: always 0, which is enough for a cache that only one validator uses. A cache that
    /// wraps another passes this on too.
    fn epoch(&self, _key: &CacheKey) -> u64 {
        0
    }

    /// Removes the entry under `key`.
    fn remove(&self, key: &CacheKey);

    /// Removes every entry, including those of other validators that share this cache.
    fn clear(&self);

    /// How many entries there are. Default: not counted.
    fn entries(&self) -> Option<CacheEntries> {
        None
    }
}

/// How many entries a [`TokenCache`] holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheEntries {
    /// Entries of active tokens.
    pub active: usize,
    /// Entries of inactive tokens.
    pub inactive: usize,
}

/// Several validators can use one cache. They share entries only where server and client are
/// the same.
impl<C: TokenCache + ?Sized> TokenCache for Arc<C> {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        (**self).get(key)
    }

    fn insert(&self, key: CacheKey, introspection: Introspection, epoch: u64) {
        (**self).insert(key, introspection, epoch);
    }

    fn epoch(&self, key: &CacheKey) -> u64 {
        (**self).epoch(key)
    }

    fn remove(&self, key: &CacheKey) {
        (**self).remove(key);
    }

    fn clear(&self) {
        (**self).clear();
    }

    fn entries(&self) -> Option<CacheEntries> {
        (**self).entries()
    }
}
