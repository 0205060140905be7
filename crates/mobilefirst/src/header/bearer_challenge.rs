//! `WWW-Authenticate` for the scheme `Bearer`, RFC 6750 §3.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

use crate::error::{Error, ErrorKind};
use crate::header::challenge::Challenge;
use crate::header::quoted::Escaped;
use crate::scope::Scope;

/// A challenge for the scheme `Bearer`, RFC 6750 §3.
///
/// Whatever its parts are made from, it is one valid header line: a character
/// that may not stand in a quoted string (RFC 9110 §5.6.4), or not in ASCII,
/// becomes a `?` when it is put in. [`Challenge::parse_all`] and [`find`](Self::find)
/// read it again, to the same value.
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
    /// What else a challenge from another server holds.
    others: Vec<(String, Cow<'static, str>)>,
}

impl BearerChallenge {
    /// `Bearer` alone: for a request that bore no token.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the protection space that the token is for.
    #[must_use]
    pub fn with_realm(mut self, realm: impl Into<Cow<'static, str>>) -> Self {
        self.realm = Some(quotable(realm.into()));
        self
    }

    /// With an error code, such as those of RFC 6750 §3.1.
    #[must_use]
    pub fn with_error(mut self, error: impl Into<Cow<'static, str>>) -> Self {
        self.error = Some(quotable(error.into()));
        self
    }

    /// With a text for the developer who reads it.
    #[must_use]
    pub fn with_error_description(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.error_description = Some(quotable(text.into()));
        self
    }

    /// With the address of a page for the developer.
    #[must_use]
    pub fn with_error_uri(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.error_uri = Some(quotable(uri.into()));
        self
    }

    /// With the scope that is required.
    #[must_use]
    pub fn with_scope(mut self, scope: &Scope) -> Self {
        self.scope = Some(scope.clone());
        self
    }

    /// The first challenge for the scheme `Bearer` that is usable.
    ///
    /// ```
    /// use mobilefirst::Scope;
    /// use mobilefirst::challenge::{BearerChallenge, Challenge};
    ///
    /// let challenges = Challenge::parse_all([
    ///     "Negotiate",
    ///     r#"Bearer error="insufficient_scope", scope="a  b""#,
    /// ])?;
    /// let bearer = BearerChallenge::find(&challenges).unwrap_or_default();
    /// assert_eq!(bearer.scope(), Some(&Scope::from_static("a b")));
    /// # Ok::<(), mobilefirst::challenge::ChallengeError>(())
    /// ```
    pub fn find<'a>(challenges: impl IntoIterator<Item = &'a Challenge>) -> Option<Self> {
        let mut usable = challenges.into_iter().filter_map(|c| c.try_into().ok());
        usable.next()
    }

    /// The protection space.
    pub fn realm(&self) -> Option<&str> {
        self.realm.as_deref()
    }

    /// The error code.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// The text for a developer.
    pub fn error_description(&self) -> Option<&str> {
        self.error_description.as_deref()
    }

    /// The address of a page for a developer.
    pub fn error_uri(&self) -> Option<&str> {
        self.error_uri.as_deref()
    }

    /// The required scope.
    pub fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The parameters that RFC 6750 does not know, in the order in which they were read,
    /// with names in lower case.
    pub fn other_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.others.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of the `WWW-Authenticate` field.
    pub fn to_header_value(&self) -> HeaderValue {
        // The text holds printable ASCII only, so the fallback is never taken; it
        // is what a challenge means at the least.
        HeaderValue::try_from(self.to_string()).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

impl fmt::Display for BearerChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        // The MobileFirst client SDKs cut the field at each comma and take the scope
        // from the first piece that holds `scope=`: no such text stands before it.
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

/// A challenge from another server is input like any other: its texts come in by the same
/// door as our own.
impl TryFrom<&Challenge> for BearerChallenge {
    type Error = Error;

    fn try_from(challenge: &Challenge) -> Result<Self, Error> {
        if !challenge.scheme().eq_ignore_ascii_case("Bearer") {
            return Err(Error::invalid_response(
                "the challenge is for another scheme than `Bearer`",
            ));
        }
        if challenge.token68().is_some() {
            return Err(Error::invalid_response(
                "a challenge for `Bearer` has parameters, not a token68",
            ));
        }
        let mut bearer = Self::new();
        for (name, value) in challenge.parameters() {
            let value = value.to_owned();
            bearer = match name {
                "realm" => bearer.with_realm(value),
                "error" => bearer.with_error(value),
                "error_description" => bearer.with_error_description(value),
                "error_uri" => bearer.with_error_uri(value),
                "scope" => bearer.with_scope(&scope(&value)?),
                _ => {
                    let other = (name.to_owned(), quotable(value.into()));
                    bearer.others.push(other);
                    bearer
                }
            };
        }
        Ok(bearer)
    }
}

/// The scope in another server's challenge; its spaces are put in order.
fn scope(text: &str) -> Result<Scope, Error> {
    let elements = text.split(' ').filter(|element| !element.is_empty());
    let scope = elements.collect::<Vec<_>>().join(" ");
    // What is wrong with it is no setting of ours.
    scope.parse().map_err(|e| {
        Error::with_source(
            ErrorKind::InvalidResponse,
            "the challenge names an unusable scope",
            e,
        )
    })
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
    fn parameters_stand_in_the_order_that_the_client_sdks_read() {
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
    fn no_text_like_a_scope_stands_before_the_scope() {
        let challenge = BearerChallenge::new()
            .with_realm("a, scope=b")
            .with_scope(&Scope::from_static("c"));
        assert_eq!(
            challenge.to_string(),
            r#"Bearer scope="c", realm="a, scope=b""#
        );
    }

    #[test]
    fn what_no_header_can_hold_is_replaced() {
        let challenge = BearerChallenge::new().with_realm("a\r\nSet-Cookie: b\u{e4}");
        assert_eq!(challenge.to_string(), r#"Bearer realm="a??Set-Cookie: b?""#);
    }
}
