//! The lines of a section's settings, which the library's errors do not know.

use std::collections::HashMap;

use toml::{Spanned, Table, Value};

use crate::config::error::ConfigError;
use crate::config::place::line_at;

/// A section as a table, with the line of each setting.
pub(super) type Section = HashMap<Spanned<String>, Value>;

#[derive(Clone)]
pub(super) struct Lines {
    section: usize,
    settings: Vec<(String, usize)>,
}

impl Lines {
    /// Splits a section of `text` into its lines and its settings.
    pub(super) fn of(text: &str, section: Spanned<Section>) -> (Self, Table) {
        let settings = section.get_ref().keys();
        let settings = settings.map(|name| {
            let line = line_at(text, name.span().start);
            (name.get_ref().clone(), line)
        });
        let lines = Self {
            section: line_at(text, section.span().start),
            settings: settings.collect(),
        };
        let section = section.into_inner().into_iter();
        let table = section.map(|(name, value)| (name.into_inner(), value));
        (lines, table.collect())
    }

    /// Adds the line of the first setting that the message names, or else of the section.
    pub(super) fn error(&self, message: impl Into<String>) -> ConfigError {
        let message = message.into();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut words = message.split(|c| !is_word(c));
        let line = words.find_map(|word| {
            let mut settings = self.settings.iter();
            settings.find_map(|(name, line)| (name == word).then_some(*line))
        });
        ConfigError::in_line(line.unwrap_or(self.section), message)
    }
}
