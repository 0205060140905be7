//! Asking about tokens: one seam over two protocols. The layers above don't know which.

pub(crate) mod backoff;
pub(crate) mod own_token;
pub(crate) mod question;
pub(crate) mod startup;
pub(crate) mod token_endpoint;
pub(crate) mod v7;
pub(crate) mod v8;

use std::sync::Arc;
use std::time::Duration;

use crate::base_url::BaseUrl;
use crate::credentials::Credentials;
use crate::error::Error;
use crate::header::authorization::Bearer;
use crate::protocol::question::{Answer, Question};
use crate::protocol::v7::ValidationEndpoint;
use crate::protocol::v8::IntrospectionEndpoint;
use crate::scope::Scope;
use crate::upstream::Upstream;
use crate::upstream::call::Call;

/// A protocol, and what it takes to speak it.
#[derive(Debug)]
pub(crate) enum Protocol {
    /// Version 8 and later: introspection, as this client.
    Introspection(Credentials),
    /// Version 7: validation, which needs no credentials.
    Validation,
}

/// The endpoint of one protocol.
pub(crate) enum Endpoint {
    Introspection(Box<IntrospectionEndpoint>),
    Validation(ValidationEndpoint),
}

impl Protocol {
    /// What tells the answers of this protocol, server and client from those of others.
    pub(crate) fn realm<'a>(&'a self, server: &'a BaseUrl) -> Vec<&'a str> {
        match self {
            Self::Introspection(client) => vec!["v8", server.as_str(), client.id()],
            Self::Validation => vec!["v7", server.as_str()],
        }
    }

    pub(crate) fn endpoint(
        self,
        upstream: Arc<Upstream>,
        server: &BaseUrl,
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

impl Endpoint {
    pub(crate) async fn ask(&self, question: &Question, call: &Call) -> Result<Answer, Error> {
        match self {
            Self::Introspection(endpoint) => endpoint.ask(&question.token, call).await,
            Self::Validation(endpoint) => endpoint.ask(question, call).await,
        }
    }

    /// Asks as for a caller, but about a token that tells nothing of anyone. That the question
    /// can be asked is all that counts.
    pub(crate) async fn check(&self, call: &Call) -> Result<(), Error> {
        match self {
            Self::Introspection(endpoint) => endpoint.check(call).await,
            Self::Validation(endpoint) => {
                let question = Question {
                    token: "mobilefirst-check".into(),
                    id_token: None,
                    scope: Scope::EMPTY,
                };
                let answer = endpoint.ask(&question, call).await;
                answer.map(drop)
            }
        }
    }

    /// Replaces our credentials with others of the same client.
    pub(crate) fn set_credentials(&self, credentials: Credentials) -> Result<(), Error> {
        match self {
            Self::Introspection(endpoint) => endpoint.set_credentials(credentials),
            Self::Validation(_) => Err(Error::configuration(
                "version 7 takes no credentials: there are none to replace",
            )),
        }
    }

    /// Whether the protocol takes credentials, and a token of our own.
    pub(crate) fn has_credentials(&self) -> bool {
        matches!(self, Self::Introspection(_))
    }

    /// Whether the protocol has such tokens: ID tokens belong to version 7.
    pub(crate) fn takes(&self, bearer: &Bearer<'_>) -> bool {
        match self {
            Self::Introspection(_) => bearer.id_token.is_none(),
            Self::Validation(_) => true,
        }
    }
}
