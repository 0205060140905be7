//! The only place that reads a request: its validator, its `Authorization` fields, and what
//! observers see.

use mobilefirst::{
    Authorize, Denial, Permit, RequestInfo, RequiredScope, Requirement, TokenPlace, TokenValidator,
};
use rocket::Request;

use crate::fairing::{Attached, NOT_ATTACHED};
use crate::slot;

pub(crate) fn authorize<S: RequiredScope>(request: &Request<'_>) -> Authorize<S> {
    check(request, |validator| {
        let guard = slot::last::<Permit>(request);
        validator.authorize_behind(guard.as_ref(), authorization(request))
    })
}

pub(crate) fn authorize_scope(
    request: &Request<'_>,
    requirement: &Requirement,
    place: Option<TokenPlace>,
    validator: Option<&TokenValidator>,
) -> Authorize {
    let found = place.map(|place| found(request, place)).unwrap_or_default();
    check(request, |attached| {
        let validator = validator.unwrap_or(attached);
        let guard = slot::last::<Permit>(request);
        let fields = authorization(request).map(str::as_bytes);
        let fields = fields.chain(found.iter().map(AsRef::as_ref));
        validator.authorize_scope_behind(guard.as_ref(), fields, requirement)
    })
}

/// The tokens in another place. Tells the fairing if there are any.
fn found(request: &Request<'_>, place: TokenPlace) -> Vec<impl AsRef<[u8]>> {
    let query = request.uri().query().map(|query| query.as_str());
    let tokens = place.tokens(query, request.headers().get("Cookie"));
    if !tokens.is_empty() {
        slot::put(request, NotToBeStored);
    }
    tokens
}

/// Marks a request whose response no cache may keep (RFC 6750 §2.3).
#[derive(Clone, Copy)]
pub(crate) struct NotToBeStored;

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
