//! `/auth`, for proxies that pass the gate's answer on.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, Response};

use crate::identity::Identity;
use crate::peer::Peer;
use crate::policy::{Original, Policy};
use crate::refusal::Refusal;

pub(crate) async fn answer(policy: &Policy, peer: Peer, request: &Parts) -> Response<Bytes> {
    match decide(policy, peer, request).await {
        Ok(identity) => granted(&identity),
        Err(refusal) => refusal.into_response(),
    }
}

/// Decides about the request that the proxy describes in `X-Forwarded-*`.
pub(crate) async fn decide(
    policy: &Policy,
    peer: Peer,
    request: &Parts,
) -> Result<Arc<Identity>, Refusal> {
    let query = request.uri.query().unwrap_or_default();
    let named = policy.named.read(query);
    let original = forwarded(policy, peer, request);
    policy.decide(named, original, &request.headers).await
}

pub(crate) fn granted(identity: &Identity) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.headers_mut() = identity.fields().clone();
    response
}

/// What a trusted proxy says about the caller's request. Two fields of one name say nothing: one
/// may be the caller's own.
fn forwarded<'a>(policy: &Policy, peer: Peer, request: &'a Parts) -> Option<Original<'a>> {
    if !policy.trusts(peer) {
        return None;
    }
    let field = |name: HeaderName| {
        let mut values = request.headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none())
    };
    let method = field(METHOD)?.to_str().ok()?;
    let target = field(TARGET)?.as_bytes();
    Some(Original { method, target })
}

const METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const TARGET: HeaderName = HeaderName::from_static("x-forwarded-uri");
