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
    by_text: HashMap<String, Issued>,
    /// How many were issued so far, which numbers them.
    count: u64,
}

struct Issued {
    number: u64,
    token: Token,
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
        self.count += 1;
        let number = self.count;
        self.by_text.insert(text.clone(), Issued { number, token });
        text
    }

    pub(crate) fn revoke(&mut self, text: &str) -> bool {
        self.by_text.remove(text).is_some()
    }

    pub(crate) fn revoke_all_of(&mut self, holder: Holder) {
        let is_other = |issued: &Issued| issued.token.holder != holder;
        self.by_text.retain(|_, issued| is_other(issued));
    }

    /// Ends a token's life at `now`, and returns whether it is known.
    pub(crate) fn expire(&mut self, text: &str, now: u64) -> bool {
        let Some(Issued { token, .. }) = self.by_text.get_mut(text) else {
            return false;
        };
        token.expires_at = token.expires_at.min(now);
        true
    }

    /// The token, if it was issued and is neither revoked nor expired.
    pub(crate) fn live(&self, text: &str, now: u64) -> Option<&Token> {
        let Issued { token, .. } = self.by_text.get(text)?;
        (now < token.expires_at).then_some(token)
    }

    /// The token and its number, if it was issued and is not revoked.
    pub(crate) fn known(&self, text: &str) -> Option<(u64, &Token)> {
        let Issued { number, token } = self.by_text.get(text)?;
        Some((*number, token))
    }

    /// The text of the token with this number, unless it is revoked.
    pub(crate) fn text_of(&self, number: u64) -> Option<&str> {
        let mut tokens = self.by_text.iter();
        let (text, _) = tokens.find(|(_, issued)| issued.number == number)?;
        Some(text)
    }

    /// How many tokens are known.
    pub(crate) fn len(&self) -> usize {
        self.by_text.len()
    }

    /// At most `limit` tokens with number and text, the newest first.
    pub(crate) fn newest(&self, limit: usize) -> Vec<(u64, &str, &Token)> {
        let tokens = self.by_text.iter();
        let tokens = tokens.map(|(text, issued)| (issued.number, text.as_str(), &issued.token));
        let mut tokens: Vec<_> = tokens.collect();
        tokens.sort_unstable_by_key(|(number, ..)| std::cmp::Reverse(*number));
        tokens.truncate(limit);
        tokens
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
