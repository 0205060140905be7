//! The keys of cache entries.

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest, Sha256};

/// The key of a cache entry: a SHA-256 over protocol, server, client and token.
///
/// No token can be read out of it, and validators with different servers or clients have
/// different keys for the same token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CacheKey([u8; 32]);

impl CacheKey {
    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl CacheKey {
    /// Tells keys apart, as far as 64 bits can.
    pub(crate) fn hash(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    }
}

/// A digest is as good as random, so a part of it will do as the hash.
impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash());
    }
}

impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "CacheKey({a:02x}{b:02x}{c:02x}{d:02x}…)")
    }
}

/// The keys of one validator. What they have in common is hashed once.
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
