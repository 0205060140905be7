//! The issued tokens.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Allowed in token68 (RFC 9110 §11.2), and never escaped in a form.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LENGTH: usize = 64;

/// The issued tokens, by their text. Revoked tokens are removed; expired ones are kept, since
/// a test may set its clock back.
#[derive(Default)]
pub(crate) struct Tokens {
    by_text: HashMap<String, Token>,
}

/// One issued token.
pub(crate) struct Token {
    pub(crate) holder: Holder,
    /// Scope elements, separated by spaces.
    pub(crate) scope: String,
    /// Milliseconds since the epoch.
    pub(crate) expires_at: u64,
    /// The introspection response while the token is live.
    pub(crate) answer: Map<String, Value>,
    /// The accompanying ID token, in version 7.
    pub(crate) id_token: Option<String>,
}

/// Who a token was issued to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    App,
    ConfidentialClient,
}

impl Tokens {
    pub(crate) fn issue(&mut self, token: Token) -> String {
        let text = token_text();
        self.by_text.insert(text.clone(), token);
        text
    }

    pub(crate) fn revoke(&mut self, text: &str) -> bool {
        self.by_text.remove(text).is_some()
    }

    pub(crate) fn revoke_all_of(&mut self, holder: Holder) {
        self.by_text.retain(|_, token| token.holder != holder);
    }

    /// The token, if it was issued and is neither revoked nor expired.
    pub(crate) fn live(&self, text: &str, now: u64) -> Option<&Token> {
        let token = self.by_text.get(text)?;
        (now < token.expires_at).then_some(token)
    }
}

/// Makes up the text of a new token of any kind.
pub(crate) fn token_text() -> String {
    let characters = (0..LENGTH).map(|_| char::from(ALPHABET[fastrand::usize(..64)]));
    characters.collect()
}

impl Token {
    /// Whether `element` is exactly one of the token's scope elements.
    pub(crate) fn covers(&self, element: &str) -> bool {
        self.scope.split_whitespace().any(|own| own == element)
    }
}
