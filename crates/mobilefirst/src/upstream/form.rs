//! Form-encoded requests to the authorization server.

use bytes::Bytes;
use form_urlencoded::byte_serialize;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};

/// `application/x-www-form-urlencoded`.
pub(crate) fn encoded<'a>(
    parameters: impl IntoIterator<Item = (&'a str, &'a str), IntoIter: Clone>,
) -> Bytes {
    let parameters = parameters.into_iter();
    // Tokens are long, and usually nothing in them needs escaping.
    let length = |(name, value): (&str, &str)| name.len() + value.len() + 2;
    let length: usize = parameters.clone().map(length).sum();
    let mut form = String::with_capacity(length.saturating_sub(1));
    for (name, value) in parameters {
        if !form.is_empty() {
            form.push('&');
        }
        for (text, end) in [(name, "="), (value, "")] {
            let special = text.bytes().map(|byte| u8::from(!is_plain(byte)));
            match special.fold(0, |any, special| any | special) {
                0 => form.push_str(text),
                _ => form.extend(byte_serialize(text.as_bytes())),
            }
            form.push_str(end);
        }
    }
    form.into()
}

/// Whether a byte stands for itself in a form. No branches, so that the compiler can look at many
/// at a time.
fn is_plain(byte: u8) -> bool {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    letter | byte.is_ascii_digit() | (byte == b'-') | (byte == b'.') | (byte == b'_')
}

/// A form for an endpoint of the authorization server.
pub(crate) fn form_request(
    uri: &Uri,
    authorization: Option<HeaderValue>,
    form: Bytes,
) -> Request<Bytes> {
    let mut request = Request::new(form);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-www-form-urlencoded"),
    );
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(authorization) = authorization {
        headers.insert(AUTHORIZATION, authorization);
    }
    request
}

#[cfg(test)]
mod tests {
    use form_urlencoded::Serializer;

    use super::*;

    #[test]
    fn a_form_is_what_the_library_makes_of_it() {
        let all: String = (0..=0x17f).filter_map(char::from_u32).collect();
        for parameters in [
            vec![],
            vec![("token", "abc-._DEF019")],
            vec![("token", "a+b/c=="), ("x y", ""), ("", "~*")],
            vec![("token", all.as_str()), (all.as_str(), "b")],
        ] {
            let mut form = Serializer::new(String::new());
            form.extend_pairs(&parameters);
            assert_eq!(encoded(parameters), form.finish());
        }
    }
}
