//! Which endpoint a call is for.

mod introspection;
mod token;

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
}

impl Endpoint {
    /// The endpoint at this path below the base path.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "/az/v1/token" => Some(Self::Token),
            "/az/v1/introspection" => Some(Self::Introspection),
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
    /// Calls of version 7's validation endpoint. It is not served yet: 0.
    pub validation: u64,
}

impl Calls {
    pub(crate) fn count(&mut self, endpoint: Endpoint) {
        match endpoint {
            Endpoint::Token => self.token += 1,
            Endpoint::Introspection => self.introspection += 1,
        }
    }
}
