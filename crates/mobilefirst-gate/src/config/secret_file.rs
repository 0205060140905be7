//! Files that hold a secret.

use std::fs::File;
use std::io::{self, Read};

/// Reads a file, but not without end.
pub(super) fn content(file: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(64 * 1024).read_to_end(&mut bytes)?;
    Ok(bytes)
}
