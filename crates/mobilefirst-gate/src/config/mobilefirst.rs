//! The section `[mobilefirst]`: the settings of the library.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

use mobilefirst::{Settings, TokenValidator};
use toml::Table;

use crate::config::error::ConfigError;
use crate::refusal::BodyFormat;

/// The settings of the validator, with what they were made from.
#[derive(Clone)]
pub(crate) struct MobileFirst {
    settings: Settings,
    table: Table,
    /// What the file with the client's secret held.
    secret: Option<Vec<u8>>,
    /// The line of each setting.
    lines: Vec<(String, usize)>,
}

impl MobileFirst {
    pub(crate) fn new(settings: Settings, table: Table, lines: Vec<(String, usize)>) -> Self {
        let file = table
            .get("client_secret_file")
            .and_then(|file| file.as_str());
        Self {
            settings,
            // A file that cannot be read is reported when the validator is built.
            secret: file.and_then(|file| content(file).ok()),
            table,
            lines,
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.table == other.table && self.secret == other.secret
    }

    pub(crate) fn validator(&self, error_body: BodyFormat) -> Result<TokenValidator, ConfigError> {
        let builder = TokenValidator::builder_from_settings(&self.settings);
        let mut builder = builder.map_err(|error| self.error(&error))?;
        if error_body == BodyFormat::Json {
            builder = builder.error_body(move |refusal| {
                let body = error_body.body(refusal.denial().reason().as_str());
                body.unwrap_or_else(|| mobilefirst::ErrorBody::text(""))
            });
        }
        builder.build().map_err(|error| self.error(&error))
    }

    /// Adds the line of the setting that the message names.
    fn error(&self, error: &mobilefirst::Error) -> ConfigError {
        let message = error.to_string();
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut words = message.split(|c| !is_word(c));
        let line = words.find_map(|word| {
            let mut lines = self.lines.iter();
            lines.find_map(|(name, line)| (name == word).then_some(*line))
        });
        match line {
            Some(line) => ConfigError::in_line(line, message),
            None => ConfigError::new(message),
        }
    }
}

/// Reads a file, but not without end.
fn content(file: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(64 * 1024).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Leaves out table and secret.
impl fmt::Debug for MobileFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}
