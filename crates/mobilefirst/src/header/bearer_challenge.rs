//! `WWW-Authenticate` for the scheme `Bearer` (RFC 6750 §3).

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

use crate::error::{Error, ErrorKind};
use crate::header::challenge::Challenge;
use crate::header::quoted::Escaped;
use crate::scope::Scope;

/// A challenge for the scheme `Bearer` (RFC 6750 §3).
///
/// It always prints as one valid header value. A character that is not allowed in a quoted
/// string (RFC 9110 §5.6.4), or not ASCII, is replaced with `?` when it is added.
/// [`Challenge::parse_all`] and [`find`](Self::find) parse the printed text back to an
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

    /// Returns the usable challenge for the scheme `Bearer` that says most.
    ///
    /// A challenge with `error` and `scope` says more than one with `scope`, which says more than
    /// one with `error`, which says more than one without either. An empty value counts as none.
    /// Of two that say equally much, the first is returned.
    ///
    /// ```
    /// use mobilefirst::Scope;
    /// use mobilefirst::challenge::{BearerChallenge, Challenge};
    ///
    /// let challenges = Challenge::parse_lossy([
    ///     "Basic realm=My Realm",
    ///     "Bearer",
    ///     r#"Bearer error="insufficient_scope", scope="a  b""#,
    /// ]);
    /// let bearer = BearerChallenge::find(&challenges).unwrap_or_default();
    /// assert_eq!(bearer.scope(), Some(&Scope::from_static("a b")));
    /// ```
    pub fn find<'a>(challenges: impl IntoIterator<Item = &'a Challenge>) -> Option<Self> {
        let usable = challenges
            .into_iter()
            .filter_map(|challenge| Some((challenge, challenge.try_into().ok()?)));
        first_that_says_most(usable, |(challenge, _)| challenge).map(|(_, bearer)| bearer)
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

/// How much a challenge for `Bearer` says, in ascending order. A scope is worth more than an error
/// without one: it tells what to do.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    Nothing,
    Error,
    Scope,
    ErrorAndScope,
}

impl Says {
    fn of(challenge: &Challenge) -> Self {
        let has = |name| {
            challenge
                .parameter(name)
                .is_some_and(|v| !v.trim().is_empty())
        };
        match (has("error"), has("scope")) {
            (true, true) => Self::ErrorAndScope,
            (false, true) => Self::Scope,
            (true, false) => Self::Error,
            (false, false) => Self::Nothing,
        }
    }
}

/// Returns the challenge for `Bearer` that says most, or of several the first.
pub(crate) fn find_for_bearer(challenges: &[Challenge]) -> Option<&Challenge> {
    let is_bearer = |c: &&Challenge| c.scheme().eq_ignore_ascii_case("Bearer");
    let with_parameters = challenges
        .iter()
        .filter(is_bearer)
        .filter(|challenge| challenge.token68().is_none());
    first_that_says_most(with_parameters, |challenge| challenge)
}

fn first_that_says_most<'a, T>(
    items: impl Iterator<Item = T>,
    challenge: impl Fn(&T) -> &'a Challenge,
) -> Option<T> {
    items.reduce(|best, next| {
        let says_more = Says::of(challenge(&next)) > Says::of(challenge(&best));
        if says_more { next } else { best }
    })
}

/// Goes through the setters, which replace characters that are not allowed, because
/// another server's challenge is untrusted input.
impl TryFrom<&Challenge> for BearerChallenge {
    type Error = Error;

    fn try_from(challenge: &Challenge) -> Result<Self, Error> {
        if !challenge.scheme().eq_ignore_ascii_case("Bearer") {
            return Err(Error::invalid_response(
                "the challenge is not for the scheme `Bearer`",
            ));
        }
        if challenge.token68().is_some() {
            return Err(Error::invalid_response(
                "the challenge for `Bearer` has a token68 instead of parameters",
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

/// Parses the scope in another server's challenge, whose spaces may be irregular.
fn scope(text: &str) -> Result<Scope, Error> {
    let elements = text.split(' ').filter(|element| !element.is_empty());
    let scope = elements.collect::<Vec<_>>().join(" ");
    // `Scope` reports a configuration error, but this text is not one of our settings.
    scope.parse().map_err(|e| {
        Error::with_source(
            ErrorKind::InvalidResponse,
            "the scope in the challenge is invalid",
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
    fn of_several_challenges_the_one_that_says_most_counts() {
        let said = [
            "Bearer error=e, scope=s",
            "Bearer realm=r, scope=s",
            "Bearer error=e, error_description=d, scope=\"\"",
            "Bearer",
        ];
        let found = |fields: [&str; 2]| {
            let challenges = Challenge::parse_lossy(fields);
            BearerChallenge::find(&challenges).map(|bearer| bearer.to_string())
        };
        for (index, more) in said.iter().enumerate() {
            for less in &said[index..] {
                let expected = found([more, ""]);
                assert!(expected.is_some());
                assert_eq!(found([more, less]), expected);
                assert_eq!(found([less, more]), expected);
            }
        }
        assert_eq!(
            found(["Bearer realm=a", "Bearer realm=b"]),
            found(["Bearer realm=a", ""])
        );
        // What can't be used says nothing, however long it is.
        assert_eq!(
            found(["Bearer error=e, scope=\"a,b\"", "Bearer"]).as_deref(),
            Some("Bearer")
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
