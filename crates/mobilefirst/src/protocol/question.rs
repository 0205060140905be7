//! A question about a token, and the answer.

use std::sync::Arc;

use http::HeaderValue;

use crate::header::authorization::Bearer;
use crate::header::bearer_challenge::BearerChallenge;
use crate::scope::Scope;
use crate::token::introspection::{ActiveToken, Introspection};

/// Whether these tokens are good; in version 7, whether they are good for this scope.
pub(crate) struct Question {
    pub(crate) token: Box<str>,
    pub(crate) id_token: Option<Box<str>>,
    pub(crate) scope: Scope,
}

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Introspection(Introspection),
    /// An earlier answer, served because the authorization server can't be asked.
    Stale(Arc<ActiveToken>),
    /// The client's state changed during the check: the client has to send its request again.
    Conflict(HeaderValue),
    /// The server refuses the caller in its own words.
    Refused(Arc<BearerChallenge>),
}

impl Answer {
    /// Notes that it was asked for after the removal of this number.
    #[must_use]
    pub(crate) fn asked_for_after(self, removal: u64) -> Self {
        match self {
            Self::Introspection(known) => Self::Introspection(known.asked_for_after(removal)),
            other => other,
        }
    }
}

impl Question {
    /// The length of its tokens, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.token.len() + self.id_token.as_ref().map_or(0, |token| token.len())
    }

    pub(crate) fn new(bearer: Bearer<'_>, scope: &Scope) -> Self {
        Self {
            token: bearer.token.into(),
            id_token: bearer.id_token.map(Into::into),
            scope: scope.clone(),
        }
    }
}
