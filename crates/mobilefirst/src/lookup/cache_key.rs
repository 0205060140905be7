//! The keys of entries in the cache of this process.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::OnceLock;

use highway::{HighwayHash, HighwayHasher, Key};

use crate::error::Error;

/// The key of an entry in a [`TokenCache`](crate::TokenCache): a keyed hash (HighwayHash-128)
/// over protocol, server, client and token.
///
/// The hash has a random key that never leaves this process, so nobody can search for tokens
/// that share an entry, and a key tells nothing about its token. Validators with different
/// servers or clients have different keys for the same token. A key means nothing to another
/// process; what processes share is found by a [`StoreKey`](crate::StoreKey).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CacheKey([u64; 2]);

impl CacheKey {
    /// Tells keys apart, as far as 64 bits can.
    pub(crate) fn hash(&self) -> u64 {
        self.0[0]
    }

    /// The whole key.
    #[inline]
    pub(crate) fn words(&self) -> [u64; 2] {
        self.0
    }

    /// One of `groups` groups of keys, independent of [`hash`](Self::hash).
    pub(crate) fn group(&self, groups: usize) -> usize {
        (self.0[1] as usize) % groups
    }
}

/// A key is as good as random, so a part of it will do as the hash.
impl Hash for CacheKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash());
    }
}

/// Shows nothing of the key, which stands for a token.
impl fmt::Debug for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheKey").finish_non_exhaustive()
    }
}

/// The cache keys of one validator. Validators of one realm have the same.
#[derive(Clone)]
pub(crate) struct CacheKeys(Key);

impl CacheKeys {
    /// Derives the hash key of a realm from the random key of this process.
    pub(crate) fn new(realm: &[&str]) -> Result<Self, Error> {
        let mut hasher = HighwayHasher::new(Key(process_key()?));
        // The length of each part goes first, so that no two lists of parts run together.
        for part in realm {
            hasher.append(&(part.len() as u64).to_le_bytes());
            hasher.append(part.as_bytes());
        }
        Ok(Self(Key(hasher.finalize256())))
    }

    /// The key for one token.
    #[inline]
    pub(crate) fn key(&self, token: &[u8]) -> CacheKey {
        CacheKey(HighwayHasher::new(self.0).hash128(token))
    }

    /// The key for several parts, which must hold no NUL; no token and no scope does.
    pub(crate) fn joined<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> CacheKey {
        let mut hasher = HighwayHasher::new(self.0);
        for part in parts {
            hasher.append(b"\0");
            hasher.append(part);
        }
        CacheKey(hasher.finalize128())
    }
}

/// 256 random bits, the same as long as this process lives.
fn process_key() -> Result<[u64; 4], Error> {
    static KEY: OnceLock<[u64; 4]> = OnceLock::new();
    if let Some(key) = KEY.get() {
        return Ok(*key);
    }
    let random = || getrandom::u64();
    let fresh = || Ok([random()?, random()?, random()?, random()?]);
    let fresh = fresh().map_err(|_: getrandom::Error| {
        Error::configuration("the operating system has no random numbers for the cache keys")
    })?;
    Ok(*KEY.get_or_init(|| fresh))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(realm: &[&str]) -> CacheKeys {
        CacheKeys::new(realm).unwrap()
    }

    #[test]
    fn only_the_same_realm_and_token_have_the_same_key_k3() {
        let bank = keys(&["v8", "https://a.example", "bank"]);
        assert_eq!(
            bank.key(b"token"),
            keys(&["v8", "https://a.example", "bank"]).key(b"token")
        );
        assert_ne!(bank.key(b"token"), bank.key(b"token2"));
        for other in [
            &["v7", "https://a.example", "bank"][..],
            &["v8", "https://b.example", "bank"],
            &["v8", "https://a.example", "shop"],
            &["v8", "https://a.exampleb", "ank"],
            &["v8", "https://a.example"],
        ] {
            assert_ne!(bank.key(b"token"), keys(other).key(b"token"), "{other:?}");
        }
    }

    #[test]
    fn parts_do_not_run_together() {
        let keys = keys(&["v7", "https://a.example"]);
        let of = |parts: &[&str]| keys.joined(parts.iter().map(|part| part.as_bytes()));
        assert_ne!(of(&["a", "b", ""]), of(&["a", "", "b"]));
        assert_ne!(of(&["ab"]), of(&["a", "b"]));
        assert_ne!(of(&["a"]), keys.key(b"a"));
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let keys = keys(&["v8"]);
        let shown = format!("{:?}", keys.key(b"token"));
        assert_eq!(shown, format!("{:?}", keys.key(b"another")));
    }
}
