//! Decides what to do after a resource's response.

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, StatusCode};

use crate::header::bearer_challenge::BearerChallenge;
use crate::header::challenge::Challenge;
use crate::header::mfp_conflict::MFP_CONFLICT;
use crate::scope::{Scope, covers};

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
    /// Retry with a new token for the same scope, unless that was done already.
    RenewToken,
    /// Retry unchanged, because the client's state changed during the check.
    Retry,
}

/// Returns the step after a response with this status and these header fields. `sent` is the scope
/// of the request's token, if it had one.
pub(crate) fn after(status: StatusCode, headers: &HeaderMap, sent: Option<&Scope>) -> NextStep {
    let status = grpc_refusal(status, headers).unwrap_or(status);
    if status == StatusCode::CONFLICT && headers.contains_key(MFP_CONFLICT) {
        return NextStep::Retry;
    }
    if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return NextStep::Return;
    }
    let said = match Said::by(headers) {
        Said::Nothing if status == StatusCode::UNAUTHORIZED && sent.is_some() => {
            return NextStep::RenewToken;
        }
        Said::Nothing | Said::NothingForUs => return NextStep::Return,
        Said::Challenge(said) => said,
    };
    let scope = said.scope().filter(|scope| **scope != Scope::EMPTY);
    let error = said.error().filter(|error| !error.is_empty());
    match (status, error, sent) {
        (StatusCode::UNAUTHORIZED, _, None) => {
            NextStep::GetToken(scope.cloned().unwrap_or(REGISTERED_CLIENT))
        }
        (_, Some("invalid_token"), Some(_)) => NextStep::RenewToken,
        (_, Some("insufficient_scope"), _) => match scope {
            // The token was granted less than we asked for, or dates from when we were
            // allowed less.
            Some(scope) if Some(scope) == sent => NextStep::RenewToken,
            Some(scope) => NextStep::GetToken(scope.clone()),
            None => NextStep::Return,
        },
        // A server that leaves the error out: the token has ended, or the scope is not enough.
        (_, None, _) => match scope {
            Some(scope) if sent.is_none_or(|sent| !covers(sent.as_str(), scope)) => {
                NextStep::GetToken(scope.clone())
            }
            _ if status == StatusCode::UNAUTHORIZED => NextStep::RenewToken,
            _ => NextStep::Return,
        },
        (_, Some(_), _) => NextStep::Return,
    }
}

/// Returns the status of the refusal that a gRPC response stands for. Its own status is 200: a
/// refused call has trailers only, which are the header fields of the response ([gRPC][trailers]).
///
/// [trailers]: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#responses
fn grpc_refusal(status: StatusCode, headers: &HeaderMap) -> Option<StatusCode> {
    let code = headers.get("grpc-status")?;
    match (status, code.as_bytes()) {
        // UNAUTHENTICATED, PERMISSION_DENIED and ABORTED.
        (StatusCode::OK, b"16") => Some(StatusCode::UNAUTHORIZED),
        (StatusCode::OK, b"7") => Some(StatusCode::FORBIDDEN),
        (StatusCode::OK, b"10") => Some(StatusCode::CONFLICT),
        _ => None,
    }
}

/// What a response says in `WWW-Authenticate`.
enum Said {
    /// There is no such field.
    Nothing,
    /// No challenge in it is for `Bearer` and can be read.
    NothingForUs,
    Challenge(BearerChallenge),
}

impl Said {
    fn by(headers: &HeaderMap) -> Self {
        if !headers.contains_key(WWW_AUTHENTICATE) {
            return Self::Nothing;
        }
        let values = headers.get_all(WWW_AUTHENTICATE);
        let challenges = Challenge::parse_lossy(values);
        BearerChallenge::find(&challenges).map_or(Self::NothingForUs, Self::Challenge)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

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
            (401, "Basic realm=M R, Bearer scope=b", None, want("b")),
            (401, "Bearer, error=x, scope=b", None, want("b")),
            (401, "Bearer", Some(&a), NextStep::RenewToken),
            (401, "Bearer error=\"\"", Some(&a), NextStep::RenewToken),
            (401, "Bearer scope=a", Some(&a), NextStep::RenewToken),
            (401, "Bearer scope=b", Some(&a), want("b")),
            (401, "Bearer error=other", Some(&a), NextStep::Return),
            (401, "Basic realm=x", Some(&a), NextStep::Return),
            (401, "Bearer realm=\"", Some(&a), NextStep::Return),
            (
                401,
                "Bearer error=insufficient_scope, scope=b",
                Some(&a),
                want("b"),
            ),
            (403, "Bearer", Some(&a), NextStep::Return),
            (403, "Bearer", None, NextStep::Return),
            (403, "Bearer scope=b", Some(&a), want("b")),
            (403, "Bearer scope=b", None, want("b")),
            (403, "Bearer scope=a", Some(&a), NextStep::Return),
            (
                403,
                "Bearer error=invalid_token",
                Some(&a),
                NextStep::RenewToken,
            ),
            (403, "Bearer error=invalid_token", None, NextStep::Return),
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
            let headers = headers(&[("www-authenticate", field)]);
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(after(status, &headers, sent), step, "{status} {field}");
        }
        for (status, sent, step) in [
            (StatusCode::UNAUTHORIZED, Some(&a), NextStep::RenewToken),
            (StatusCode::UNAUTHORIZED, None, NextStep::Return),
            (StatusCode::FORBIDDEN, Some(&a), NextStep::Return),
        ] {
            assert_eq!(after(status, &HeaderMap::new(), sent), step, "{status}");
        }
        let conflict = headers(&[("mfp-conflict", "true")]);
        let step = after(StatusCode::CONFLICT, &conflict, None);
        assert_eq!(step, NextStep::Retry);
    }

    #[test]
    fn a_refused_grpc_call_has_the_step_of_its_refusal() {
        let a = Scope::from_static("a");
        let b = NextStep::GetToken(Scope::from_static("b"));
        let insufficient = "Bearer error=\"insufficient_scope\", scope=\"b\"";
        for (status, code, field, value, sent, step) in [
            (200, "16", "www-authenticate", "Bearer scope=b", None, &b),
            (200, "7", "www-authenticate", insufficient, Some(&a), &b),
            (200, "10", "mfp-conflict", "true", None, &NextStep::Retry),
            (200, "16", "a", "b", Some(&a), &NextStep::RenewToken),
            (200, "7", "a", "b", Some(&a), &NextStep::Return),
            (
                200,
                "0",
                "www-authenticate",
                insufficient,
                Some(&a),
                &NextStep::Return,
            ),
            (
                500,
                "16",
                "www-authenticate",
                insufficient,
                Some(&a),
                &NextStep::Return,
            ),
        ] {
            let headers = headers(&[("grpc-status", code), (field, value)]);
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                &after(status, &headers, sent),
                step,
                "{status} {code} {value}"
            );
        }
    }

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }
}
