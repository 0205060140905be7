//! Who is asked about tokens: one seam over two protocols. The rest of the core does
//! not know which.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use crate::bearer::Bearer;
use crate::cache::{CacheKey, KeySpace};
use crate::challenge::BearerChallenge;
use crate::health::Trouble;
use crate::introspection::{Introspection, IntrospectionEndpoint};
use crate::upstream::{Attempts, Upstream};
use crate::validation::ValidationEndpoint;
use crate::{Credentials, Error, Scope, ServerUrl};

/// A protocol, and what it takes to speak it.
#[derive(Debug)]
pub(crate) enum Protocol {
    /// Version 8 and later: introspection, as this client.
    Introspection(Credentials),
    /// Version 7: validation, which asks for no credentials of ours.
    Validation,
}

/// What is asked: whether these tokens are good, and in version 7, for this scope.
pub(crate) struct Question {
    pub(crate) token: Box<str>,
    pub(crate) id_token: Option<Box<str>>,
    pub(crate) scope: Scope,
}

/// What came of asking.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Introspection(Introspection),
    /// The client's state changed during the check: it shall send its request again.
    Conflict(HeaderValue),
    /// The server refuses the caller in words of its own.
    Refused(Arc<BearerChallenge>),
}

/// The endpoint of one protocol.
pub(crate) enum Endpoint {
    Introspection(Box<IntrospectionEndpoint>),
    Validation(ValidationEndpoint),
}

impl Protocol {
    /// Entries of another protocol, server or client have other keys.
    pub(crate) fn keys(&self, server: &ServerUrl) -> KeySpace {
        match self {
            Self::Introspection(client) => KeySpace::new(&["v8", server.as_str(), client.id()]),
            Self::Validation => KeySpace::new(&["v7", server.as_str()]),
        }
    }

    pub(crate) fn endpoint(
        self,
        upstream: Arc<Upstream>,
        server: &ServerUrl,
        deadline: Duration,
        max_in_flight: usize,
    ) -> Result<Endpoint, Error> {
        Ok(match self {
            Self::Introspection(credentials) => {
                let endpoint = IntrospectionEndpoint::new(
                    upstream,
                    server,
                    credentials,
                    deadline,
                    max_in_flight,
                )?;
                Endpoint::Introspection(Box::new(endpoint))
            }
            Self::Validation => {
                Endpoint::Validation(ValidationEndpoint::new(upstream, server, max_in_flight)?)
            }
        })
    }
}

impl Question {
    pub(crate) fn new(bearer: Bearer<'_>, scope: &Scope) -> Self {
        Self {
            token: bearer.token.into(),
            id_token: bearer.id_token.map(Into::into),
            scope: scope.clone(),
        }
    }
}

impl Endpoint {
    pub(crate) async fn ask(
        &self,
        question: &Question,
        attempts: &Attempts,
    ) -> Result<Answer, Error> {
        match self {
            Self::Introspection(endpoint) => endpoint.ask(&question.token, attempts).await,
            Self::Validation(endpoint) => endpoint.ask(question, attempts).await,
        }
    }

    /// Asks as for a caller, but about a token that is nobody's: whether that can be done is
    /// the answer.
    pub(crate) async fn check(&self) -> Result<(), Trouble> {
        match self {
            Self::Introspection(endpoint) => endpoint.check().await,
            Self::Validation(endpoint) => {
                let question = Question {
                    token: "mobilefirst-check".into(),
                    id_token: None,
                    scope: Scope::from_static(""),
                };
                let answer = endpoint.ask(&question, &Attempts::default()).await;
                answer.map(drop).map_err(Trouble::Server)
            }
        }
    }

    /// Whether we have credentials, and a token of our own.
    pub(crate) fn has_credentials(&self) -> bool {
        matches!(self, Self::Introspection(_))
    }

    /// Whether this protocol knows tokens such as these: an ID token is version 7's.
    pub(crate) fn takes(&self, bearer: &Bearer<'_>) -> bool {
        match self {
            Self::Introspection(_) => bearer.id_token.is_none(),
            Self::Validation(_) => true,
        }
    }

    /// The key for what a caller presented, as it was written. Where the server checked
    /// the scope too, its answer is good for that scope only.
    pub(crate) fn key(&self, keys: &KeySpace, credentials: &[u8], scope: &Scope) -> CacheKey {
        match self {
            Self::Introspection(_) => keys.key(credentials, []),
            Self::Validation(_) => keys.key(credentials, [scope.as_str().as_bytes()]),
        }
    }

    /// The only key under which an answer about an access token can be; `None` where there
    /// may be several, with ID tokens and scopes that nobody knows any more.
    pub(crate) fn only_key(&self, keys: &KeySpace, token: &str) -> Option<CacheKey> {
        match self {
            Self::Introspection(_) => Some(keys.key(token.as_bytes(), [])),
            Self::Validation(_) => None,
        }
    }
}
