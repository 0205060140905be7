//! `WWW-Authenticate` for the scheme `Bearer` (RFC 6750 §3).

pub(crate) mod found;

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

use crate::header::quoted::Escaped;
use crate::scope::Scope;

/// A challenge for the scheme `Bearer` (RFC 6750 §3).
///
/// It always prints as one valid header value. A character that is not allowed in a quoted
/// string (RFC 9110 §5.6.4), or not ASCII, is replaced with `?` when it is added.
/// [`Challenge::parse_all`](crate::challenge::Challenge::parse_all) and [`find`](Self::find) parse the printed text back to an
/// equal value.
///
/// ```
/// use mobilefirst::Scope;
/// use mobilefirst::challenge::BearerChallenge;
///
/// let challenge = BearerChallenge::new()
///     .with_error("insufficient_scope")
///     .with_scope(&Scope::from_static("accessRestricted"));
/// assert_eq!(
///     challenge.to_string(),
///     r#"Bearer error="insufficient_scope", scope="accessRestricted""#
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct BearerChallenge {
    realm: Option<Cow<'static, str>>,
    error: Option<Cow<'static, str>>,
    error_description: Option<Cow<'static, str>>,
    error_uri: Option<Cow<'static, str>>,
    scope: Option<Scope>,
    /// Other parameters, from a challenge of another server.
    others: Vec<(String, Cow<'static, str>)>,
}

impl BearerChallenge {
    /// Creates a bare `Bearer` challenge, for a request without a token.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the protection space that the token is for.
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.realm = Some(quotable(realm.into()));
        self
    }

    /// Sets the error code, such as those of RFC 6750 §3.1.
    #[must_use]
    pub fn with_error(mut self, error: impl Into<Cow<'static, str>>) -> Self {
        self.error = Some(quotable(error.into()));
        self
    }

    /// Sets an explanation for developers.
    #[must_use]
    pub fn with_error_description(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.error_description = Some(quotable(text.into()));
        self
    }

    /// Sets the address of a web page for developers.
    #[must_use]
    pub fn with_error_uri(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.error_uri = Some(quotable(uri.into()));
        self
    }

    /// Sets the required scope.
    #[must_use]
    pub fn with_scope(mut self, scope: &Scope) -> Self {
        self.scope = Some(scope.clone());
        self
    }

    /// Returns the protection space.
    pub fn realm(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    /// Returns the error code.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// Returns the explanation for developers.
    pub fn error_description(&self) -> Option<&str> {
        self.error_description.as_deref()
    }

    /// Returns the address of a web page for developers.
    pub fn error_uri(&self) -> Option<&str> {
        self.error_uri.as_deref()
    }

    /// Returns the required scope.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// Returns the parameters that RFC 6750 does not define, in their original order, with
    /// names in lower case.
    pub fn other_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.others.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the value of the `WWW-Authenticate` field.
    pub fn to_header_value(&self) -> HeaderValue {
        // The text is printable ASCII, so the fallback is never used.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

impl fmt::Display for BearerChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        // The MobileFirst client SDKs split the field at commas and read the scope from
        // the first piece that contains `scope=`, so no such text may precede the scope.
        let misleading = |text: &str| self.scope.is_some() && text.contains("scope=");
        let (realm, error) = (self.realm.as_deref(), self.error.as_deref());
        let parameters = [
            ("realm", realm.filter(|text| !misleading(text))),
            ("error", error.filter(|text| !misleading(text))),
            ("scope", self.scope.as_ref().map(Scope::as_str)),
            ("realm", realm.filter(|text| misleading(text))),
            ("error", error.filter(|text| misleading(text))),
            ("error_description", self.error_description.as_deref()),
            ("error_uri", self.error_uri.as_deref()),
        ];
        let known = parameters
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let mut separator = " ";
        for (name, value) in known.chain(self.other_parameters()) {
            write!(f, "{separator}{name}=\"{}\"", Escaped(value))?;
            separator = ", ";
        }
        Ok(())
    }
}

fn quotable(text: Cow<'static, str>) -> Cow<'static, str> {
    let fits = |c: char| matches!(c, ' '..='~');
    if text.chars().all(fits) {
        return text;
    }
    let replaced = |c| if fits(c) { c } else { '?' };
    text.chars().map(replaced).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_in_the_order_that_the_client_sdks_read() {
        let challenge = BearerChallenge::new()
            .with_error_description("scope=none, really")
            .with_scope(&Scope::from_static("a b"))
            .with_error("insufficient_scope")
            .with_realm("r\"e\\alm");
        assert_eq!(
            challenge.to_string(),
            r#"Bearer realm="r\"e\\alm", error="insufficient_scope", scope="a b", error_description="scope=none, really""#
        );
    }

    #[test]
    fn no_text_that_looks_like_a_scope_precedes_the_scope() {
        let challenge = BearerChallenge::new()
            .with_realm("a, scope=b")
            .with_scope(&Scope::from_static("c"));
        assert_eq!(
            challenge.to_string(),
            r#"Bearer scope="c", realm="a, scope=b""#
        );
    }

    #[test]
    fn characters_that_no_header_allows_are_replaced() {
        let challenge = BearerChallenge::new().with_realm("a\r\nSet-Cookie: b\u{e4}");
        assert_eq!(challenge.to_string(), r#"Bearer realm="a??Set-Cookie: b?""#);
    }
}
