//! Where a token is if a client can't set `Authorization`: RFC 6750 §2.3, and cookies.

use form_urlencoded::parse;
use http::HeaderValue;

/// The name of the query parameter (RFC 6750 §2.3).
const PARAMETER: &str = "access_token";

/// How many tokens are looked for. Two are refused, and more cost memory.
const MOST: usize = 2;

/// Another place for the access token, for clients that can't set `Authorization`.
///
/// Browsers can't set it for a `WebSocket`, an `EventSource`, an image or a download. No
/// route takes a token from anywhere else unless it is told to, in the adapters with
/// `TokenFromLayer` (axum), `TokenFrom` (actix-web), `RequireScope::token_from` (Rocket) or
/// `authorized_from` (warp). Do it for the routes that need it, not for all, and only
/// for those that change nothing.
///
/// `Authorization` still works on such a route. A request with more than one token, in
/// whatever places, is refused with 400 (RFC 6750 §2). So is one with an `Authorization` field
/// of another scheme beside the token.
#[doc(alias = "websocket")]
#[doc(alias = "sse")]
#[doc(alias = "EventSource")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenPlace(Place);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    Query,
    Cookie(&'static str),
}

impl TokenPlace {
    /// The `Cache-Control` of a response to a request with a token in the query or a cookie: no
    /// cache may keep it. `private` is for caches that know no `no-store` (RFC 6750 §2.3).
    pub const CACHE_CONTROL: &str = "no-store, private";

    /// The query parameter `access_token` (RFC 6750 §2.3).
    ///
    /// **What it costs.** The token is part of the URL. Servers, proxies and CDNs log URLs, and
    /// browsers keep them in their history and send them on in `Referer`; everyone who sees one
    /// of those can use the token until it ends. RFC 6750 advises against it, and RFC 9700
    /// §4.3.2 forbids it for new designs. If there is no other way, use it over TLS, with
    /// tokens that live for minutes, and keep queries out of the logs of every server on the way,
    /// this one included. If the response is a page, send `Referrer-Policy: no-referrer` with it.
    ///
    /// The adapters send [`CACHE_CONTROL`](Self::CACHE_CONTROL) with every response to such a
    /// request, and leave the query out of what they tell observers and hooks. A `+` in the query
    /// is a space, so clients must encode the token: `encodeURIComponent(token)`.
    #[doc(alias = "access_token")]
    pub const fn query() -> Self {
        Self(Place::Query)
    }

    /// The cookie with this name. An empty one counts as none.
    ///
    /// **What it costs.** A browser sends the cookie with every request to this server, whichever
    /// page made it. So any page on the web can act for a user who is logged in (CSRF). Set the
    /// cookie with `HttpOnly; Secure; SameSite=Strict`, let no route that takes it change
    /// anything, and compare `Origin` with your own origin before a WebSocket is accepted:
    /// neither CORS nor, within a site, `SameSite` stops one. A name that begins with `__Host-`
    /// keeps sibling domains from setting the cookie, and so from logging a user in as another.
    ///
    /// # Panics
    ///
    /// Panics if `name` is no name of a cookie (RFC 6265 §4.1.1). In a `const`, that is a compile
    /// error.
    #[doc(alias = "session")]
    #[doc(alias = "csrf")]
    #[expect(clippy::panic, reason = "a literal that is wrong, as in `from_static`")]
    pub const fn cookie(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        let mut index = 0;
        while index < bytes.len() {
            let is_separator = matches!(
                bytes[index],
                b'(' | b')'
                    | b'<'
                    | b'>'
                    | b'@'
                    | b','
                    | b';'
                    | b':'
                    | b'\\'
                    | b'"'
                    | b'/'
                    | b'['
                    | b']'
                    | b'?'
                    | b'='
                    | b'{'
                    | b'}'
            );
            if is_separator || !bytes[index].is_ascii_graphic() {
                panic!("the name of a cookie contains a character that cookies don't allow");
            }
            index += 1;
        }
        if bytes.is_empty() {
            panic!("the name of a cookie is empty");
        }
        Self(Place::Cookie(name))
    }
}

/// # For adapters
impl TokenPlace {
    /// Finds the tokens of a request in this place, each as a value of `Authorization`.
    ///
    /// Pass them on to [`authorize`](crate::TokenValidator::authorize) together with the
    /// `Authorization` fields that the request has, so that the core refuses a request with
    /// several. It stops after the second, which is one too many. If it returns any, the
    /// response needs [`CACHE_CONTROL`](Self::CACHE_CONTROL). `cookies` are the values of all
    /// `Cookie` fields.
    ///
    /// ```
    /// use mobilefirst::TokenPlace;
    ///
    /// let found = TokenPlace::query().tokens(Some("month=5&access_token=abc"), [""; 0]);
    /// assert_eq!(found, ["Bearer abc"]);
    /// let found = TokenPlace::cookie("token").tokens(None, ["theme=dark; token=abc"]);
    /// assert_eq!(found, ["Bearer abc"]);
    /// ```
    pub fn tokens(
        self,
        query: Option<&str>,
        cookies: impl IntoIterator<Item: AsRef<[u8]>>,
    ) -> Vec<HeaderValue> {
        let mut tokens = Vec::new();
        match self.0 {
            Place::Query => {
                let pairs = parse(query.unwrap_or_default().as_bytes());
                let values = pairs.filter(|(name, _)| name == PARAMETER);
                let values = values.map(|(_, token)| bearer(token.as_bytes()));
                tokens.extend(values.take(MOST));
            }
            Place::Cookie(name) => {
                for field in cookies {
                    let values = field.as_ref().split(|byte| *byte == b';');
                    let values = values.filter_map(|pair| value_of(pair, name.as_bytes()));
                    let values = values.filter(|token| !token.is_empty()).map(bearer);
                    tokens.extend(values.take(MOST - tokens.len()));
                }
            }
        }
        tokens
    }
}

/// The value of a cookie with this name, without the quotation marks that it may have.
fn value_of<'a>(pair: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = pair.trim_ascii().strip_prefix(name)?.strip_prefix(b"=")?;
    let quoted = rest.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\""));
    Some(quoted.unwrap_or(rest))
}

/// What no field can hold becomes a scheme without a token, which is malformed too.
fn bearer(token: &[u8]) -> HeaderValue {
    let value = HeaderValue::from_bytes(&[b"Bearer ", token].concat());
    let mut value = value.unwrap_or(HeaderValue::from_static("Bearer"));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_is_found_and_decoded_once_q1() {
        let tokens = |query| TokenPlace::query().tokens(Some(query), [""; 0]);
        for (query, found) in [
            ("", &[][..]),
            ("token=a&xaccess_token=b&Access_Token=c", &[]),
            ("access_token=abc", &["Bearer abc"]),
            ("a=b&access_token=a%2Bb%2Fc%3D%3D&c", &["Bearer a+b/c=="]),
            ("access%5Ftoken=abc", &["Bearer abc"]),
            ("access_token=a&access_token=b", &["Bearer a", "Bearer b"]),
            ("access_token", &["Bearer "]),
            ("access_token=a%252Bb", &["Bearer a%2Bb"]),
            ("access_token=a+b", &["Bearer a b"]),
            ("access_token=%FF", &["Bearer \u{fffd}"]),
            ("access_token=a%0Ab", &["Bearer"]),
        ] {
            let seen = tokens(query);
            assert_eq!(seen, found, "{query}");
            assert!(seen.iter().all(HeaderValue::is_sensitive));
        }
        assert!(
            TokenPlace::query()
                .tokens(None, ["access_token=abc"])
                .is_empty()
        );
    }

    #[test]
    fn a_flood_of_tokens_costs_no_memory_q8() {
        let query = "access_token=a&".repeat(10_000);
        let tokens = TokenPlace::query().tokens(Some(&query), [""; 0]);
        assert_eq!(tokens.len(), 2);
        let cookies = ["token=a;".repeat(10_000), "token=a;".repeat(10_000)];
        let tokens = TokenPlace::cookie("token").tokens(None, cookies);
        assert_eq!(tokens.len(), 2);
    }

    #[test]
    fn each_cookie_of_that_name_is_found_q2() {
        let tokens = |fields: &[&str]| TokenPlace::cookie("token").tokens(Some("token=q"), fields);
        for (fields, found) in [
            (&[][..], &[][..]),
            (&["mytoken=a; tokens=b; Token=c; token"], &[]),
            (&["token=abc"], &["Bearer abc"]),
            (&["a=b;token=\"abc==\" ; c=d"], &["Bearer abc=="]),
            (&["a=b", "token=abc"], &["Bearer abc"]),
            (&["token=a; token=b"], &["Bearer a", "Bearer b"]),
            (&["token="], &[]),
            (&["token=\u{1}"], &["Bearer"]),
        ] {
            assert_eq!(tokens(fields), found, "{fields:?}");
        }
    }
}
