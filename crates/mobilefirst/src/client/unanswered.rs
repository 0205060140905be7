//! Why a resource's refusal was passed on.

use std::fmt;

use crate::scope::Scope;

/// Why the client passed a resource's refusal on although it asks for a token or another try.
///
/// [`send`](crate::ConfidentialClient::send) leaves it in the extensions of the response, which is
/// otherwise unchanged. A refusal that no token would help has none. The text names the limit
/// that was met, and how to change it.
///
/// ```
/// # use bytes::Bytes;
/// use http::Response;
/// use mobilefirst::Unanswered;
///
/// fn log(response: &Response<Bytes>) {
///     if let Some(why) = response.extensions().get::<Unanswered>() {
///         eprintln!("the resource answered {}: {why}", response.status());
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unanswered {
    /// The request was sent as often as it may be, four times, and the resource asked for
    /// something else each time.
    TooManyTries,
    /// The resource answered with `MFP-Conflict` eight times.
    TooManyConflicts,
    /// The resource asks for a scope that it may not ask for: it is not within
    /// [`Resource::within`](crate::Resource::within), or is for the authorization server.
    ScopeNotAllowed(Scope),
    /// The resource asks for a scope that is longer than 2048 bytes.
    ScopeTooLong,
    /// The resource refuses every token for the scope that it asked for, also a new one.
    TokenRefused(Scope),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyTries => f.write_str(
                "a request is sent at most 4 times, and the resource asked for another token each \
                 time: correct the scope that its challenges name",
            ),
            Self::TooManyConflicts => f.write_str(
                "a conflict is answered at most 7 times, and the resource reported one each time: \
                 try again later",
            ),
            Self::ScopeNotAllowed(scope) if is_for_the_authorization_server(scope) => write!(
                f,
                "the resource asks for the scope `{scope}`, but elements that begin with \
                 `authorization.` are for the authorization server alone: correct the resource"
            ),
            Self::ScopeNotAllowed(scope) => write!(
                f,
                "the resource asks for the scope `{scope}`, which is not within its limit: \
                 extend the scope of `Resource::within` if it may"
            ),
            Self::ScopeTooLong => f.write_str(
                "the resource asks for a scope of more than 2048 bytes, for which no token is \
                 requested: correct the resource",
            ),
            Self::TokenRefused(scope) => write!(
                f,
                "the resource refuses our token for the scope `{scope}`, and a new one is no \
                 better, or is not to be had again so soon: look whether it accepts tokens of \
                 this authorization server"
            ),
        }
    }
}

/// Elements that begin with `authorization.` are for the authorization server, never for a
/// resource.
pub(crate) fn is_for_the_authorization_server(scope: &Scope) -> bool {
    let mut elements = scope.elements();
    elements.any(|element| element.starts_with("authorization."))
}
