//! The URL of a server.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use url::{Host, Origin, Url};

use crate::error::{Error, ErrorKind};

/// The base URL of an authorization server: `https`, or `http` on the local machine.
///
/// For MobileFirst Server it is `https://host:port/<runtime>/api`; for DataPower it has no
/// path. A trailing slash makes no difference.
///
/// ```
/// use mobilefirst::BaseUrl;
///
/// let url: BaseUrl = "https://mfp.example.com/mfp/api/".parse()?;
/// assert_eq!(url.as_str(), "https://mfp.example.com/mfp/api");
/// assert!("http://mfp.example.com/mfp/api".parse::<BaseUrl>().is_err());
/// # Ok::<(), mobilefirst::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BaseUrl(String);

/// What may follow a base URL where someone copied the URL of an endpoint, or a part of it.
const ENDPOINTS: [&str; 7] = [
    "/az/v1/introspection",
    "/az/v1/token",
    "/az/v1/authorization",
    "/az/v1",
    "/authorization/v1/token/validation",
    "/authorization/v1/token",
    "/authorization/v1",
];

impl BaseUrl {
    /// Parses a URL and allows `http` to any host.
    ///
    /// Anyone on the path to the server can then read and use every token and our client's
    /// secret. Use it only in a network that is secured by other means.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`parse`](str::parse), except for `http`.
    pub fn insecure(url: &str) -> Result<Self, Error> {
        Self::check(url).map(|(_, checked)| checked)
    }

    /// Returns the URL without a trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the URL of an endpoint. `path` begins with a slash.
    pub(crate) fn endpoint(&self, path: &str) -> Result<Uri, Error> {
        format!("{}{path}", self.0).parse().map_err(|e| {
            Error::with_source(ErrorKind::Configuration, "the server URL is unusable", e)
        })
    }

    /// Returns the base URL of an endpoint, if this is the URL of one of `endpoints`.
    pub(crate) fn without_endpoint(&self, endpoints: &[&str]) -> Option<&str> {
        endpoints.iter().find_map(|endpoint| {
            let at = self.0.len().checked_sub(endpoint.len())?;
            let (base, end) = self.0.split_at_checked(at)?;
            let is_endpoint = end.eq_ignore_ascii_case(endpoint);
            is_endpoint.then(|| base.trim_end_matches('/'))
        })
    }

    /// Returns scheme, host and port as an origin (RFC 6454).
    pub(crate) fn origin(&self) -> Option<Origin> {
        Url::parse(&self.0).ok().map(|url| url.origin())
    }

    fn check(text: &str) -> Result<(Url, Self), Error> {
        let url = Url::parse(text).map_err(|e| {
            Error::with_source(
                ErrorKind::Configuration,
                "the server URL is not a URL; it should look like https://host:port/mfp/api",
                e,
            )
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::configuration(
                "the server URL must begin with https://",
            ));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::configuration(
                "the server URL contains a user name or a password; pass them as credentials",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::configuration(
                "the server URL must not contain a query or a fragment; \
                 it should look like https://host:port/mfp/api",
            ));
        }
        let base = Self(url.as_str().trim_end_matches('/').to_owned());
        base.endpoint("/")?;
        if let Some(base) = base.without_endpoint(&ENDPOINTS) {
            return Err(Error::configuration(format!(
                "the server URL is that of an endpoint, which is found without it: \
                 write {base} instead"
            )));
        }
        Ok((url, base))
    }
}

impl FromStr for BaseUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (url, checked) = Self::check(text)?;
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(Error::configuration(
                "the server URL is http to another host, so anyone on the path could read the \
                 tokens: use https, or BaseUrl::insecure if the network is secured otherwise",
            ));
        }
        Ok(checked)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_are_taken() {
        for (text, base) in [
            ("https://a.example/mfp/api//", "https://a.example/mfp/api"),
            ("https://dp:8443", "https://dp:8443"),
            (
                "http://localhost:9080/mfp/api",
                "http://localhost:9080/mfp/api",
            ),
            ("http://127.8.0.1/x", "http://127.8.0.1/x"),
            ("http://[::1]:9080/", "http://[::1]:9080"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().as_str(), base);
        }
    }

    #[test]
    fn anything_else_is_refused_with_advice() {
        for (text, advice) in [
            ("", "should look like"),
            ("mfp.example.com/mfp/api", "should look like"),
            ("ftp://a.example", "https://"),
            ("http://a.example/mfp/api", "BaseUrl::insecure"),
            ("http://localhost.example/", "BaseUrl::insecure"),
            ("http://127.0.0.1.example/", "BaseUrl::insecure"),
            ("https://u:p4ss@a.example/", "credentials"),
            ("https://a.example/?a=b", "query"),
            ("https://a.example/#b", "fragment"),
        ] {
            let message = text.parse::<BaseUrl>().unwrap_err().to_string();
            assert!(message.contains(advice), "{text}: {message}");
            assert!(!message.contains("p4ss"));
        }
    }

    #[test]
    fn the_url_of_an_endpoint_is_refused_with_the_one_to_write_e2() {
        for (text, base) in [
            (
                "https://a.example/mfp/api/az/v1/introspection",
                "https://a.example/mfp/api",
            ),
            (
                "https://a.example/mfp/api/az/v1/token/",
                "https://a.example/mfp/api",
            ),
            (
                "https://a.example/mfp/api/az/v1/authorization",
                "https://a.example/mfp/api",
            ),
            (
                "https://a.example/mfp/api//AZ/V1",
                "https://a.example/mfp/api",
            ),
            ("https://dp:8443/az/v1/token", "https://dp:8443"),
            (
                "http://localhost:9080/bank/authorization/v1/token/validation",
                "http://localhost:9080/bank",
            ),
            (
                "https://a.example/bank/authorization/v1/token",
                "https://a.example/bank",
            ),
            (
                "https://a.example/bank/authorization/v1",
                "https://a.example/bank",
            ),
        ] {
            let advice = format!("write {base} instead");
            for error in [
                text.parse::<BaseUrl>().unwrap_err(),
                BaseUrl::insecure(text).unwrap_err(),
            ] {
                assert!(error.to_string().ends_with(&advice), "{text}: {error}");
            }
        }
        for text in [
            "https://a.example/az",
            "https://a.example/xaz/v1",
            "https://a.example/az/v1/api",
        ] {
            assert!(text.parse::<BaseUrl>().is_ok(), "{text}");
        }
    }

    #[test]
    fn another_host_over_http_must_be_asked_for() {
        let url = BaseUrl::insecure("http://mfp.internal/mfp/api/").unwrap();
        assert_eq!(url.as_str(), "http://mfp.internal/mfp/api");
    }
}
