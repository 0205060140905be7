//! The JSON format of an answer about a token.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::token::mfp_objects::{Application, Device, User};
use crate::token::security_context::SecurityContext;
use crate::token::timestamp::Timestamp;

#[derive(Deserialize)]
pub(crate) struct Head {
    pub(crate) active: bool,
    // Parsed here only to reject an answer in which they are invalid.
    #[serde(rename = "mfp-application")]
    _application: Option<Application>,
    #[serde(rename = "mfp-device")]
    pub(crate) device: Option<Device>,
    #[serde(rename = "mfp-user")]
    _user: Option<User>,
    #[serde(rename = "mfp-checks")]
    _checks: Option<Map<String, Value>>,
    #[serde(default, deserialize_with = "scope_elements")]
    pub(crate) scope: Box<str>,
    pub(crate) client_id: Option<Box<str>>,
    pub(crate) username: Option<Box<str>>,
    pub(crate) user_id: Option<Value>,
    pub(crate) exp: Option<Timestamp>,
    pub(crate) nbf: Option<Timestamp>,
    pub(crate) cnf: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
pub(crate) struct MobileFirstParts {
    #[serde(rename = "mfp-application")]
    pub(crate) application: Option<Application>,
    #[serde(rename = "mfp-device")]
    pub(crate) device: Option<Device>,
    #[serde(rename = "mfp-user")]
    pub(crate) user: Option<User>,
    #[serde(rename = "mfp-checks")]
    pub(crate) checks: Option<Map<String, Value>>,
}

/// Fields that only the validation endpoint of version 7 sends.
#[derive(Default, Deserialize)]
pub(crate) struct ValidationParts {
    pub(crate) user_id: Option<Value>,
    pub(crate) security_context: Option<SecurityContext>,
}

/// Checks the fields that only version 7 sends.
pub(crate) fn check_validation(json: &[u8]) -> Result<(), Error> {
    let json = std::str::from_utf8(json).map_err(unreadable)?;
    object::<ValidationParts>(json).map(drop)
}

/// Returns an ID as text, even if it is a number.
pub(crate) fn text(id: Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads a scope, which is a string, null, or with some servers an array of strings.
fn scope_elements<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<str>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "`scope` is neither a string nor an array of strings"
    )]
    enum Written {
        Text(String),
        Elements(Vec<String>),
    }
    let written = match Option::deserialize(deserializer)? {
        None => return Ok(Box::default()),
        Some(Written::Text(text)) => text,
        Some(Written::Elements(elements)) => elements.join(" "),
    };
    let elements: Vec<_> = written.split_ascii_whitespace().collect();
    Ok(elements.join(" ").into())
}

/// Parses an object. `serde_json` alone would also accept an array for a struct.
pub(crate) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    if !json.trim_ascii_start().starts_with('{') {
        return Err(unreadable(ParseError("it is not a JSON object".to_owned())));
    }
    serde_json::from_str(json).map_err(unreadable)
}

/// Reports an answer that cannot be parsed. The error has the position but not the parser's
/// own message, which quotes the input and could contain a token.
pub(crate) fn unreadable(error: impl Into<ParseError>) -> Error {
    Error::with_source(
        ErrorKind::InvalidResponse,
        "the authorization server's answer is not an introspection response",
        error.into(),
    )
}

#[derive(Debug)]
pub(crate) struct ParseError(String);

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
