//! The description of a request, for observers and for the bodies of refusals.

use http::{HeaderMap, HeaderValue, Method};

/// The header fields that are copied, in lower case. No other field is read, since any could
/// contain a secret.
const FIELDS: [&str; 4] = [
    "user-agent",
    "x-mfp-analytics-metadata",
    "x-wl-analytics-tracking-id",
    "accept",
];

/// Maximum length of a path or a field, in bytes. Clients send nothing longer.
const LONGEST: usize = 8 * 1024;

/// A description of a request for [`Observer`](crate::Observer)s and for the bodies of
/// [`Refusal`](crate::Refusal)s: its method, its path, and the header fields `Accept`,
/// `User-Agent`, `X-MFP-Analytics-Metadata` and `X-WL-Analytics-Tracking-ID`.
///
/// All of it comes from the caller, unchecked. The query is left out, since it may contain
/// secrets.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    method: Box<str>,
    path: Box<str>,
    fields: [Option<Box<[u8]>>; FIELDS.len()],
}

/// # For adapters
impl RequestInfo {
    /// Describes a request with this method and path, in any framework's types.
    ///
    /// `field` looks up a header field by its name in lower case. A query in the path is
    /// removed. A path is truncated to 8 KiB, and a longer field is left out.
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

    /// Describes a request in the types of the crate `http`.
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
}

impl RequestInfo {
    /// Returns the method, such as `GET`.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the path, without a query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the `Accept` field (RFC 9110 §12.5.1): the first one, if there are several.
    /// `None` if there is none, or if it isn't ASCII text.
    pub fn accept(&self) -> Option<&str> {
        let accept = str::from_utf8(self.fields[3].as_deref()?).ok()?;
        accept.is_ascii().then_some(accept)
    }

    /// Returns the `User-Agent` field as received (RFC 9110 §10.1.5).
    pub fn user_agent(&self) -> Option<&[u8]> {
        self.fields[0].as_deref()
    }

    /// Returns the `X-MFP-Analytics-Metadata` field as received. In it, the client SDK
    /// describes app and device as JSON.
    pub fn analytics_metadata(&self) -> Option<&[u8]> {
        self.fields[1].as_deref()
    }

    /// Returns the `X-WL-Analytics-Tracking-ID` field as received. It is the ID that the
    /// client SDK gave the request.
    pub fn analytics_tracking_id(&self) -> Option<&[u8]> {
        self.fields[2].as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_removed_from_the_path() {
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
        assert_eq!(info.accept(), None);
        assert_eq!(info.analytics_metadata(), None);
        assert_eq!(info.analytics_tracking_id(), Some(&b"7"[..]));
    }
}
