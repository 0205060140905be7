//! The seam to a cache of introspections.

mod counters;
pub(crate) mod flight;
mod memory;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

pub use self::counters::CacheStats;
pub(crate) use self::counters::Counters;
pub use self::memory::MemoryCache;
use crate::Introspection;

/// Keeps what the authorization server said about tokens.
///
/// The validator judges freshness, `exp` and scope on every request, and puts in
/// only what may be kept; a cache has to keep entries apart by their whole key, and
/// to stay within its bounds. [`MemoryCache`] is the default.
///
/// [`get`](Self::get) is on the path of every request: it must not block. The others but
/// `fetch` and `store` are called while a lock is held: they must be quick, and must not
/// call the validator. A store further
/// away, such as one that a fleet shares, is asked by [`fetch`](Self::fetch) before the
/// authorization server is, and told by [`store`](Self::store) afterwards; an
/// [`Introspection`] can be [written](Introspection::to_json) and
/// [read](Introspection::from_json). Whoever can write to that store can let anyone in.
#[async_trait]
pub trait TokenCache: Send + Sync + 'static {
    /// The entry under `key`, in this process.
    fn get(&self, key: &CacheKey) -> Option<Introspection>;

    /// Keeps `introspection` under `key`, in place of what was there.
    fn insert(&self, key: CacheKey, introspection: Introspection);

    /// Forgets the entry under `key`, further away too.
    fn remove(&self, key: &CacheKey);

    /// Forgets every entry, other validators' too where they share this cache.
    fn clear(&self);

    /// How many entries there are: of active tokens, and of inactive ones. Default:
    /// not counted.
    fn entries(&self) -> Option<(usize, usize)> {
        None
    }

    /// The entry under `key` in a store further away. The validator's deadline bounds
    /// it. Default: there is no such store.
    async fn fetch(&self, _key: &CacheKey) -> Option<Introspection> {
        None
    }

    /// Keeps `introspection` in a store further away. Nobody waits for it. Default: does
    /// nothing.
    async fn store(&self, _key: &CacheKey, _introspection: &Introspection) {}
}

/// One cache for several validators: they never share an entry, unless server and client
/// are the same.
#[async_trait]
impl<C: TokenCache + ?Sized> TokenCache for Arc<C> {
    fn get(&self, key: &CacheKey) -> Option<Introspection> {
        (**self).get(key)
    }

    fn insert(&self, key: CacheKey, introspection: Introspection) {
        (**self).insert(key, introspection);
    }

    fn remove(&self, key: &CacheKey) {
        (**self).remove(key);
    }

    fn clear(&self) {
        (**self).clear();
    }

    fn entries(&self) -> Option<(usize, usize)> {
        (**self).entries()
    }

    async fn fetch(&self, key: &CacheKey) -> Option<Introspection> {
        (**self).fetch(key).await
    }

    async fn store(&self, key: &CacheKey, introspection: &Introspection) {
        (**self).store(key, introspection).await;
    }
}

/// What an entry is kept under: a SHA-256 over protocol, server, client and token.
///
/// No token can be read out of it, and validators with different servers or clients
/// have different keys for the same token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A digest is as good as random: a part of it is hash enough.
impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        state.write_u64(u64::from_ne_bytes([a, b, c, d, e, f, g, h]));
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "CacheKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// All keys of one validator: what they have in common is hashed once.
#[derive(Clone)]
pub(crate) struct KeySpace(Sha256);

impl KeySpace {
    /// The length of each part goes first, so that no two lists of parts run together.
    pub(crate) fn new(parts: &[&str]) -> Self {
        let mut common = Vec::new();
        for part in parts {
            common.extend((part.len() as u64).to_be_bytes());
            common.extend(part.as_bytes());
        }
        // Up to the end of a block of SHA-256: then no key hashes a part of this again.
        common.resize(common.len().next_multiple_of(64), 0);
        Self(Sha256::new_with_prefix(common))
    }

    /// No part may hold a NUL; none of the characters of tokens and scopes is one.
    pub(crate) fn key<'a>(
        &self,
        first: &[u8],
        rest: impl IntoIterator<Item = &'a [u8]>,
    ) -> CacheKey {
        let mut digest = self.0.clone().chain_update(first);
        for part in rest {
            digest.update(b"\0");
            digest.update(part);
        }
        CacheKey(digest.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let space = KeySpace::new(&["v8", "https://a.example", "bank"]);
        let key = space.key(b"token", []);
        assert_eq!(key, space.key(b"token", []));
        assert_ne!(key, space.key(b"toke", [&b"n"[..]]));
        assert_ne!(key, space.key(b"token", [&b""[..]]));
        assert_ne!(
            space.key(b"a", [&b"b"[..], b""]),
            space.key(b"a", [&b""[..], b"b"])
        );
        let other = KeySpace::new(&["v8", "https://a.example", "bankt"]);
        assert_ne!(key, other.key(b"oken", []));
        let other = KeySpace::new(&["v8", "https://a.exampleb", "ank"]);
        assert_ne!(key, other.key(b"token", []));
    }
}
