//! The confidential clients.

use std::collections::BTreeMap;
use std::fmt;

/// The registered confidential clients, by ID.
#[derive(Default)]
pub(crate) struct Clients {
    by_id: BTreeMap<String, Client>,
}

/// One confidential client.
pub(crate) struct Client {
    secret: String,
    allowed_scope: String,
}

impl Clients {
    pub(crate) fn register(&mut self, id: String, secret: String, allowed_scope: String) {
        let client = Client {
            secret,
            allowed_scope,
        };
        self.by_id.insert(id, client);
    }

    pub(crate) fn unregister(&mut self, id: &str) -> bool {
        self.by_id.remove(id).is_some()
    }

    /// Whether a client with this ID is registered.
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    /// IDs and allowed scopes.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = (&str, &str)> {
        let clients = self.by_id.iter();
        clients.map(|(id, client)| (id.as_str(), client.allowed_scope.as_str()))
    }

    pub(crate) fn authenticate(&self, id: &str, secret: &str) -> Option<&Client> {
        let client = self.by_id.get(id)?;
        (client.secret == secret).then_some(client)
    }
}

/// Shows IDs and allowed scopes, never secrets.
impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.scopes()).finish()
    }
}

impl Client {
    /// Whether the client may get a token with this scope element.
    pub(crate) fn may_have(&self, element: &str) -> bool {
        self.allowed_scope
            .split_whitespace()
            .any(|pattern| matches(pattern, element))
    }
}

/// Whether `element` matches `pattern`, where each `*` matches any text, including none.
///
/// The parts before the first `*` and after the last are anchored. Each part in between can
/// be matched at its first occurrence, which leaves the most room for the next ones, so no
/// backtracking is needed.
fn matches(pattern: &str, element: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == element;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inner = element.strip_prefix(start);
    let Some(mut inner) = inner.and_then(|inner| inner.strip_suffix(end)) else {
        return false;
    };
    for text in middle.split('*') {
        let Some((_, rest)) = inner.split_once(text) else {
            return false;
        };
        inner = rest;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_matches_any_text_anywhere() {
        for (pattern, element, matched) in [
            ("send", "send", true),
            ("send", "sends", false),
            ("send", "Send", false),
            ("*", "send", true),
            ("*", "", true),
            ("**", "send", true),
            ("send*", "send", true),
            ("send*", "sendMail", true),
            ("send*", "resend", false),
            ("*Mail", "sendMail", true),
            ("*Mail", "sendMails", false),
            ("authorization.*", "authorization.introspect", true),
            ("authorization.*", "authorization", false),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "ab", false),
            ("ab*ba", "aba", false),
            ("a*b*c", "a-c-b-c", true),
            ("a*b*c", "acb", false),
            ("*a*a*", "a", false),
            ("*a*a*", "aa", true),
            ("*ä*", "bäb", true),
        ] {
            assert_eq!(matches(pattern, element), matched, "{pattern} / {element}");
        }
    }
}
