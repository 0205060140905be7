//! What is told of a request beside its token.

use http::{HeaderMap, HeaderValue, Method};

/// The header fields that are kept, in lower case. No other is looked at: a request may
/// hold secrets in any field.
const FIELDS: [&str; 3] = [
    "user-agent",
    "x-mfp-analytics-metadata",
    "x-wl-analytics-tracking-id",
];

/// A longer value of a field, or a longer path, is none of those that clients send.
const LONGEST: usize = 8 * 1024;

/// What an [`Observer`](crate::Observer) is told of a request beside its token: method,
/// path, and the header fields `User-Agent`, `X-MFP-Analytics-Metadata` and
/// `X-WL-Analytics-Tracking-ID`.
///
/// All of it is the caller's word, and nothing of it is checked. The query is left out,
/// for it may hold secrets.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    method: Box<str>,
    path: Box<str>,
    fields: [Option<Box<[u8]>>; FIELDS.len()],
}

impl RequestInfo {
    /// Of a request with this method and path (a query behind a `?` is cut off);
    /// `field` looks up a header field by its name in lower case.
    ///
    /// A path of more than 8 KiB is cut, a field of more is left out.
    ///
    /// ```
    /// use mobilefirst::RequestInfo;
    ///
    /// let sent = [("user-agent", "WLNativeAPI"), ("cookie", "not looked at")];
    /// let info = RequestInfo::new("GET", "/balance?month=5", |name| {
    ///     let field = sent.iter().find(|field| field.0 == name)?;
    ///     Some(field.1.as_bytes())
    /// });
    /// assert_eq!(info.path(), "/balance");
    /// assert_eq!(info.user_agent(), Some(&b"WLNativeAPI"[..]));
    /// ```
    pub fn new<'a>(
        method: &str,
        path: &str,
        field: impl Fn(&'static str) -> Option<&'a [u8]>,
    ) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let field = |name| field(name).filter(|value| value.len() <= LONGEST);
        Self {
            method: method.into(),
            path: String::from_utf8_lossy(&path.as_bytes()[..path.len().min(LONGEST)]).into(),
            fields: FIELDS.map(|name| field(name).map(Into::into)),
        }
    }

    /// The same of what the crate `http` has.
    ///
    /// ```
    /// use http::Request;
    /// use mobilefirst::RequestInfo;
    ///
    /// fn info<B>(request: &Request<B>) -> RequestInfo {
    ///     RequestInfo::of(request.method(), request.uri().path(), request.headers())
    /// }
    /// ```
    pub fn of(method: &Method, path: &str, headers: &HeaderMap) -> Self {
        let field = |name| headers.get(name).map(HeaderValue::as_bytes);
        Self::new(method.as_str(), path, field)
    }

    /// The method, such as `GET`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path, without a query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The `User-Agent` field (RFC 9110 §10.1.5), as it was sent.
    pub fn user_agent(&self) -> Option<&[u8]> {
        self.fields[0].as_deref()
    }

    /// The `X-MFP-Analytics-Metadata` field: JSON in which the client SDK describes app
    /// and device, as it was sent.
    pub fn analytics_metadata(&self) -> Option<&[u8]> {
        self.fields[1].as_deref()
    }

    /// The `X-WL-Analytics-Tracking-ID` field: an id that the client SDK gave to the
    /// request, as it was sent.
    pub fn analytics_tracking_id(&self) -> Option<&[u8]> {
        self.fields[2].as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_no_part_of_the_path() {
        let info = RequestInfo::new("GET", "/a/b?token=secret#x", |_| None);
        assert_eq!(info.path(), "/a/b");
    }

    #[test]
    fn only_known_fields_of_bounded_length_are_kept() {
        let long = vec![b'x'; LONGEST + 1];
        let field = |name| match name {
            "user-agent" => Some(&long[..]),
            "x-wl-analytics-tracking-id" => Some(&b"7"[..]),
            _ => None,
        };
        let info = RequestInfo::new("GET", &"ä".repeat(LONGEST), field);
        assert_eq!(info.path().len(), LONGEST);
        assert_eq!(info.user_agent(), None);
        assert_eq!(info.analytics_metadata(), None);
        assert_eq!(info.analytics_tracking_id(), Some(&b"7"[..]));
    }
}
