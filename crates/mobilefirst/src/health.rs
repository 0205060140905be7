//! Whether this resource server can have tokens checked, and if not, why.

pub(crate) mod check;

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::error::{Chain, Error, ErrorKind};

/// What [`TokenValidator::check`] found.
///
/// `Display` is for the operator: a line for each finding, with cause and fix, and no
/// secret. Serialized it has the bare words only, which anyone may see:
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

/// What was found about one thing. Serialized it is a word: `"passed"`, `"failed"`,
/// `"unknown"` or `"not_needed"`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Finding {
    /// It is as it should be.
    Passed,
    /// It is not. The error is for the operator.
    Failed(Error),
    /// It was not tried, since something before it failed.
    Unknown,
    /// Version 7 does without it.
    NotNeeded,
}

impl Health {
    /// Whether the authorization server can be reached, and answers as one does. It fails
    /// for a wrong URL too.
    pub fn server(&self) -> &Finding {
        &self.server
    }

    /// Whether our client ID and secret are good.
    pub fn credentials(&self) -> &Finding {
        &self.credentials
    }

    /// Whether our client may introspect tokens: its allowed scope holds
    /// `authorization.introspect`.
    pub fn introspection(&self) -> &Finding {
        &self.introspection
    }

    /// Whether nothing failed: tokens can be checked.
    pub fn is_healthy(&self) -> bool {
        self.error().is_none()
    }

    /// The error of the finding that failed, if one did; after it nothing is tried.
    pub fn error(&self) -> Option<&Error> {
        let mut findings = self.findings().into_iter();
        findings.find_map(|(_, finding)| finding.error())
    }

    /// With what they are about.
    fn findings(&self) -> [(&'static str, &Finding); 3] {
        [
            ("authorization server", &self.server),
            ("our credentials", &self.credentials),
            ("scope authorization.introspect", &self.introspection),
        ]
    }

    /// What the outcome of a check says; without credentials, in version 7, only the server
    /// counts.
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
    /// Why it failed, if it did.
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

/// For the operator: with the cause, and what to do.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("passed"),
            Self::Failed(error) => write!(f, "failed: {}{}", Chain(error), advice(error.kind())),
            Self::Unknown => f.write_str("unknown, since what comes before it failed"),
            Self::NotNeeded => f.write_str("not needed in version 7"),
        }
    }
}

/// What to do where the error itself does not say it.
fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unreachable => {
            "; see that the server runs, and that host and port of its URL here are right"
        }
        ErrorKind::Interrupted
        | ErrorKind::Timeout
        | ErrorKind::Unavailable
        | ErrorKind::ErrorStatus
        | ErrorKind::TooManyRequests => {
            "; see how the server is doing, and what lies between: proxy, firewall, gateway"
        }
        ErrorKind::Suspended => "; it is asked again by itself",
        ErrorKind::InvalidResponse => {
            "; see that the URL leads to the authorization server itself, not to another one or \
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
