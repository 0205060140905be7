//! Who the caller is, for the server behind the proxy.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use mobilefirst::{ActiveToken, Permit};
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};

const USER: HeaderName = HeaderName::from_static("x-mobilefirst-user");
const CLIENT: HeaderName = HeaderName::from_static("x-mobilefirst-client");
const DEVICE: HeaderName = HeaderName::from_static("x-mobilefirst-device");
const SCOPE: HeaderName = HeaderName::from_static("x-mobilefirst-scope");

/// The fields that tell the server behind the proxy who the caller is.
///
/// All of them are always there, empty where nothing is known, so that the caller's own are
/// replaced in any case.
#[derive(Debug)]
pub(crate) struct Identity(HeaderMap);

impl Identity {
    /// Nothing is known of a caller who needs no token.
    pub(crate) fn unknown() -> Arc<Self> {
        Arc::new(Self::new("", "", "", ""))
    }

    /// The caller who was let through.
    pub(crate) fn of(permit: &Permit) -> Arc<Self> {
        // Each request with this token needs the same fields.
        permit.token().derived(Self::read)
    }

    fn read(token: &ActiveToken) -> Self {
        // This is what MobileFirst calls a caller who has not logged in.
        let user = token.username().filter(|name| *name != "anonymous");
        Self::new(
            user.unwrap_or_default(),
            token.client_id().unwrap_or_default(),
            &token.device_id().unwrap_or_default(),
            token.scope(),
        )
    }

    fn new(user: &str, client: &str, device: &str, scope: &str) -> Self {
        let values = [
            (USER, user),
            (CLIENT, client),
            (DEVICE, device),
            (SCOPE, scope),
        ];
        let fields = values.into_iter().map(|(name, text)| (name, encoded(text)));
        Self(fields.collect())
    }

    pub(crate) fn fields(&self) -> &HeaderMap {
        &self.0
    }

    /// Whether `name` is not one of the fields, but becomes one in a server that takes `_` for
    /// `-`, as CGI and its successors do.
    pub(crate) fn is_alias(name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let fields = [USER, CLIENT, DEVICE, SCOPE];
        name.contains('_') && fields.iter().any(|field| *field == *name.replace('_', "-"))
    }
}

/// `%`, so that the encoding can be reversed, and what is not printable ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

fn encoded(text: &str) -> HeaderValue {
    // Nearly all texts are plain, which is quick to see.
    let is_plain = |byte| matches!(byte, b' '..=b'~') && byte != b'%';
    // A recipient drops white space at the ends (RFC 9110 §5.5).
    let has_space_at_an_end = text.starts_with(' ') || text.ends_with(' ');
    let value = match text.bytes().all(is_plain) && !has_space_at_an_end {
        true => HeaderValue::from_str(text),
        false => {
            let value = percent_encode(text.as_bytes(), ENCODED).to_string();
            HeaderValue::try_from(match has_space_at_an_end {
                true => value.replace(' ', "%20"),
                false => value,
            })
        }
    };
    value.expect("printable ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_printable_and_can_be_decoded() {
        for (text, value) in [
            ("", ""),
            ("jdoe", "jdoe"),
            ("John Doe", "John Doe"),
            (" a b ", "%20a%20b%20"),
            ("Jörg", "J%C3%B6rg"),
            ("100%", "100%25"),
            ("a\r\nX: b\u{7f}", "a%0D%0AX: b%7F"),
        ] {
            let encoded = encoded(text);
            assert_eq!(encoded, value);
            let decoded = percent_encoding::percent_decode(encoded.as_bytes());
            assert_eq!(decoded.decode_utf8().unwrap(), text);
        }
    }

    #[test]
    fn an_alias_has_underscores() {
        for (name, is_alias) in [
            ("x-mobilefirst-user", false),
            ("x_mobilefirst_user", true),
            ("x-mobilefirst_user", true),
            ("X_MobileFirst-Scope", true),
            ("x_mobilefirst_other", false),
        ] {
            assert_eq!(Identity::is_alias(name), is_alias, "{name}");
        }
    }
}
