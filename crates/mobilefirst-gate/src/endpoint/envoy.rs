//! `/envoy/…`, for Envoy's `ext_authz` over HTTP.
//!
//! Envoy puts its `path_prefix` before the caller's path, and keeps the caller's method. The
//! first segment below `/envoy` belongs to the prefix, and says who names what the route
//! requires: `/envoy/table` the table, `/envoy/scope=a+b&max_age=0` the proxy.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use crate::endpoint::auth;
use crate::peer::Peer;
use crate::policy::{Original, Policy};

const NO_MODE: &str = "Envoy's path_prefix is incomplete: it must be /envoy/table, or name the \
                       scope, such as /envoy/scope=a+b&max_age=0";

/// `rest` is what follows `/envoy/`, as it was received.
pub(crate) async fn answer(
    policy: &Policy,
    peer: Peer,
    request: &Parts,
    rest: &str,
) -> Response<Bytes> {
    let (mode, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let named = match mode {
        "table" => Ok(None),
        _ if mode.contains('=') => policy.named.read(mode),
        _ => Err(NO_MODE),
    };
    let original = policy.trusts(peer).then_some(Original {
        method: request.method.as_str(),
        target: target.as_bytes(),
    });
    match policy.decide(named, original, &request.headers).await {
        Ok(identity) => auth::granted(&identity),
        Err(refusal) => refusal.into_response(),
    }
}
