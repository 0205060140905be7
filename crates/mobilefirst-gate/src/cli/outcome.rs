//! How the program ends.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use mobilefirst_gate::{Config, ConfigError};

/// Why the program does not serve.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// The configuration is wrong.
    Config(PathBuf, ConfigError),
    /// The configuration is right, but the gate cannot serve.
    Running(String),
}

impl Failure {
    /// 2 if the operator has to change the command line or the file, 1 for anything else.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Config(..) => ExitCode::from(2),
            Self::Running(_) => ExitCode::from(1),
        }
    }
}

/// Reads the configuration.
pub(crate) fn read(file: &Path) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| {
        Failure::Usage(format!(
            "cannot read the configuration {}: {error}",
            file.display()
        ))
    })?;
    text.parse()
        .map_err(|error| Failure::Config(file.to_owned(), error))
}

/// `<file>:<line>: <message>`, as compilers write it and editors read it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Running(message) => f.write_str(message),
            Self::Config(file, error) => {
                write!(f, "{}:", file.display())?;
                if let Some(line) = error.line() {
                    write!(f, "{line}:")?;
                }
                write!(f, " {}", error.message())
            }
        }
    }
}
