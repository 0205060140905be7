//! Required scopes, RFC 6749 §3.3.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The scope that a route requires: scope elements with one space between.
///
/// Each element must be, exactly, an element of the token's scope; their order
/// does not matter. The empty scope asks for any active token.
///
/// An element is made of visible ASCII without `"` and `\` (RFC 6749 §3.3), and
/// without comma and `=`: the MobileFirst client SDKs cut the challenge at those.
/// Anything else is refused where it is written; a literal, at compile time:
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Cow<'static, str>);

impl Scope {
    /// No element: any active token covers it.
    pub const EMPTY: Self = Self(Cow::Borrowed(""));

    /// The scope in a literal.
    ///
    /// # Panics
    ///
    /// Where it is not a scope. In a `const`, as in
    /// [`RequiredScope::SCOPE`](crate::RequiredScope::SCOPE), that is an error of
    /// the compiler; for text from elsewhere use [`parse`](str::parse).
    #[expect(clippy::panic, reason = "the compiler reports it, in const context")]
    pub const fn from_static(scope: &'static str) -> Self {
        match fault(scope.as_bytes()) {
            None => Self(Cow::Borrowed(scope)),
            Some(fault) => panic!("{}", fault),
        }
    }

    /// The scope as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope elements, in the order in which they were written.
    pub fn elements(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|element| !element.is_empty())
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(scope: &str) -> Result<Self, Error> {
        match fault(scope.as_bytes()) {
            None => Ok(Self(Cow::Owned(scope.to_owned()))),
            Some(fault) => Err(Error::configuration(fault)),
        }
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
                return Some("a scope has one space between two elements, and no other space");
            }
            b'"' | b'\\' | b',' | b'=' => {
                return Some(r#"a scope element may not hold `"`, `\`, `,` or `=`"#);
            }
            b' '..=b'~' => {}
            _ => return Some("a scope element may hold visible ASCII characters only"),
        }
        i += 1;
    }
    None
}

/// Whether each element of `required` is, exactly, an element of `granted`.
pub(crate) fn covers(granted: &str, required: &Scope) -> bool {
    // As a rule, a route is called with a token for just its scope.
    let is_same = granted == required.as_str();
    is_same
        || required
            .elements()
            .all(|element| granted.split(' ').any(|own| own == element))
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
        }
    }

    #[test]
    fn covering_is_by_whole_elements() {
        for (granted, required, covered) in [
            ("readonly", "read", false),
            ("read", "Read", false),
            ("read", "readonly", false),
            ("b c a", "a b", true),
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
