//! The `Authorization` field of a request (RFC 6750 §2.1, RFC 9110 §11).

/// The caller's access token, and in version 7 optionally an ID token.
///
/// Both are `b64token`s: ASCII that never needs quoting.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Bearer<'a> {
    pub(crate) token: &'a str,
    pub(crate) id_token: Option<&'a str>,
}

/// Why a request has no usable token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The `Authorization` field is absent, or for another scheme.
    Missing,
    /// The scheme is `Bearer`, but the rest is malformed, or there are several fields.
    Malformed,
}

const SCHEME: &[u8] = b"Bearer";

/// Returns the only `Authorization` value of a request.
#[inline]
pub(crate) fn only<V>(values: impl IntoIterator<Item = V>) -> Result<V, Unusable> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Unusable::Missing),
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(Unusable::Malformed),
    }
}

/// Returns the unparsed credentials after the scheme `Bearer`.
#[inline]
pub(crate) fn credentials(value: &[u8]) -> Result<&[u8], Unusable> {
    let Some((scheme, rest)) = value.split_at_checked(SCHEME.len()) else {
        return Err(Unusable::Missing);
    };
    if !scheme.eq_ignore_ascii_case(SCHEME) {
        return Err(Unusable::Missing);
    }
    match rest {
        // Nearly every request has one space, and none at the end.
        [b' ', credentials @ ..] if has_no_space_around(credentials) => Ok(credentials),
        [b' ', ..] => match trim_spaces(rest) {
            [] => Err(Unusable::Malformed),
            credentials => Ok(credentials),
        },
        // The scheme only begins with `Bearer`.
        [byte, ..] if is_tchar(*byte) => Err(Unusable::Missing),
        _ => Err(Unusable::Malformed),
    }
}

/// Parses `credentials` into tokens of at most `max_length` bytes.
pub(crate) fn parse(credentials: &[u8], max_length: usize) -> Result<Bearer<'_>, Unusable> {
    // As text, in which spaces are found faster. No token holds anything but ASCII.
    let credentials = std::str::from_utf8(credentials).map_err(|_| Unusable::Malformed)?;
    let mut words = credentials
        .split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| b64token(word, max_length));
    let token = words.next().ok_or(Unusable::Malformed)??;
    let id_token = words.next().transpose()?;
    match words.next() {
        None => Ok(Bearer { token, id_token }),
        Some(_) => Err(Unusable::Malformed),
    }
}

#[inline]
fn has_no_space_around(text: &[u8]) -> bool {
    matches!(text, [first, .., last] if *first != b' ' && *last != b' ')
}

/// Removes spaces at both ends. White space around a field's value does not belong to it
/// (RFC 9110 §5.5), and only spaces may separate scheme and token (§11.4).
fn trim_spaces(text: &[u8]) -> &[u8] {
    let begin = text.iter().position(|byte| *byte != b' ');
    let end = text.iter().rposition(|byte| *byte != b' ');
    match (begin, end) {
        (Some(begin), Some(end)) => &text[begin..=end],
        _ => &[],
    }
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
fn b64token(word: &str, max_length: usize) -> Result<&str, Unusable> {
    let body = word.trim_end_matches('=');
    // No branch per byte, so that the compiler can vectorize the loop.
    let other = body.bytes().map(|byte| u8::from(!is_b64(byte)));
    let fits = other.fold(0, |any, other| any | other) == 0;
    match fits && !body.is_empty() && word.len() <= max_length {
        true => Ok(word),
        false => Err(Unusable::Malformed),
    }
}

fn is_b64(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    // `-`, `.`, `/` and the digits are adjacent in ASCII.
    let digit = byte.wrapping_sub(b'-') <= b'9' - b'-';
    letter | digit | (byte == b'_') | (byte == b'~') | (byte == b'+')
}

/// Whether a byte may occur in a token (RFC 9110 §5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(value: &[u8]) -> Result<&str, Unusable> {
        parse(credentials(value)?, 16).map(|bearer| bearer.token)
    }

    #[test]
    fn the_scheme_is_case_insensitive_and_any_number_of_spaces_follows() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc", "Bearer abc "] {
            assert_eq!(token(value.as_bytes()), Ok("abc"), "{value}");
        }
        assert_eq!(token(b"Bearer a+b/c=="), Ok("a+b/c=="));
    }

    #[test]
    fn another_scheme_counts_as_a_missing_token() {
        for value in [
            "",
            "Basic abc",
            "BearerXYZ",
            "BearerXYZ abc",
            " ",
            "Bear er",
        ] {
            assert_eq!(token(value.as_bytes()), Err(Unusable::Missing), "{value}");
        }
    }

    #[test]
    fn a_bearer_without_a_usable_token_is_malformed() {
        let values: [&[u8]; 15] = [
            b"Bearer",
            b"Bearer ",
            b"Bearer\tabc",
            b"Bearer \tabc",
            b"Bearer,abc",
            b"Bearer a\"b",
            b"Bearer a,b",
            b"Bearer a&b",
            b"Bearer a\x01b",
            b"Bearer \xc3\xa4",
            b"Bearer \xff",
            b"Bearer =",
            b"Bearer a=b",
            b"Bearer abcdefghijklmnopq",
            b"Bearer a b c",
        ];
        for value in values {
            assert_eq!(token(value), Err(Unusable::Malformed), "{value:?}");
        }
    }

    #[test]
    fn exactly_the_characters_of_a_b64token_are_accepted() {
        for byte in 0..=u8::MAX {
            let expected = byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
            assert_eq!(is_b64(byte), expected, "{byte}");
        }
    }

    #[test]
    fn a_second_word_is_the_id_token() {
        let bearer = parse(b"access  id.token", 16).unwrap();
        assert_eq!(bearer.id_token, Some("id.token"));
    }
}
