//! The tokens that are out.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Token68 of RFC 9110 has these, and a form need not escape them.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LENGTH: usize = 64;

/// The issued tokens, by their text. A revoked one is forgotten; an expired one
/// stays, since a test may set its clock back.
#[derive(Default)]
pub(crate) struct Tokens {
    by_text: HashMap<String, Token>,
}

/// What is known of one token.
pub(crate) struct Token {
    pub(crate) holder: Holder,
    /// Scope elements with spaces between.
    pub(crate) scope: String,
    /// In milliseconds since the epoch.
    pub(crate) expires_at: u64,
    /// What an introspection answers while the token lives.
    pub(crate) answer: Map<String, Value>,
    /// The ID token that belongs to it, in version 7.
    pub(crate) id_token: Option<String>,
}

/// Whom a token was issued to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    App,
    ConfidentialClient,
}

impl Tokens {
    pub(crate) fn issue(&mut self, token: Token) -> String {
        let text = text();
        self.by_text.insert(text.clone(), token);
        text
    }

    pub(crate) fn revoke(&mut self, text: &str) -> bool {
        self.by_text.remove(text).is_some()
    }

    pub(crate) fn revoke_all_of(&mut self, holder: Holder) {
        self.by_text.retain(|_, token| token.holder != holder);
    }

    /// The token if it is issued, not revoked and not expired.
    pub(crate) fn live(&self, text: &str, now: u64) -> Option<&Token> {
        let token = self.by_text.get(text)?;
        (now < token.expires_at).then_some(token)
    }
}

/// The text of a new token of any kind.
pub(crate) fn text() -> String {
    let characters = (0..LENGTH).map(|_| char::from(ALPHABET[fastrand::usize(..64)]));
    characters.collect()
}

impl Token {
    /// Whether `element` is, exactly, one of the token's scope elements.
    pub(crate) fn covers(&self, element: &str) -> bool {
        self.scope.split_whitespace().any(|own| own == element)
    }
}
