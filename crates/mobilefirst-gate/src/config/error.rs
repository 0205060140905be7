//! What is wrong with a configuration.

use std::fmt;

/// What is wrong with a configuration, in which line, and how to fix it.
///
/// It contains no secret, and no text of the configuration around the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    line: Option<usize>,
    message: String,
}

impl ConfigError {
    /// Returns the number of the line, from 1, if the mistake is in one.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns what is wrong and how to fix it, without the line.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            line: None,
            message: message.into(),
        }
    }

    pub(crate) fn in_line(line: usize, message: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            message: message.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}
