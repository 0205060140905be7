//! The only place that reads a request: its validator, its `Authorization` fields, and what
//! observers see.

use axum_core::extract::FromRef;
use http::Request;
use http::header::AUTHORIZATION;
use http::request::Parts;
use mobilefirst::{Authorize, Permit, RequestInfo, RequiredScope, Requirement, TokenValidator};

pub(crate) fn authorize<S, St>(parts: &Parts, state: &St) -> Authorize<S>
where
    S: RequiredScope,
    TokenValidator: FromRef<St>,
{
    let guard = parts.extensions.get::<Permit>();
    TokenValidator::from_ref(state)
        .authorize_behind(guard, parts.headers.get_all(AUTHORIZATION))
        .for_request(|| RequestInfo::of(&parts.method, parts.uri.path(), &parts.headers))
}

pub(crate) fn authorize_scope<B>(
    request: &Request<B>,
    validator: &TokenValidator,
    requirement: &Requirement,
) -> Authorize {
    let guard = request.extensions().get::<Permit>();
    validator
        .authorize_scope_behind(guard, request.headers().get_all(AUTHORIZATION), requirement)
        .for_request(|| RequestInfo::of(request.method(), request.uri().path(), request.headers()))
}
