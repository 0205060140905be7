//! `/nginx`, for nginx's `auth_request`.
//!
//! nginx knows only 200, 401 and 403 as answers of the gate, adds a challenge of its own to a
//! 401, and passes no other field on. So every refusal is a 403 whose verdict is in a field,
//! which nginx hands to [`denied`](crate::endpoint::denied).

use bytes::Bytes;
use http::request::Parts;
use http::{Response, StatusCode};

use crate::endpoint::auth;
use crate::peer::Peer;
use crate::policy::Policy;
use crate::refusal::verdict::VERDICT;

pub(crate) async fn answer(policy: &Policy, peer: Peer, request: &Parts) -> Response<Bytes> {
    match auth::decide(policy, peer, request).await {
        Ok(identity) => auth::granted(&identity),
        Err(refusal) => {
            let mut response = Response::new(Bytes::new());
            *response.status_mut() = StatusCode::FORBIDDEN;
            let headers = response.headers_mut();
            headers.insert(VERDICT, refusal.to_verdict());
            response
        }
    }
}
