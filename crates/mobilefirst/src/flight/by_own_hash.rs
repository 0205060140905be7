//! Hashing keys that are hashes already.

use std::hash::{BuildHasherDefault, Hasher};

/// Finds keys by their own hash. Only for keys whose hash nobody can choose: hashing them with a
/// secret once more would only take time.
pub(super) type ByOwnHash = BuildHasherDefault<OwnHash>;

#[derive(Default)]
pub(super) struct OwnHash(u64);

impl Hasher for OwnHash {
    fn write_u64(&mut self, hash: u64) {
        self.0 ^= hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
