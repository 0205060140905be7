//! The seam to a cache of introspections.

pub(crate) mod flight;
mod memory;

use std::fmt;

use sha2::{Digest, Sha256};

pub use self::memory::MemoryCache;
use crate::Introspection;

/// Keeps what the authorization server said about tokens.
///
/// The validator judges freshness, `exp` and scope on every request, and puts in
/// only what may be kept; a cache has to keep entries apart by their whole key, and
/// to stay within its bounds. [`MemoryCache`] is the default.
///
/// A look-up is on the path of every request: it must not block.
pub trait TokenCache: Send + Sync + 'static {
    /// The entry under `key`.
    fn get(&self, key: &CacheKey) -> Option<Introspection>;

    /// Keeps `introspection` under `key`, in place of what was there.
    fn insert(&self, key: CacheKey, introspection: Introspection);

    /// Forgets the entry under `key`.
    fn remove(&self, key: &CacheKey);

    /// Forgets every entry, other validators' too where they share this cache.
    fn clear(&self);
}

/// What an entry is kept under: a SHA-256 over protocol, server, client and token.
///
/// No token can be read out of it, and validators with different servers or clients
/// have different keys for the same token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
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
    pub(crate) fn new(parts: &[&str]) -> Self {
        Self(parts.iter().fold(Sha256::new(), absorb))
    }

    pub(crate) fn key(&self, parts: &[&str]) -> CacheKey {
        CacheKey(parts.iter().fold(self.0.clone(), absorb).finalize().into())
    }
}

/// The length goes first, so that no two lists of parts run together.
fn absorb(digest: Sha256, part: &&str) -> Sha256 {
    let length = part.len() as u64;
    digest
        .chain_update(length.to_be_bytes())
        .chain_update(part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let space = KeySpace::new(&["v8", "https://a.example", "bank"]);
        let key = space.key(&["token"]);
        assert_eq!(key, space.key(&["token"]));
        assert_ne!(key, space.key(&["toke", "n"]));
        assert_ne!(key, space.key(&["token", ""]));
        let other = KeySpace::new(&["v8", "https://a.example", "bankt"]);
        assert_ne!(key, other.key(&["oken"]));
    }
}
