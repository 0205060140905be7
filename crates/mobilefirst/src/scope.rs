//! Required scopes, RFC 6749 §3.3.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;

/// The scope that a route requires: scope elements separated by single spaces.
///
/// A token covers it if each element is also an element of the token's scope. Elements are
/// compared exactly, and their order does not matter. Any active token covers the empty
/// scope.
///
/// An element consists of visible ASCII characters except `"` and `\` (RFC 6749 §3.3), and
/// except comma and `=`, because the MobileFirst client SDKs split the challenge at those.
/// Other characters are an error; in a literal, at compile time:
///
/// ```
/// use mobilefirst::Scope;
///
/// const TRANSFER: Scope = Scope::from_static("accessRestricted transferPrivilege");
/// let same: Scope = "accessRestricted transferPrivilege".parse()?;
/// assert_eq!(TRANSFER, same);
/// assert!("a,b".parse::<Scope>().is_err());
/// # Ok::<(), mobilefirst::Error>(())
/// ```
///
/// ```compile_fail
/// const BAD: mobilefirst::Scope = mobilefirst::Scope::from_static("a,b");
/// ```
///
/// The scope of a route is usually a type: declare it with [`scopes!`](crate::scopes). One
/// that is only known at run time comes out of a configuration as it is:
///
/// ```
/// use mobilefirst::Scope;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Configuration {
///     reports: Scope,
/// }
///
/// let read: Configuration = serde_json::from_str(r#"{"reports": "accessRestricted"}"#)?;
/// assert_eq!(read.reports.as_str(), "accessRestricted");
/// assert!(serde_json::from_str::<Configuration>(r#"{"reports": "a,b"}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[doc(alias = "role")]
#[doc(alias = "permission")]
#[doc(alias = "authority")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// The scope without elements, which any active token covers.
    pub const EMPTY: Self = Self(Cow::Borrowed(""));

    /// Creates a scope from a literal.
    ///
    /// Use [`parse`](str::parse) for text that is only known at run time.
    ///
    /// # Panics
    ///
    /// Panics if `scope` is not a valid scope. In a `const`, such as
    /// [`RequiredScope::SCOPE`](crate::RequiredScope::SCOPE), that is a compile error.
    #[expect(clippy::panic, reason = "the compiler reports it, in const context")]
    pub const fn from_static(scope: &'static str) -> Self {
        match fault(scope.as_bytes()) {
            None => Self(Cow::Borrowed(scope)),
            Some(fault) => panic!("{}", fault),
        }
    }

    /// Returns the scope as text.
    pub const fn as_str(&self) -> &str {
        match &self.0 {
            Cow::Borrowed(scope) => scope,
            Cow::Owned(scope) => scope.as_str(),
        }
    }

    /// Returns the elements of this scope, and those of `other` that it lacks.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut joined = self.0.clone();
        for element in other.elements() {
            if self.elements().any(|own| own == element) {
                continue;
            }
            if !joined.is_empty() {
                joined.to_mut().push(' ');
            }
            joined.to_mut().push_str(element);
        }
        Self(joined)
    }

    /// Returns the scope elements in their original order.
    pub fn elements(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|element| !element.is_empty())
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(scope: &str) -> Result<Self, Error> {
        Self::try_from(scope)
    }
}

impl TryFrom<&str> for Scope {
    type Error = Error;

    fn try_from(scope: &str) -> Result<Self, Error> {
        Self::try_from(scope.to_owned())
    }
}

impl TryFrom<String> for Scope {
    type Error = Error;

    fn try_from(scope: String) -> Result<Self, Error> {
        match fault(scope.as_bytes()) {
            None => Ok(Self(Cow::Owned(scope))),
            Some(fault) => Err(Error::configuration(fault)),
        }
    }
}

/// Reads the text of a scope. The error says what is wrong with it.
impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let scope = String::deserialize(deserializer)?;
        Self::try_from(scope).map_err(D::Error::custom)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const fn fault(scope: &[u8]) -> Option<&'static str> {
    let mut i = 0;
    while i < scope.len() {
        match scope[i] {
            b' ' if i == 0 || i + 1 == scope.len() || scope[i + 1] == b' ' => {
                return Some("scope elements must be separated by exactly one space");
            }
            b'"' | b'\\' | b',' | b'=' => {
                return Some(r#"a scope element must not contain `"`, `\`, `,` or `=`"#);
            }
            b' '..=b'~' => {}
            _ => return Some("a scope element must consist of visible ASCII characters"),
        }
        i += 1;
    }
    None
}

/// Whether each element of `required` is also an element of `granted`.
pub(crate) fn covers(granted: &str, required: &Scope) -> bool {
    let required = required.as_str();
    is_easily_covered(granted, required)
        || elements(required.as_bytes()).all(|element| contains(granted.as_bytes(), element))
}

/// Whether the granted scope begins or ends with the required one. That it does most often, and
/// to split both takes as long as all the rest of a verdict.
fn is_easily_covered(granted: &str, required: &str) -> bool {
    // What remains must not be a part of the same element. Nothing is required: all remains.
    let begins = |rest: &str| rest.is_empty() || rest.starts_with(' ') || required.is_empty();
    let ends = |rest: &str| rest.is_empty() || rest.ends_with(' ');
    granted.strip_prefix(required).is_some_and(begins)
        || granted.strip_suffix(required).is_some_and(ends)
}

fn contains(granted: &[u8], element: &[u8]) -> bool {
    elements(granted).any(|own| own == element)
}

fn elements(scope: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(scope);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.iter().position(|byte| *byte == b' ');
        rest = end.map(|end| &text[end + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_break_a_challenge_is_refused() {
        for bad in [
            "\"", "a\\b", "a,b", "a=b", "a\nb", "ä", "a  b", " a", "a ", "\u{7f}",
        ] {
            assert!(bad.parse::<Scope>().is_err(), "{bad:?}");
            assert!(Scope::try_from(bad.to_owned()).is_err(), "{bad:?}");
            let configured = serde_json::from_value::<Scope>(bad.into());
            let error = configured.unwrap_err().to_string();
            assert!(
                error.starts_with("a scope element") || error.contains("space"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_scope_comes_from_any_text_and_is_written_as_one_s7() {
        static SCOPE: Scope = Scope::from_static("a b");
        const TEXT: &str = SCOPE.as_str();
        assert_eq!(TEXT, "a b");
        let scope = Scope::from_static("a b");
        assert_eq!(Scope::try_from("a b").unwrap(), scope);
        assert_eq!(Scope::try_from(String::from("a b")).unwrap(), scope);
        assert_eq!(serde_json::from_str::<Scope>(r#""a b""#).unwrap(), scope);
        assert_eq!(serde_json::to_string(&scope).unwrap(), r#""a b""#);
        for other in ["3", "null", r#"["a"]"#] {
            assert!(serde_json::from_str::<Scope>(other).is_err(), "{other}");
        }
        let faulty = serde_json::from_str::<Scope>(r#""a  b""#).unwrap_err();
        let errors = [
            Scope::try_from("a  b").unwrap_err().to_string(),
            "a  b".parse::<Scope>().unwrap_err().to_string(),
            faulty.to_string(),
        ];
        for error in errors {
            assert!(error.contains("exactly one space"), "{error}");
        }
    }

    #[test]
    fn joining_adds_the_elements_that_are_missing() {
        for (one, other, joined) in [
            ("", "", ""),
            ("a", "", "a"),
            ("", "a b", "a b"),
            ("a", "a", "a"),
            ("b a", "a c ab", "b a c ab"),
        ] {
            let [one, other] = [one, other].map(|scope| scope.parse::<Scope>().unwrap());
            assert_eq!(one.and(&other).as_str(), joined, "{one} / {other}");
        }
    }

    #[test]
    fn covering_is_by_whole_elements() {
        for (granted, required, covered) in [
            ("readonly", "read", false),
            ("read", "Read", false),
            ("read", "readonly", false),
            ("b c a", "a b", true),
            ("a b c", "a", true),
            ("a b c", "b", true),
            ("a b c", "c", true),
            ("a b c", "a b", true),
            ("a b c", "b c", true),
            ("a b c", "c b a", true),
            ("a b c", "c d", false),
            ("ab bc", "a b", false),
            ("ab bc", "b b", false),
            ("ab bc", "ab b", false),
            ("ab bc", "b bc", false),
            ("ab", "a", false),
            ("ab", "b", false),
            ("x ab y", "a", false),
            ("x ab y", "b", false),
            ("a", "a b", false),
            ("", "", true),
            ("a", "", true),
            ("", "a", false),
        ] {
            let scope = required.parse().unwrap();
            assert_eq!(covers(granted, &scope), covered, "{granted} / {required}");
        }
    }
}
