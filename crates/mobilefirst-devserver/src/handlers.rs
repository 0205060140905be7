//! How each endpoint answers a request, one endpoint per file.

mod introspection;
mod token;
mod validation;

use bytes::Bytes;
use http::{Method, Request, Response};

use crate::endpoint::Endpoint;
use crate::state::State;
use crate::wire::refusal::Refusal;
use crate::wire::response::ok;

/// Answers a request to `endpoint`, and updates the state.
pub(crate) fn answer(
    endpoint: Endpoint,
    state: &mut State,
    request: &Request<Bytes>,
) -> Response<Bytes> {
    if request.method() != Method::POST {
        return Refusal::MethodNotAllowed("POST").into_response();
    }
    let answer = match endpoint {
        Endpoint::Token => token::answer(state, request),
        Endpoint::Introspection => introspection::answer(state, request),
        Endpoint::Validation => validation::answer(state, request),
    };
    answer.map_or_else(Refusal::into_response, |body| ok(&body))
}
