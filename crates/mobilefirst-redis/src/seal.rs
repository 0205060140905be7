//! Sealing what goes to the store.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mobilefirst::{Error, ErrorKind};

/// The first byte says how the rest is to be read.
const PLAINTEXT: u8 = 0;
const SEALED: u8 = 1;

const HINT_LEN: usize = 4;
const HEADER_LEN: usize = 1 + HINT_LEN + NONCE_LEN;

/// The keys that seal what goes to the store, with AES-256-GCM.
///
/// Parsed from base64, each key 32 random bytes (`openssl rand -base64 32`). Several are separated
/// by commas: the first seals, and all of them open. To replace a key without a gap, first add the
/// new one at the end on every instance, then move it to the front on every instance, then remove
/// the old one. Replace a key before it has sealed 2³² entries (NIST SP 800-38D §8.3), that is
/// every year for a hundred entries a second.
///
/// ```
/// use mobilefirst_redis::SealingKeys;
///
/// let keys: SealingKeys = "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI=".parse()?;
/// assert!("c2hvcnQ=".parse::<SealingKeys>().is_err());
/// # Ok::<(), mobilefirst::Error>(())
/// ```
///
/// Neither `Debug` nor errors show a key. Clones share the keys.
#[derive(Clone)]
pub struct SealingKeys {
    /// None: plaintext.
    keys: Arc<[Key]>,
}

struct Key {
    /// Tells keys apart, and says nothing about them.
    hint: [u8; HINT_LEN],
    key: RandomizedNonceKey,
}

/// What was read does not come from an instance with one of our keys, or not from this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl SealingKeys {
    /// No keys: the store holds users' data in plain text, **and anyone who can write to it can let
    /// anyone in**. Only for tests and tools.
    pub fn insecure_plaintext() -> Self {
        Self { keys: Arc::new([]) }
    }

    /// Seals `plain` for one place, of which `place` is the name. `None` if there is no
    /// randomness.
    pub(crate) fn seal(&self, place: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = Vec::with_capacity(HEADER_LEN + plain.len() + AES_256_GCM.tag_len());
        let Some(Key { hint, key }) = self.keys.first() else {
            sealed.push(PLAINTEXT);
            sealed.extend(plain);
            return Some(sealed);
        };
        sealed.push(SEALED);
        sealed.extend(hint);
        sealed.extend([0; NONCE_LEN]);
        sealed.extend(plain);
        let text = sealed.get_mut(HEADER_LEN..)?;
        let (nonce, tag) = key
            .seal_in_place_separate_tag(Aad::from(place), text)
            .ok()?;
        sealed[1 + HINT_LEN..HEADER_LEN].copy_from_slice(nonce.as_ref());
        sealed.extend(tag.as_ref());
        Some(sealed)
    }

    /// What was sealed for this place. Overwrites `sealed`.
    pub(crate) fn open<'s>(
        &self,
        place: &[u8],
        sealed: &'s mut [u8],
    ) -> Result<&'s [u8], Unreadable> {
        if self.keys.is_empty() {
            let plain = sealed.strip_prefix(&[PLAINTEXT]);
            return plain.ok_or(Unreadable);
        }
        let (header, text) = sealed.split_at_mut_checked(HEADER_LEN).ok_or(Unreadable)?;
        let hint = &header[1..=HINT_LEN];
        let known = self.keys.iter().find(|key| key.hint == hint);
        let (SEALED, Some(Key { key, .. })) = (header[0], known) else {
            return Err(Unreadable);
        };
        let nonce = Nonce::try_assume_unique_for_key(&header[1 + HINT_LEN..]);
        let nonce = nonce.map_err(|_| Unreadable)?;
        let plain = key.open_in_place(nonce, Aad::from(place), text);
        plain.map(|plain| &*plain).map_err(|_| Unreadable)
    }
}

impl FromStr for SealingKeys {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let keys = text.split(',').map(|key| Key::parse(key.trim()));
        let keys: Vec<_> = keys.collect::<Option<_>>().ok_or_else(unusable)?;
        Ok(Self { keys: keys.into() })
    }
}

impl Key {
    fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
        let digest = digest(
            &SHA256,
            &[b"mobilefirst-redis key hint\0", &bytes[..]].concat(),
        );
        let mut hint = [0; HINT_LEN];
        hint.copy_from_slice(&digest.as_ref()[..HINT_LEN]);
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()?;
        Some(Self { hint, key })
    }
}

/// Does not show the text, which is a secret even if it can't be read.
fn unusable() -> Error {
    Error::new(
        ErrorKind::Configuration,
        "the store's key is unusable: each key must be 32 random bytes in base64, as \
         `openssl rand -base64 32` prints them; separate several by commas",
    )
}

/// Shows whether anything is sealed, and no key.
impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys")
            .field("plaintext", &self.keys.is_empty())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
