//! The secret of a confidential client: given, or in a file that may change.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Longest content of a file, in bytes. It bounds what is read of a file that never ends.
const LONGEST: u64 = 64 * 1024;

/// A secret that was checked. Clones share what was last read.
#[derive(Clone)]
pub(super) enum Secret {
    Text(Arc<str>),
    File(Arc<SecretFile>),
}

/// A file, and the secret that was last read from it.
pub(super) struct SecretFile {
    path: PathBuf,
    last: Mutex<Arc<str>>,
}

impl Secret {
    /// A secret from a file, which is read again by [`reload`](Self::reload).
    pub(super) fn in_file(path: PathBuf) -> Result<Self, String> {
        let secret = from_file(&path)?;
        Ok(Self::File(Arc::new(SecretFile {
            path,
            last: Mutex::new(secret.into()),
        })))
    }

    /// The secret that was last read.
    pub(super) fn current(&self) -> Arc<str> {
        match self {
            Self::Text(secret) => secret.clone(),
            Self::File(file) => file
                .last
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }

    /// Reads the file again, if it is one. Keeps the last secret if that fails, or if `check`
    /// refuses the new one.
    pub(super) fn reload(
        &self,
        check: impl FnOnce(&str) -> Result<(), String>,
    ) -> Result<(), String> {
        let Self::File(file) = self else {
            return Ok(());
        };
        let secret = from_file(&file.path)?;
        check(&secret).map_err(|fault| format!("{}: {fault}", file.path.display()))?;
        *file.last.lock().unwrap_or_else(PoisonError::into_inner) = secret.into();
        Ok(())
    }
}

/// Reads a secret from a file. One line break at its end is ignored, because editors add it. The
/// error doesn't show the content.
fn from_file(path: &Path) -> Result<String, String> {
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
    let invalid = |message| io::Error::new(io::ErrorKind::InvalidData, message);
    // A pipe can be read once only, and opening one may wait for ever.
    if !fs::metadata(path)?.is_file() {
        return Err(invalid("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    let length = File::open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)?;
    match String::from_utf8(bytes) {
        _ if length as u64 > LONGEST => Err(invalid("it is too long for a secret")),
        Ok(text) => Ok(text),
        // The error holds the bytes.
        Err(_) => Err(invalid("it is not text in UTF-8")),
    }
}
