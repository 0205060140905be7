//! The client's secret, in the settings or in a file of its own.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Longest content of a file, in bytes. It bounds what is read of a file that never ends.
const LONGEST: u64 = 64 * 1024;

/// Reads a secret without serde's own error message, which would show a secret that is a
/// number.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(secret) => Ok(Some(secret)),
        _ => Err(D::Error::custom("must be text: put it in quotes")),
    }
}

/// Reads a secret from a file. One line break at its end is ignored, because editors add it. The
/// error doesn't show the content.
pub(super) fn from_file(path: &Path) -> Result<String, String> {
    let text = read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let secret = line.strip_suffix('\r').unwrap_or(line);
    match secret.is_empty() {
        true => Err(format!(
            "{} is empty: write the secret into it",
            path.display()
        )),
        false => Ok(secret.to_owned()),
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let length = File::open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)?;
    let invalid = |message| io::Error::new(io::ErrorKind::InvalidData, message);
    match String::from_utf8(bytes) {
        _ if length as u64 > LONGEST => Err(invalid("it is too long for a secret")),
        Ok(text) => Ok(text),
        // The error holds the bytes.
        Err(_) => Err(invalid("it is not text in UTF-8")),
    }
}
