//! Parts of an answer as types of the application's own.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, ErrorKind};
use crate::token::parse_error::ParseError;

/// Reads a part of an answer, `what`, into a type of the application's own.
pub(crate) fn typed<T: DeserializeOwned>(value: Value, what: &str) -> Result<T, Error> {
    serde_json::from_value(value).map_err(|error| {
        Error::with_source(
            ErrorKind::InvalidResponse,
            format!("{what} do not fit the type that they are read into"),
            ParseError::from(error),
        )
    })
}
