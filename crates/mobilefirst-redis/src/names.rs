//! The names of what we keep in the store.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mobilefirst::{Error, ErrorKind, StoreKey};

/// The format of what is kept. It is part of what is sealed, so another version can't be
/// mistaken for this one.
const VERSION: &[u8] = b"mobilefirst-redis 1";

const LONGEST_PREFIX: usize = 100;

/// Makes names, all of which begin with one prefix.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
    /// The stream of removals.
    pub(crate) removed: String,
}

impl Names {
    pub(crate) fn new(prefix: &str) -> Result<Self, Error> {
        // Without braces, a cluster can spread the answers.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":._-/".contains(&byte);
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(fits) {
            return Err(Error::new(
                ErrorKind::Configuration,
                "the store's prefix is unusable: it must have 1 to 100 characters, of which each \
                 is a letter, a digit, or one of `: . _ - /`",
            ));
        }
        Ok(Self {
            prefix: prefix.to_owned(),
            removed: format!("{prefix}removed"),
        })
    }

    /// The key of the epoch's name. The braces put it into the slot of the removals in a cluster:
    /// it must be lost whenever they are.
    pub(crate) fn epoch(&self, run: &str, replication: &str) -> String {
        let Self { prefix, removed } = self;
        format!("{prefix}epoch:{{{removed}}}:{run}:{replication}")
    }

    /// The name of the answer under `key`.
    pub(crate) fn answer(&self, key: &StoreKey) -> String {
        let mut name = String::with_capacity(self.prefix.len() + 50);
        name.push_str(&self.prefix);
        name.push_str("answer:");
        URL_SAFE_NO_PAD.encode_string(key.as_bytes(), &mut name);
        name
    }

    /// What the answer under `key` is sealed with, so that it can't be moved.
    pub(crate) fn place_of_answer(&self, key: &StoreKey) -> Vec<u8> {
        self.place(b"answer", key.as_bytes())
    }

    /// What removals are sealed with.
    pub(crate) fn place_of_removals(&self) -> Vec<u8> {
        self.place(b"removal", b"")
    }

    /// The length of each part goes first, so that no two lists of parts run together.
    fn place(&self, kind: &[u8], key: &[u8]) -> Vec<u8> {
        let parts = [VERSION, kind, self.prefix.as_bytes(), key];
        let mut place = Vec::with_capacity(192);
        for part in parts {
            place.extend((part.len() as u64).to_be_bytes());
            place.extend(part);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_things_have_the_same_place() {
        let [a, b] = ["mfp:", "mfp:2"].map(|prefix| Names::new(prefix).unwrap());
        let keys = [[1; 32], [2; 32]].map(StoreKey::from_bytes);
        let mut places = Vec::new();
        for names in [&a, &b] {
            places.extend(keys.map(|key| names.place_of_answer(&key)));
            places.push(names.place_of_removals());
        }
        let count = places.len();
        places.sort();
        places.dedup();
        assert_eq!(places.len(), count);
    }

    #[test]
    fn a_prefix_can_be_named_in_an_acl() {
        for prefix in ["", "a b", "a*", "{a}", "a\n", &"a".repeat(101)] {
            let error = Names::new(prefix).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{prefix}");
        }
        let names = Names::new("bank:mfp:").unwrap();
        let answer = names.answer(&StoreKey::from_bytes([255; 32]));
        assert_eq!(
            answer,
            "bank:mfp:answer:__________________________________________8"
        );
    }
}
