//! Decides what to do after a resource's response.

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{Response, StatusCode};

use crate::header::bearer_challenge::BearerChallenge;
use crate::header::challenge::Challenge;
use crate::header::mfp_conflict::MFP_CONFLICT;
use crate::scope::Scope;

/// The platform's default scope. Like the client SDKs, we ask for it if a challenge has no
/// scope.
const REGISTERED_CLIENT: Scope = Scope::from_static("RegisteredClient");

/// What to do after a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NextStep {
    /// Return the response to the caller.
    Return,
    /// Retry with a token for this scope.
    GetToken(Scope),
    /// Retry with a new token for the same scope.
    RenewToken,
    /// Retry unchanged, because the client's state changed during the check.
    Retry,
}

/// Returns the step after `response`. `sent` is the scope of the request's token, if it had
/// one.
pub(crate) fn after(response: &Response<Bytes>, sent: Option<&Scope>) -> NextStep {
    let status = response.status();
    if status == StatusCode::CONFLICT && response.headers().contains_key(MFP_CONFLICT) {
        return NextStep::Retry;
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
            NextStep::GetToken(scope.cloned().unwrap_or(REGISTERED_CLIENT))
        }
        (StatusCode::UNAUTHORIZED, Some("invalid_token"), Some(_)) => NextStep::RenewToken,
        (StatusCode::FORBIDDEN, Some("insufficient_scope"), _) => match scope {
            // The token was granted less than we asked for, or dates from when we were
            // allowed less.
            Some(scope) if Some(scope) == sent => NextStep::RenewToken,
            Some(scope) => NextStep::GetToken(scope.clone()),
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
    fn each_response_has_its_step() {
        let a = Scope::from_static("a");
        let want = |scope| NextStep::GetToken(Scope::from_static(scope));
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
                NextStep::RenewToken,
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
                NextStep::RenewToken,
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
            NextStep::Retry
        );
    }
}
