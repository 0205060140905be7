//! Whether this resource server can have tokens checked, and if not, why.

mod check;

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

pub(crate) use self::check::HealthCheck;
use crate::error::Chain;
use crate::{Error, ErrorKind, TokenValidator};

impl TokenValidator {
    /// Finds out whether tokens can be checked just now: whether the authorization server
    /// answers, takes our credentials, and lets us introspect.
    ///
    /// Use it for a readiness endpoint and for alarms, and once at start-up, to tell of
    /// a wrong secret before the first caller meets it:
    ///
    /// ```
    /// use http::{Response, StatusCode};
    /// use mobilefirst::TokenValidator;
    ///
    /// /// `GET /healthz`, open to everyone.
    /// async fn healthz(validator: &TokenValidator) -> Response<String> {
    ///     let health = validator.check().await;
    ///     let mut response = Response::new(serde_json::json!(health).to_string());
    ///     if !health.is_healthy() {
    ///         *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    ///     }
    ///     response
    /// }
    /// ```
    ///
    /// **It is no liveness probe.** An outage of the authorization server is nothing that
    /// a restart of this process would mend, and a process that is killed loses the
    /// answers that still serve. Where routes without a guard, or answers that are kept,
    /// shall be served on through an outage, it is no readiness probe either: then let it
    /// raise an alarm only.
    ///
    /// It asks as for a caller: with our own token, which is fetched where there is none,
    /// about that same token; in version 7 about a token that nobody has. The answer is
    /// there within the [`deadline`](crate::TokenValidatorBuilder::deadline), and a server
    /// that is left alone for a moment is not asked. Nothing gets into the cache.
    ///
    /// Whoever calls it how often, there is one such call at a time, and what it found
    /// holds for 5 s. A failure is a `WARN` with cause and fix, one of a kind in ten seconds.
    /// A check that is dropped does the others no harm. The future borrows nothing, and must
    /// be polled within a tokio runtime; elsewhere it finds that it is not.
    pub fn check(&self) -> impl Future<Output = Health> + Send + use<> {
        self.health_check().clone().health()
    }
}

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

/// What stood in the way of a question to the authorization server.
#[derive(Debug)]
pub(crate) enum Trouble {
    Server(Error),
    Credentials(Error),
    Introspection(Error),
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

    pub(crate) fn with_credentials(outcome: Result<(), Trouble>) -> Self {
        use Finding::{Failed, Passed, Unknown};
        let (server, credentials, introspection) = match outcome {
            Ok(()) => (Passed, Passed, Passed),
            Err(Trouble::Server(error)) => (Failed(error), Unknown, Unknown),
            Err(Trouble::Credentials(error)) => (Passed, Failed(error), Unknown),
            Err(Trouble::Introspection(error)) => (Passed, Passed, Failed(error)),
        };
        Self {
            server,
            credentials,
            introspection,
        }
    }

    pub(crate) fn without_credentials(outcome: Result<(), Trouble>) -> Self {
        let server = match outcome {
            Ok(()) => Finding::Passed,
            Err(trouble) => Finding::Failed(trouble.into_error()),
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

impl Trouble {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Server(error) | Self::Credentials(error) | Self::Introspection(error) => error,
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
        ErrorKind::Interrupted | ErrorKind::Timeout | ErrorKind::Unavailable => {
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
