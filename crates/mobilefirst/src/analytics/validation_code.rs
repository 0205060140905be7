//! Validation codes, the analytics service's names for verdicts.

use crate::error::{Error, ErrorKind};
use crate::verdict::denial::{Denial, Reason};

pub(crate) const SUCCESS: &str = "AUTHORIZATION_SUCCESS";

/// Returns the code of a refusal, as close to IBM's Node library as possible.
pub(crate) fn of(denial: &Denial) -> &'static str {
    match denial.reason() {
        // IBM's library uses `…_MISSING_TOKEN` for a field of another scheme. We do not tell
        // the two apart, since both get the same response.
        Reason::MissingToken => "AUTHORIZATION_FAILED_MISSING_AUTH_HEADER",
        Reason::InvalidRequest | Reason::BlockedDevice | Reason::Forbidden => {
            "AUTHORIZATION_FAILED"
        }
        Reason::InvalidToken => "AUTHORIZATION_FAILED_INVALID_ACCESS_TOKEN",
        Reason::InsufficientScope => "AUTHORIZATION_FAILED_INSUFFICIENT_SCOPE",
        Reason::Conflict => "AUTHORIZATION_PENDING",
        Reason::Unavailable | Reason::InvalidResponse => {
            "AUTHORIZATION_FAILED_INTERNAL_SERVER_ERROR"
        }
        Reason::Misconfigured => match denial.error().map(Error::kind) {
            Some(ErrorKind::CredentialsRejected | ErrorKind::OwnTokenRejected) => {
                "TOKEN_FAILED_UNKNOWN_CLIENT"
            }
            Some(ErrorKind::ScopeRejected) => "TOKEN_FAILED_INVALID_GRANT",
            _ => "AUTHORIZATION_FAILED_INTERNAL_SERVER_ERROR",
        },
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::Scope;
    use crate::header::authorization::Unusable;

    #[test]
    fn every_refusal_has_its_code() {
        let failed = |kind| Denial::from(Error::new(kind, "x"));
        let internal = "AUTHORIZATION_FAILED_INTERNAL_SERVER_ERROR";
        let scope = Scope::from_static("a");
        for (denial, code) in [
            (
                Denial::unusable(Unusable::Missing),
                "AUTHORIZATION_FAILED_MISSING_AUTH_HEADER",
            ),
            (
                Denial::unusable(Unusable::Malformed),
                "AUTHORIZATION_FAILED",
            ),
            (
                Denial::invalid_token(),
                "AUTHORIZATION_FAILED_INVALID_ACCESS_TOKEN",
            ),
            (
                Denial::insufficient_scope(&scope),
                "AUTHORIZATION_FAILED_INSUFFICIENT_SCOPE",
            ),
            (Denial::blocked_device(), "AUTHORIZATION_FAILED"),
            (Denial::forbidden(), "AUTHORIZATION_FAILED"),
            (
                Denial::conflict(HeaderValue::from_static("v")),
                "AUTHORIZATION_PENDING",
            ),
            (
                failed(ErrorKind::CredentialsRejected),
                "TOKEN_FAILED_UNKNOWN_CLIENT",
            ),
            (
                failed(ErrorKind::ScopeRejected),
                "TOKEN_FAILED_INVALID_GRANT",
            ),
            (failed(ErrorKind::Configuration), internal),
            (failed(ErrorKind::InvalidResponse), internal),
            (failed(ErrorKind::Timeout), internal),
            (failed(ErrorKind::Unreachable), internal),
            (failed(ErrorKind::Suspended), internal),
        ] {
            assert_eq!(of(&denial), code);
        }
    }
}
