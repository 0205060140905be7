//! Whether this resource server can introspect tokens, and if not, why.

pub(crate) mod check;

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::error::{Chain, Error, ErrorKind};

/// The result of [`TokenValidator::check`](crate::TokenValidator::check).
///
/// `Display` is for the operator: it prints one line per finding, with cause and fix, but
/// without secrets. The serialized form contains only words, which anyone may see:
///
/// ```json
/// { "server": "passed", "credentials": "failed", "introspection": "unknown" }
/// ```
#[derive(Clone, Debug)]
pub struct Health {
    server: Finding,
    credentials: Finding,
    introspection: Finding,
}

/// The result of one part of a check.
///
/// It serializes to a word: `"passed"`, `"failed"`, `"unknown"` or `"not_needed"`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Finding {
    /// It works.
    Passed,
    /// It does not work. The error is for the operator.
    Failed(Error),
    /// It was not checked, because an earlier part failed.
    Unknown,
    /// Version 7 does not need it.
    NotNeeded,
}

impl Health {
    /// Returns whether the authorization server can be reached and answers like one. A wrong
    /// URL fails too.
    pub fn server(&self) -> &Finding {
        &self.server
    }

    /// Returns whether the authorization server accepts our client ID and secret.
    pub fn credentials(&self) -> &Finding {
        &self.credentials
    }

    /// Returns whether our client may introspect tokens, that is, whether its allowed scope
    /// contains `authorization.introspect`.
    pub fn introspection(&self) -> &Finding {
        &self.introspection
    }

    /// Whether nothing failed, so that tokens can be introspected.
    pub fn is_healthy(&self) -> bool {
        self.error().is_none()
    }

    /// Returns the error of the part that failed, if any. Later parts are not checked.
    pub fn error(&self) -> Option<&Error> {
        let mut findings = self.findings().into_iter();
        findings.find_map(|(_, finding)| finding.error())
    }

    /// Returns the findings with their subjects.
    fn findings(&self) -> [(&'static str, &Finding); 3] {
        [
            ("authorization server", &self.server),
            ("our credentials", &self.credentials),
            ("scope authorization.introspect", &self.introspection),
        ]
    }

    /// Interprets the outcome of a check.
    pub(crate) fn with_credentials(outcome: Result<(), Error>) -> Self {
        use Finding::{Failed, Passed, Unknown};
        let (server, credentials, introspection) = match outcome {
            Ok(()) => (Passed, Passed, Passed),
            Err(error) => match error.kind() {
                ErrorKind::CredentialsRejected => (Passed, Failed(error), Unknown),
                ErrorKind::ScopeRejected | ErrorKind::OwnTokenRejected => {
                    (Passed, Passed, Failed(error))
                }
                _ => (Failed(error), Unknown, Unknown),
            },
        };
        Self {
            server,
            credentials,
            introspection,
        }
    }

    /// Interprets the outcome of a check in version 7, which covers the server only.
    pub(crate) fn without_credentials(outcome: Result<(), Error>) -> Self {
        let server = match outcome {
            Ok(()) => Finding::Passed,
            Err(error) => Finding::Failed(error),
        };
        Self {
            server,
            credentials: Finding::NotNeeded,
            introspection: Finding::NotNeeded,
        }
    }
}

impl Finding {
    /// Returns the error, if this part failed.
    pub fn error(&self) -> Option<&Error> {
        match self {
            Self::Failed(error) => Some(error),
            Self::Passed | Self::Unknown | Self::NotNeeded => None,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Unknown => "unknown",
            Self::NotNeeded => "not_needed",
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut end = "";
        for (subject, finding) in self.findings() {
            write!(f, "{end}{subject}: {finding}")?;
            end = "\n";
        }
        Ok(())
    }
}

/// Prints the finding for the operator, with cause and fix.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(error) => write!(f, "failed: {}{}", Chain(error), advice(error.kind())),
            Self::Unknown => f.write_str("unknown, because an earlier part of the check failed"),
            Self::NotNeeded => f.write_str("not needed in version 7"),
        }
    }
}

/// Returns what to do, for errors that do not say it themselves.
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unreachable => {
            "; check that the server is running, and that its URL has the right host and port"
        }
        ErrorKind::Interrupted
        | ErrorKind::Timeout
        | ErrorKind::Unavailable
        | ErrorKind::ErrorStatus
        | ErrorKind::TooManyRequests => {
            "; check the server, and what is between: proxy, firewall, gateway"
        }
        ErrorKind::Suspended => "; it will be asked again automatically",
        ErrorKind::InvalidResponse => {
            "; check that the URL is that of the authorization server, not of another server or \
             a login page"
        }
        _ => "",
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut words = serializer.serialize_struct("Health", 3)?;
        words.serialize_field("server", &self.server)?;
        words.serialize_field("credentials", &self.credentials)?;
        words.serialize_field("introspection", &self.introspection)?;
        words.end()
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}
