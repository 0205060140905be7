//! The only place that reads a request: its validator, its `Authorization` fields, and what
//! observers see.

use mobilefirst::{Authorize, Denial, RequestInfo, RequiredScope, Requirement, TokenValidator};
use rocket::Request;

use crate::fairing::{Attached, NOT_ATTACHED};

pub(crate) fn authorize<S: RequiredScope>(request: &Request<'_>) -> Authorize<S> {
    check(request, |validator| {
        validator.authorize(authorization(request))
    })
}

pub(crate) fn authorize_scope(request: &Request<'_>, requirement: &Requirement) -> Authorize {
    check(request, |validator| {
        validator.authorize_scope(authorization(request), requirement)
    })
}

fn check<S>(
    request: &Request<'_>,
    authorize: impl FnOnce(&TokenValidator) -> Authorize<S>,
) -> Authorize<S> {
    match request.rocket().state() {
        Some(Attached(validator)) => authorize(validator).for_request(|| info(request)),
        None => Denial::not_set_up(NOT_ATTACHED).into(),
    }
}

fn authorization<'r>(request: &'r Request<'_>) -> impl Iterator<Item = &'r str> {
    request.headers().get("Authorization")
}

fn info(request: &Request<'_>) -> RequestInfo {
    let field = |name| request.headers().get_one(name).map(str::as_bytes);
    let path = request.uri().path();
    RequestInfo::new(request.method().as_str(), path.as_str(), field)
}
