//! A challenge for any scheme (RFC 9110 §11.3).

pub(crate) mod lossy;
pub(crate) mod parse;
pub(crate) mod reader;

use std::fmt;

use crate::header::quoted::Escaped;

/// A challenge in `WWW-Authenticate`: a scheme, and either parameters or one `token68`
/// (RFC 9110 §11.3).
///
/// Parsing the printed text yields an equal value.
///
/// ```
/// use mobilefirst::challenge::Challenge;
///
/// let field = r#"Negotiate, Bearer realm=bank , error="invalid_token""#;
/// let challenges = Challenge::parse_all([field])?;
/// assert_eq!(challenges[0].scheme(), "Negotiate");
/// assert_eq!(challenges[1].parameter("error"), Some("invalid_token"));
/// assert_eq!(
///     challenges[1].to_string(),
///     r#"Bearer realm="bank", error="invalid_token""#
/// );
/// # Ok::<(), mobilefirst::challenge::ChallengeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Challenge {
    pub(crate) scheme: String,
    pub(crate) content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Content {
    Token68(String),
    /// Unique names, in lower case.
    Parameters(Vec<(String, String)>),
}

impl Challenge {
    /// Returns the scheme in its original case, which has no meaning.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns the `token68`, if the challenge has one instead of parameters.
    pub fn token68(&self) -> Option<&str> {
        match &self.content {
            Content::Token68(text) => Some(text),
            Content::Parameters(_) => None,
        }
    }

    /// Returns the value of a parameter without quotes. `name` is case-insensitive.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters();
        let found = parameters.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// Returns the parameters in their original order, with names in lower case.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = match &self.content {
            Content::Token68(_) => &[][..],
            Content::Parameters(own) => own,
        };
        own.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        if let Some(text) = self.token68() {
            write!(f, " {text}")?;
        }
        let mut separator = " ";
        for (name, value) in self.parameters() {
            write!(f, "{separator}{name}=\"{}\"", Escaped(value))?;
            separator = ", ";
        }
        Ok(())
    }
}

/// A syntax error in `WWW-Authenticate`: where it is, and what was expected there.
///
/// It never quotes the text, which comes from another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeError {
    pub(crate) field: usize,
    pub(crate) offset: usize,
    pub(crate) expected: &'static str,
}

impl ChallengeError {
    /// Returns the index of the field value, counted from 0.
    pub fn field(&self) -> usize {
        self.field
    }

    /// Returns the position in that value, in bytes from its start.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Returns what was expected at that position.
    pub fn expected(&self) -> &'static str {
        self.expected
    }
}

impl fmt::Display for ChallengeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            offset,
            expected,
        } = self;
        write!(
            f,
            "not a list of challenges: expected {expected} at byte {offset} of value {field}"
        )
    }
}

impl std::error::Error for ChallengeError {}
