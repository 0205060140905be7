//! What can be forgotten.

/// What [`TokenValidator::invalidate`](crate::TokenValidator::invalidate) forgets: the answers
/// about one token, or all those that name one user, client or device.
///
/// A text is a token, so `validator.invalidate(&token)` works as it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject<'a> {
    /// An access token.
    Token(&'a str),
    /// A user: the `username` of the answer, or the `id` in its `mfp-user`. In version 7 its
    /// `user_id`, or the user's `id` in its security context.
    User(&'a str),
    /// The client that the token was issued to: the `client_id` of the answer.
    Client(&'a str),
    /// A device: the `id` in the answer's `mfp-device`, or in its security context.
    Device(&'a str),
}

impl<'a> From<&'a str> for Subject<'a> {
    fn from(token: &'a str) -> Self {
        Self::Token(token)
    }
}

impl<'a> From<&'a String> for Subject<'a> {
    fn from(token: &'a String) -> Self {
        Self::Token(token)
    }
}

/// Shows only the kind: the rest is a secret, or personal data.
impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Token(_) => "Token",
            Self::User(_) => "User",
            Self::Client(_) => "Client",
            Self::Device(_) => "Device",
        };
        f.debug_tuple(kind).finish_non_exhaustive()
    }
}
