//! The names under which a remote store keeps answers, and by which it forgets them.

use std::fmt;

use sha2::{Digest, Sha256};

/// The name of an entry in a [`RemoteStore`](crate::RemoteStore), or of something to forget: a
/// SHA-256 over protocol, server, client, and a token, user, client or device.
///
/// It is the same in every process. No token can be read out of it, but a name that can be
/// guessed can be tried: treat the names of users and devices as personal data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreKey([u8; 32]);

impl StoreKey {
    /// The key in the bytes that [`as_bytes`](Self::as_bytes) returned, maybe in another process.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Shows nothing of the key, which stands for a token or a person.
impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreKey").finish_non_exhaustive()
    }
}

/// What a key names.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// The answer about a token, in version 7 together with an ID token and a scope.
    Token,
    User,
    Client,
    Device,
    /// Every answer of the realm.
    All,
}

/// The store keys of one validator. Validators of one realm have the same, in every process.
#[derive(Clone)]
pub(crate) struct StoreKeys(Sha256);

impl StoreKeys {
    pub(crate) fn new(realm: &[&str]) -> Self {
        let mut common = Sha256::new();
        for part in realm {
            append(&mut common, part.as_bytes());
        }
        Self(common)
    }

    pub(crate) fn key<'a>(
        &self,
        kind: Kind,
        parts: impl IntoIterator<Item = &'a [u8]>,
    ) -> StoreKey {
        let mut digest = self.0.clone();
        append(&mut digest, kind.as_str().as_bytes());
        for part in parts {
            append(&mut digest, part);
        }
        StoreKey(digest.finalize().into())
    }
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::User => "user",
            Self::Client => "client",
            Self::Device => "device",
            Self::All => "all",
        }
    }
}

/// The length of each part goes first, so that no two lists of parts run together.
fn append(digest: &mut Sha256, part: &[u8]) {
    digest.update((part.len() as u64).to_be_bytes());
    digest.update(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_realm_kind_and_parts_have_the_same_key_k3() {
        let of = |realm: &[&str], kind, parts: &[&str]| {
            StoreKeys::new(realm).key(kind, parts.iter().map(|part| part.as_bytes()))
        };
        let key = of(&["v8", "https://a.example", "bank"], Kind::Token, &["abc"]);
        assert_eq!(
            key,
            of(&["v8", "https://a.example", "bank"], Kind::Token, &["abc"])
        );
        for other in [
            of(&["v7", "https://a.example", "bank"], Kind::Token, &["abc"]),
            of(&["v8", "https://a.exampleb", "ank"], Kind::Token, &["abc"]),
            of(&["v8", "https://a.example", "bank"], Kind::User, &["abc"]),
            of(
                &["v8", "https://a.example", "bank"],
                Kind::Token,
                &["ab", "c"],
            ),
            of(
                &["v8", "https://a.example", "bank"],
                Kind::Token,
                &["abc", ""],
            ),
            of(&["v8", "https://a.example", "bank"], Kind::All, &[]),
        ] {
            assert_ne!(key, other);
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        assert_eq!(format!("{:?}", StoreKey([7; 32])), "StoreKey { .. }");
    }
}
