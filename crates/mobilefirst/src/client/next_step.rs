//! What an answer asks of us.

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{Response, StatusCode};

use crate::header::bearer_challenge::BearerChallenge;
use crate::header::challenge::Challenge;
use crate::header::mfp_conflict::MFP_CONFLICT;
use crate::scope::Scope;

/// The platform's default scope: what a challenge without a scope is answered with, as
/// the client SDKs do.
const REGISTERED_CLIENT: Scope = Scope::from_static("RegisteredClient");

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// The answer is the caller's.
    Return,
    /// Send again with a token of this scope.
    Want(Scope),
    /// Send again with a new token of the same scope.
    Renew,
    /// Send again as it is: the state of the client changed meanwhile.
    Conflict,
}

/// What `response` asks for, to a request with a token of the scope `sent`, if any.
pub(crate) fn after(response: &Response<Bytes>, sent: Option<&Scope>) -> NextStep {
    let status = response.status();
    if status == StatusCode::CONFLICT && response.headers().contains_key(MFP_CONFLICT) {
        return NextStep::Conflict;
    }
    if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return NextStep::Return;
    }
    let Some(challenge) = challenge(response) else {
        return NextStep::Return;
    };
    let scope = challenge.scope().filter(|scope| **scope != Scope::EMPTY);
    match (status, challenge.error(), sent) {
        (StatusCode::UNAUTHORIZED, _, None) => {
            NextStep::Want(scope.cloned().unwrap_or(REGISTERED_CLIENT))
        }
        (StatusCode::UNAUTHORIZED, Some("invalid_token"), Some(_)) => NextStep::Renew,
        (StatusCode::FORBIDDEN, Some("insufficient_scope"), _) => match scope {
            // The token was granted with less than we asked for, or from a time when we
            // were allowed less.
            Some(scope) if Some(scope) == sent => NextStep::Renew,
            Some(scope) => NextStep::Want(scope.clone()),
            None => NextStep::Return,
        },
        _ => NextStep::Return,
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
        let want = |scope| NextStep::Want(Scope::from_static(scope));
        for (status, field, sent, step) in [
            (200, "Bearer", None, NextStep::Return),
            (401, "Bearer", None, want("RegisteredClient")),
            (401, "Bearer scope=\"b c\"", None, want("b c")),
            (401, "Basic realm=x, Bearer", None, want("RegisteredClient")),
            (401, "Basic realm=x", None, NextStep::Return),
            (401, "Bearer realm=\"", None, NextStep::Return),
            (401, "Bearer", Some(&a), NextStep::Return),
            (
                401,
                "Bearer error=\"invalid_token\"",
                Some(&a),
                NextStep::Renew,
            ),
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
                NextStep::Renew,
            ),
            (
                403,
                "Bearer error=insufficient_scope, scope=\"\"",
                Some(&a),
                NextStep::Return,
            ),
            (
                403,
                "Bearer error=insufficient_scope",
                Some(&a),
                NextStep::Return,
            ),
            (
                403,
                "Bearer error=other, scope=b",
                Some(&a),
                NextStep::Return,
            ),
            (
                400,
                "Bearer error=invalid_request",
                Some(&a),
                NextStep::Return,
            ),
            (409, "Bearer", Some(&a), NextStep::Return),
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
            NextStep::Conflict
        );
    }
}
