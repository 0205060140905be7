//! Reading `Authorization`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;

/// The credentials in a request's `Authorization` header.
pub(crate) enum Credentials<'a> {
    /// No header.
    None,
    /// One header, with this scheme.
    One { scheme: &'a str, value: &'a str },
    /// Several headers, or one that is not text.
    Malformed,
}

impl<'a> Credentials<'a> {
    pub(crate) fn of(request: &'a Request<Bytes>) -> Self {
        let mut fields = request.headers().get_all(AUTHORIZATION).iter();
        let Some(field) = fields.next() else {
            return Self::None;
        };
        let (None, Ok(text)) = (fields.next(), field.to_str()) else {
            return Self::Malformed;
        };
        let (scheme, value) = text.trim().split_once(' ').unwrap_or((text, ""));
        Self::One {
            scheme,
            value: value.trim_start(),
        }
    }

    /// The token, if the scheme is `Bearer`.
    pub(crate) fn bearer(&self) -> Option<&'a str> {
        match self {
            Self::One { scheme, value } if scheme.eq_ignore_ascii_case("Bearer") => Some(value),
            _ => None,
        }
    }

    /// ID and secret as they were sent, if the scheme is `Basic`.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        match self {
            Self::One { scheme, value } if scheme.eq_ignore_ascii_case("Basic") => {
                let pair = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
                let (id, secret) = pair.split_once(':')?;
                Some((id.to_owned(), secret.to_owned()))
            }
            _ => None,
        }
    }
}

/// Reverses form encoding; `None` if `text` cannot be one encoded value.
pub(crate) fn form_decoded(text: &str) -> Option<String> {
    if text.contains(['&', '=']) {
        return None;
    }
    // Without these two characters, the whole text parses as the name of one parameter.
    let (name, _) = form_urlencoded::parse(text.as_bytes()).next()?;
    Some(name.into_owned())
}
