//! `/auth`, for proxies that pass the gate's answer on.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::identity::Identity;
use crate::peer::Peer;
use crate::policy::{Original, Policy};
use crate::refusal::Refusal;
use crate::rule::Rule;

pub(crate) async fn answer(policy: &Policy, peer: Peer, request: &Parts) -> Response<Bytes> {
    match decide(policy, peer, request).await {
        Ok(identity) => granted(identity),
        Err(refusal) => refusal.into_response(),
    }
}

/// Decides about the request that the proxy describes in `X-Forwarded-*`.
pub(crate) async fn decide(
    policy: &Policy,
    peer: Peer,
    request: &Parts,
) -> Result<Identity, Refusal> {
    let query = request.uri.query().unwrap_or_default();
    let named = Rule::named(form_urlencoded::parse(query.as_bytes()));
    let original = forwarded(policy, peer, request);
    policy.decide(named, original, &request.headers).await
}

pub(crate) fn granted(identity: Identity) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    response.headers_mut().extend(identity.into_fields());
    response
}

/// What a trusted proxy says about the caller's request. Two fields of one name say nothing: one
/// may be the caller's own.
fn forwarded<'a>(policy: &Policy, peer: Peer, request: &'a Parts) -> Option<Original<'a>> {
    let field = |name| {
        let mut values = request.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())
    };
    let method = field("x-forwarded-method")?.to_str().ok()?;
    let target = field("x-forwarded-uri")?.as_bytes();
    policy.trusts(peer).then_some(Original { method, target })
}
