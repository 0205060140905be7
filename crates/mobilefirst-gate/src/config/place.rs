//! Where a mistake is in the text of a configuration.

use std::fmt::Display;
use std::ops::Range;

use toml::Spanned;

use crate::config::error::ConfigError;

/// Parses the value of the setting `name`.
pub(super) fn parsed<T, E: Display>(
    text: &str,
    name: &str,
    value: &Spanned<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, ConfigError> {
    let parsed = parse(value.get_ref());
    parsed.map_err(|error| fault(text, value, format!("{name}: {error}")))
}

/// Creates the error for a mistake at `place`.
pub(super) fn fault<T>(text: &str, place: &Spanned<T>, message: impl Into<String>) -> ConfigError {
    ConfigError::in_line(line_at(text, place.span().start), message)
}

/// Takes message and place only: the error's own text shows the line, which may hold a secret.
pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> ConfigError {
    match error.span() {
        Some(Range { start, .. }) => ConfigError::in_line(line_at(text, start), error.message()),
        None => ConfigError::new(error.message()),
    }
}

/// The number of the line, from 1.
pub(super) fn line_at(text: &str, position: usize) -> usize {
    let before = text.as_bytes().iter().take(position);
    before.filter(|byte| **byte == b'\n').count() + 1
}
