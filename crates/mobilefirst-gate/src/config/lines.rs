//! The lines of a section's settings, which the library's errors do not know.

use std::collections::HashMap;

use toml::{Spanned, Table, Value};

use crate::config::error::ConfigError;
use crate::config::place::line_at;

/// A section as a table, with the line of each setting.
pub(super) type Section = HashMap<Spanned<String>, Value>;

#[derive(Clone)]
pub(super) struct Lines(Vec<(String, usize)>);

impl Lines {
    /// Splits a section of `text` into its lines and its settings.
    pub(super) fn of(text: &str, section: Section) -> (Self, Table) {
        let lines = section.keys();
        let lines = lines.map(|name| (name.get_ref().clone(), line_at(text, name.span().start)));
        let lines = Self(lines.collect());
        let section = section.into_iter();
        let table = section.map(|(name, value)| (name.into_inner(), value));
        (lines, table.collect())
    }

    /// Adds the line of the first setting that the message names.
    pub(super) fn error(&self, message: impl Into<String>) -> ConfigError {
        let message = message.into();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut words = message.split(|c| !is_word(c));
        let line = words.find_map(|word| {
            let mut lines = self.0.iter();
            lines.find_map(|(name, line)| (name == word).then_some(*line))
        });
        match line {
            Some(line) => ConfigError::in_line(line, message),
            None => ConfigError::new(message),
        }
    }
}
