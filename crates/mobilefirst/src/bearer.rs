//! The `Authorization` field of a request, RFC 6750 §2.1 and RFC 9110 §11.

/// What a caller presented: an access token, and in version 7 perhaps an ID token.
///
/// Both are `b64token`s, so they need no escaping anywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(crate) struct Bearer<'a> {
    pub(crate) token: &'a str,
    pub(crate) id_token: Option<&'a str>,
}

/// Why an `Authorization` field holds no usable token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is absent, or for another scheme.
    Missing,
    /// It is for the scheme `Bearer`, but wrong.
    Malformed,
}

/// Reads the token out of one field value; `max_length` is in bytes.
pub(crate) fn parse(value: &[u8], max_length: usize) -> Result<Bearer<'_>, Unusable> {
    let scheme_end = value.iter().position(|byte| !is_tchar(*byte));
    let (scheme, rest) = value.split_at(scheme_end.unwrap_or(value.len()));
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(Unusable::Missing);
    }
    if !rest.is_empty() && !rest.starts_with(b" ") {
        return Err(Unusable::Malformed);
    }
    let mut words = rest
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let Some(token) = words.next() else {
        return Err(Unusable::Malformed);
    };
    let token = b64token(token, max_length)?;
    let id_token = words
        .next()
        .map(|word| b64token(word, max_length))
        .transpose()?;
    if words.next().is_some() {
        return Err(Unusable::Malformed);
    }
    Ok(Bearer { token, id_token })
}

/// RFC 6750 §2.1: `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
fn b64token(word: &[u8], max_length: usize) -> Result<&str, Unusable> {
    if word.len() > max_length {
        return Err(Unusable::Malformed);
    }
    let body = word.iter().take_while(|byte| is_b64(**byte)).count();
    let padding = word.iter().skip(body).all(|byte| *byte == b'=');
    match std::str::from_utf8(word) {
        Ok(token) if body > 0 && padding => Ok(token),
        _ => Err(Unusable::Malformed),
    }
}

fn is_b64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

/// RFC 9110 §5.6.2.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(value: &[u8]) -> Result<&str, Unusable> {
        parse(value, 16).map(|bearer| bearer.token)
    }

    #[test]
    fn the_scheme_has_no_case_and_any_number_of_spaces_follows() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc", "Bearer abc "] {
            assert_eq!(token(value.as_bytes()), Ok("abc"), "{value}");
        }
        assert_eq!(token(b"Bearer a+b/c=="), Ok("a+b/c=="));
    }

    #[test]
    fn another_scheme_is_no_credential() {
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
        let values: [&[u8]; 14] = [
            b"Bearer",
            b"Bearer ",
            b"Bearer\tabc",
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
    fn a_second_word_is_the_id_token() {
        let bearer = parse(b"Bearer access id.token", 16).unwrap();
        assert_eq!(bearer.id_token, Some("id.token"));
    }
}
