//! Which endpoint a call is for.

mod introspection;
mod token;
mod validation;

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::answer::Refusal;
use crate::state::State;

/// An endpoint of the authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST <base path>/az/v1/token`
    Token,
    /// `POST <base path>/az/v1/introspection`
    Introspection,
    /// `POST <project path>/authorization/v1/token/validation`, of version 7
    Validation,
}

impl Endpoint {
    /// The endpoint at this path below the base path of version 8, or the project path of
    /// version 7.
    pub(crate) fn at(path: &str, base_path: &str, project_path: &str) -> Option<Self> {
        match path.strip_prefix(base_path) {
            Some("/az/v1/token") => return Some(Self::Token),
            Some("/az/v1/introspection") => return Some(Self::Introspection),
            _ => {}
        }
        match path.strip_prefix(project_path) {
            Some("/authorization/v1/token/validation") => Some(Self::Validation),
            _ => None,
        }
    }

    /// Answers the request as the state has it.
    pub(crate) fn answer(self, state: &mut State, request: &Request<Bytes>) -> Response<Bytes> {
        if request.method() != Method::POST {
            return Refusal::MethodNotAllowed.into_response();
        }
        let answer = match self {
            Self::Token => token::answer(state, request),
            Self::Introspection => introspection::answer(state, request),
            Self::Validation => validation::answer(state, request),
        };
        answer.map_or_else(Refusal::into_response, |body| crate::answer::ok(&body))
    }
}

/// How many calls came to each endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// Calls of the token endpoint.
    pub token: u64,
    /// Calls of the introspection endpoint.
    pub introspection: u64,
    /// Calls of version 7's validation endpoint.
    pub validation: u64,
}

impl Calls {
    pub(crate) fn count(&mut self, endpoint: Endpoint) {
        match endpoint {
            Endpoint::Token => self.token += 1,
            Endpoint::Introspection => self.introspection += 1,
            Endpoint::Validation => self.validation += 1,
        }
    }
}
