//! The grammar of `WWW-Authenticate` (RFC 9110 §11), one function per rule.
//!
//! The text is untrusted, so the parser runs in linear time, does not recurse, and bounds
//! what it collects.

use crate::header::challenge::reader::{Reader, is_white};
use crate::header::challenge::{Challenge, ChallengeError, Content};

pub(crate) const MAX_LENGTH: usize = 64 * 1024;
pub(crate) const MAX_CHALLENGES: usize = 64;
const MAX_PARAMETERS: usize = 64;

pub(crate) type Parsed<T> = Result<T, ChallengeError>;

impl Challenge {
    /// Parses the values of all `WWW-Authenticate` fields of a response.
    ///
    /// Several values form one list (RFC 9110 §5.3). As the grammar requires, optional white
    /// space, empty list elements, and any order and case of parameters are accepted. The
    /// bounds are 64 KiB in all, 64 challenges, and 64 parameters per challenge.
    ///
    /// To use what a server sent, rather than to check it, prefer
    /// [`parse_lossy`](Self::parse_lossy): there, one bad challenge does not spoil the others.
    ///
    /// # Errors
    ///
    /// Returns an error if the text does not match the grammar or exceeds a bound, or if a
    /// challenge has a parameter twice (RFC 9110 §11.2).
    pub fn parse_all(
        values: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Result<Vec<Self>, ChallengeError> {
        field_values(values)
    }
}

/// Several values form one list (RFC 9110 §5.3), so a challenge may continue in the next
/// value.
fn field_values(values: impl IntoIterator<Item: AsRef<[u8]>>) -> Parsed<Vec<Challenge>> {
    let mut list = List::default();
    let mut length = 0_usize;
    for (field, value) in values.into_iter().enumerate() {
        let text = value.as_ref();
        // Count the comma between values too, so that empty values are bounded.
        length = length.saturating_add(text.len()).saturating_add(1);
        let mut reader = Reader::new(field, text);
        if length > MAX_LENGTH {
            return Err(reader.expected("at most 64 KiB in all"));
        }
        list.read(&mut reader)?;
    }
    Ok(list.challenges)
}

#[derive(Default)]
struct List {
    challenges: Vec<Challenge>,
    /// Whether a parameter may follow that belongs to the last challenge.
    is_open: bool,
}

impl List {
    /// `#element = [ element ] *( OWS "," OWS [ element ] )`, RFC 9110 §5.6.1.2.
    fn read(&mut self, reader: &mut Reader<'_>) -> Parsed<()> {
        while reader.begins_element() {
            self.element(reader)?;
            end_of_element(reader)?;
        }
        Ok(())
    }

    /// Reads a challenge, or another parameter of the last one. Commas separate both.
    fn element(&mut self, reader: &mut Reader<'_>) -> Parsed<()> {
        let parameters = self.challenges.last_mut().map(|last| &mut last.content);
        if let Some(Content::Parameters(own)) = parameters
            && self.is_open
            && is_parameter(reader)
        {
            return parameter(reader, own);
        }
        if self.challenges.len() == MAX_CHALLENGES {
            return Err(reader.expected("at most 64 challenges"));
        }
        let (challenge, spaces) = challenge(reader)?;
        self.is_open = spaces > 0;
        self.challenges.push(challenge);
        Ok(())
    }
}

/// `challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]`, §11.3, up to its first parameter.
/// Also returns how many spaces follow the scheme.
pub(crate) fn challenge(reader: &mut Reader<'_>) -> Parsed<(Challenge, usize)> {
    let scheme = token(reader, "a scheme")?;
    let spaces = reader.skip(|byte| byte == b' ');
    let mut own = Vec::new();
    let content = match reader.peek() {
        None | Some(b',' | b'\t') => Content::Parameters(own),
        Some(_) if spaces == 0 => return Err(reader.expected("a space or a comma")),
        Some(_) => match token68(reader) {
            Some(text) => Content::Token68(text),
            None => {
                parameter(reader, &mut own)?;
                Content::Parameters(own)
            }
        },
    };
    Ok((Challenge { scheme, content }, spaces))
}

/// An element ends before a comma, or with the value.
pub(crate) fn end_of_element(reader: &mut Reader<'_>) -> Parsed<()> {
    reader.skip(is_white);
    match reader.peek() {
        None | Some(b',') => Ok(()),
        Some(_) => Err(reader.expected("a comma")),
    }
}

/// Whether `token BWS "="` comes next, which cannot begin a challenge.
pub(crate) fn is_parameter(reader: &Reader<'_>) -> bool {
    let mut ahead = reader.clone();
    ahead.skip(is_tchar);
    ahead.skip(is_white);
    ahead.peek() == Some(b'=')
}

/// `auth-param = token BWS "=" BWS ( token / quoted-string )`, §11.2. A duplicate name is
/// an error, since it would be ambiguous.
pub(crate) fn parameter(reader: &mut Reader<'_>, own: &mut Vec<(String, String)>) -> Parsed<()> {
    if own.len() == MAX_PARAMETERS {
        return Err(reader.expected("at most 64 parameters in a challenge"));
    }
    let begin = reader.clone();
    let mut name = token(reader, "a parameter's name")?;
    name.make_ascii_lowercase();
    if own.iter().any(|(other, _)| *other == name) {
        return Err(begin.expected("a parameter that this challenge does not have yet"));
    }
    reader.skip(is_white);
    if reader.peek() != Some(b'=') {
        return Err(reader.expected("`=`"));
    }
    reader.at += 1;
    reader.skip(is_white);
    let value = match reader.peek() {
        Some(b'"') => quoted_string(reader)?,
        _ => token(reader, "a parameter's value")?,
    };
    own.push((name, value));
    Ok(())
}

/// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`, §11.2. It must
/// be the end of the element, since a parameter can begin with the same characters.
fn token68(reader: &mut Reader<'_>) -> Option<String> {
    let mut ahead = reader.clone();
    let length = ahead.skip(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
    ahead.skip(|byte| byte == b'=');
    let end = ahead.at;
    ahead.skip(is_white);
    if length == 0 || !matches!(ahead.peek(), None | Some(b',')) {
        return None;
    }
    let word = &reader.text[reader.at..end];
    reader.at = end;
    Some(text(word.to_vec()))
}

/// `quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE`, §5.6.4.
fn quoted_string(reader: &mut Reader<'_>) -> Parsed<String> {
    reader.at += 1;
    let mut value = Vec::new();
    loop {
        match reader.peek() {
            Some(b'"') => break,
            Some(b'\\') => reader.at += 1,
            _ => {}
        }
        match reader.peek() {
            Some(byte) if is_quotable(byte) => value.push(byte),
            Some(_) => return Err(reader.expected("a character that is allowed in quotes")),
            None => return Err(reader.expected("`\"`")),
        }
        reader.at += 1;
    }
    reader.at += 1;
    Ok(text(value))
}

/// `token = 1*tchar`, §5.6.2.
fn token(reader: &mut Reader<'_>, what: &'static str) -> Parsed<String> {
    let begin = reader.at;
    if reader.skip(is_tchar) == 0 {
        return Err(reader.expected(what));
    }
    Ok(text(reader.text[begin..reader.at].to_vec()))
}

/// Decodes bytes as UTF-8, or else as ISO-8859-1, the former encoding of HTTP
/// (RFC 9110 §5.5).
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

/// Whether a byte may occur in a token, §5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether a byte may occur in a `quoted-pair`, §5.6.4. Outside of a pair, `"` and `\` are
/// not allowed.
fn is_quotable(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

#[cfg(test)]
mod tests;
