//! The JSON of an answer about a token.

use std::fmt;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::token::mfp_objects::{Application, Device, User};
use crate::token::security_context::SecurityContext;
use crate::token::timestamp::Timestamp;

#[derive(Deserialize)]
pub(crate) struct Head {
    pub(crate) active: bool,
    // Read here only to refuse an answer that is wrong in them.
    #[serde(rename = "mfp-application")]
    _application: Option<Application>,
    #[serde(rename = "mfp-device")]
    _device: Option<Device>,
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

/// What only the validation endpoint of version 7 says.
#[derive(Default, Deserialize)]
pub(crate) struct ValidationParts {
    pub(crate) user_id: Option<Value>,
    pub(crate) security_context: Option<SecurityContext>,
}

/// Refuses an answer of version 7 that is wrong in the parts that only version 7 has.
pub(crate) fn check_validation(json: &[u8]) -> Result<(), Error> {
    let json = std::str::from_utf8(json).map_err(nonsense)?;
    object::<ValidationParts>(json).map(drop)
}

/// An ID as text, even where it is written as a number.
pub(crate) fn text(id: Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A string, or by some servers an array of strings, or null.
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

/// Reads an object; serde would take an array for a struct too.
pub(crate) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    if !json.trim_ascii_start().starts_with('{') {
        return Err(nonsense(NotAnAnswer("it is no JSON object".to_owned())));
    }
    serde_json::from_str(json).map_err(nonsense)
}

/// The parser's own text quotes the input, which may hold a token; where it stopped
/// is told, what it met is not.
pub(crate) fn nonsense(error: impl Into<NotAnAnswer>) -> Error {
    Error::with_source(
        ErrorKind::InvalidResponse,
        "the authorization server's answer is no introspection response",
        error.into(),
    )
}

#[derive(Debug)]
pub(crate) struct NotAnAnswer(String);

impl From<serde_json::Error> for NotAnAnswer {
    fn from(error: serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self(format!(
            "{:?} error at line {line}, column {column}",
            error.classify()
        ))
    }
}

impl From<std::str::Utf8Error> for NotAnAnswer {
    fn from(error: std::str::Utf8Error) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for NotAnAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotAnAnswer {}
