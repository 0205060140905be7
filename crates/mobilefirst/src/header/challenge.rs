//! A challenge for whatever scheme, RFC 9110 §11.3.

pub(crate) mod parse;

use std::fmt;

use crate::header::quoted::Escaped;

/// A challenge as it stands in `WWW-Authenticate`, RFC 9110 §11.3: a scheme, and either
/// parameters or one `token68`.
///
/// What it prints is parsed again to the same value.
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
    /// Names in lower case, each once.
    Parameters(Vec<(String, String)>),
}

impl Challenge {
    /// The scheme as it was written; its case does not matter.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The `token68`, where the challenge has one in place of parameters.
    pub fn token68(&self) -> Option<&str> {
        match &self.content {
            Content::Token68(text) => Some(text),
            Content::Parameters(_) => None,
        }
    }

    /// The value of a parameter, without quotes; the case of `name` does not matter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters();
        let found = parameters.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// The parameters in the order in which they were written, with names in lower case.
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

/// Where text in `WWW-Authenticate` is no list of challenges, and what was expected there.
///
/// It never quotes the text, which comes from another server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeError {
    pub(crate) field: usize,
    pub(crate) offset: usize,
    pub(crate) expected: &'static str,
}

impl ChallengeError {
    /// Which of the values it is, counted from 0.
    pub fn field(&self) -> usize {
        self.field
    }

    /// Where in that value, in bytes from its beginning.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What should have stood there.
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
            "no list of challenges: expected {expected} at byte {offset} of value {field}"
        )
    }
}

impl std::error::Error for ChallengeError {}
