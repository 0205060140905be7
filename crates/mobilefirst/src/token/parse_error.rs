//! What a parser may say about an answer.

use std::fmt;

/// The position of an error. The parser's own message quotes its input.
#[derive(Debug)]
pub(crate) struct ParseError(pub(crate) String);

impl From<serde_json::Error> for ParseError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self(format!(
            "{:?} error at line {line}, column {column}",
            error.classify()
        ))
    }
}

impl From<std::str::Utf8Error> for ParseError {
    fn from(error: std::str::Utf8Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}
