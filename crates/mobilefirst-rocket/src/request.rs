//! The only place that reads a request: its validator, its `Authorization` fields, and what
//! observers see.

use std::borrow::Cow;

use mobilefirst::{
    Authorize, Denial, RequestInfo, RequiredScope, Requirement, TokenPlace, TokenValidator,
};
use rocket::Request;

use crate::fairing::{Attached, NOT_ATTACHED};
use crate::slot::{self, Storage};

pub(crate) fn authorize<S: RequiredScope>(request: &Request<'_>) -> Authorize<S> {
    check(request, |validator| {
        slot::with(request, |kept| {
            validator.authorize_behind(kept.permit.as_ref(), authorization(request))
        })
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
        let elsewhere = found.iter().map(|token| Cow::Borrowed(token.as_ref()));
        let fields = authorization(request).chain(elsewhere);
        slot::with(request, |kept| {
            validator.authorize_scope_behind(kept.permit.as_ref(), fields, requirement)
        })
    })
}

/// The tokens in another place. Tells the fairing if there are any.
fn found(request: &Request<'_>, place: TokenPlace) -> Vec<impl AsRef<[u8]>> {
    let query = request.uri().query().map(|query| query.as_str());
    let tokens = place.tokens(query, request.headers().get("Cookie"));
    if !tokens.is_empty() {
        slot::with(request, |kept| kept.storage = Storage::Forbidden);
    }
    tokens
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

/// Goes through the fields, because `get` hashes the name in a way that takes longer than that.
fn authorization<'r>(request: &'r Request<'_>) -> impl Iterator<Item = Cow<'r, [u8]>> {
    let fields = request.headers().iter();
    let fields = fields.filter(|field| field.name() == "Authorization");
    fields.map(|field| match field.value {
        Cow::Borrowed(value) => Cow::Borrowed(value.as_bytes()),
        Cow::Owned(value) => Cow::Owned(value.into_bytes()),
    })
}

fn info(request: &Request<'_>) -> RequestInfo {
    let field = |name| request.headers().get_one(name).map(str::as_bytes);
    let path = request.uri().path();
    RequestInfo::new(request.method().as_str(), path.as_str(), field)
}
