//! The client's secret in the settings.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads a secret without serde's own error message, which would show a secret that is a
/// number.
///
/// Some readers of environment variables, such as figment, make a number of a text that
/// looks like one. A whole number is taken as its digits; any other might have been written
/// in another way.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(secret) => Ok(Some(secret)),
        Value::Number(number) if !number.is_f64() => Ok(Some(number.to_string())),
        _ => Err(D::Error::custom("must be text: put it in quotes")),
    }
}
