//! What an answer asks of us.

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{Response, StatusCode};

use crate::introspection::MFP_CONFLICT;
use crate::{BearerChallenge, Challenge, Scope};

/// The platform's default scope: what a challenge without a scope is answered with, as
/// the client SDKs do.
const REGISTERED_CLIENT: Scope = Scope::from_static("RegisteredClient");

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The answer is the caller's.
    HandOver,
    /// Send again with a token of this scope.
    Want(Scope),
    /// Send again with a new token of the same scope.
    Renew,
    /// Send again as it is: the state of the client changed meanwhile.
    Conflict,
}

/// What `response` asks for, to a request with a token of the scope `sent`, if any.
pub(super) fn after(response: &Response<Bytes>, sent: Option<&Scope>) -> Step {
    let status = response.status();
    if status == StatusCode::CONFLICT && response.headers().contains_key(MFP_CONFLICT) {
        return Step::Conflict;
    }
    if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Step::HandOver;
    }
    let Some(challenge) = challenge(response) else {
        return Step::HandOver;
    };
    let scope = challenge.scope().filter(|scope| **scope != Scope::EMPTY);
    match (status, challenge.error(), sent) {
        (StatusCode::UNAUTHORIZED, _, None) => {
            Step::Want(scope.cloned().unwrap_or(REGISTERED_CLIENT))
        }
        (StatusCode::UNAUTHORIZED, Some("invalid_token"), Some(_)) => Step::Renew,
        (StatusCode::FORBIDDEN, Some("insufficient_scope"), _) => match scope {
            // The token was granted with less than we asked for, or from a time when we
            // were allowed less.
            Some(scope) if Some(scope) == sent => Step::Renew,
            Some(scope) => Step::Want(scope.clone()),
            None => Step::HandOver,
        },
        _ => Step::HandOver,
    }
}

fn challenge(response: &Response<Bytes>) -> Option<BearerChallenge> {
    let values = response.headers().get_all(WWW_AUTHENTICATE);
    let challenges = Challenge::parse_all(values).ok()?;
    BearerChallenge::find(&challenges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_step() {
        let a = Scope::from_static("a");
        let want = |scope| Step::Want(Scope::from_static(scope));
        for (status, field, sent, step) in [
            (200, "Bearer", None, Step::HandOver),
            (401, "Bearer", None, want("RegisteredClient")),
            (401, "Bearer scope=\"b c\"", None, want("b c")),
            (401, "Basic realm=x, Bearer", None, want("RegisteredClient")),
            (401, "Basic realm=x", None, Step::HandOver),
            (401, "Bearer realm=\"", None, Step::HandOver),
            (401, "Bearer", Some(&a), Step::HandOver),
            (401, "Bearer error=\"invalid_token\"", Some(&a), Step::Renew),
            (
                401,
                "Bearer error=invalid_token",
                None,
                want("RegisteredClient"),
            ),
            (
                403,
                "Bearer error=insufficient_scope, scope=b",
                None,
                want("b"),
            ),
            (
                403,
                "Bearer error=insufficient_scope, scope=b",
                Some(&a),
                want("b"),
            ),
            (
                403,
                "Bearer error=insufficient_scope, scope=a",
                Some(&a),
                Step::Renew,
            ),
            (
                403,
                "Bearer error=insufficient_scope, scope=\"\"",
                Some(&a),
                Step::HandOver,
            ),
            (
                403,
                "Bearer error=insufficient_scope",
                Some(&a),
                Step::HandOver,
            ),
            (403, "Bearer error=other, scope=b", Some(&a), Step::HandOver),
            (
                400,
                "Bearer error=invalid_request",
                Some(&a),
                Step::HandOver,
            ),
            (409, "Bearer", Some(&a), Step::HandOver),
        ] {
            let response = Response::builder()
                .status(status)
                .header(WWW_AUTHENTICATE, field);
            let response = response.body(Bytes::new()).unwrap();
            assert_eq!(after(&response, sent), step, "{status} {field}");
        }
        let conflict = Response::builder().status(409).header(MFP_CONFLICT, "true");
        assert_eq!(
            after(&conflict.body(Bytes::new()).unwrap(), None),
            Step::Conflict
        );
    }
}
