//! The resources of a client: which origins get tokens, and for which scopes.

use std::fmt;

use http::Uri;
use url::{Origin, Url};

use crate::base_url::BaseUrl;
use crate::error::Error;
use crate::scope::Scope;

/// The resources of a client, each an origin.
pub(crate) struct Resources(Vec<Resource>);

pub(crate) struct Resource {
    url: BaseUrl,
    origin: Origin,
    /// The scope elements that it may ask for; `None` allows all.
    limit: Option<Scope>,
}

impl Resources {
    pub(crate) fn new(resources: Vec<(BaseUrl, Option<Scope>)>) -> Result<Self, Error> {
        let mut unique: Vec<Resource> = Vec::new();
        for (url, limit) in resources {
            let origin = url.origin().ok_or_else(|| {
                Error::configuration("the URL of a resource is unusable: give it as an origin")
            })?;
            if unique.iter().any(|resource| resource.origin == origin) {
                return Err(Error::configuration(format!(
                    "the resource {url} has the origin of another: name each origin once"
                )));
            }
            unique.push(Resource { url, origin, limit });
        }
        if unique.is_empty() {
            return Err(Error::configuration(
                "the client has no resource: name the origins that tokens may be sent to",
            ));
        }
        Ok(Self(unique))
    }

    /// Returns the resource that `uri` belongs to, and its index.
    pub(crate) fn find(&self, uri: &Uri) -> Result<(usize, &Resource), Error> {
        let mut indexed = self.0.iter().enumerate();
        let found = target(uri).and_then(|origin| indexed.find(|(_, r)| r.origin == origin));
        found.ok_or_else(|| {
            Error::configuration(
                "the request is not for a resource of this client: \
                 name its origin with `resource`",
            )
        })
    }
}

impl Resource {
    /// Whether this resource may ask for a token for `scope`. Elements that begin with
    /// `authorization.` are for the authorization server, never for a resource.
    pub(crate) fn may_ask_for(&self, scope: &Scope) -> bool {
        scope.elements().all(|element| {
            let within = |limit: &Scope| limit.elements().any(|own| own == element);
            !element.starts_with("authorization.") && self.limit.as_ref().is_none_or(within)
        })
    }
}

/// Returns the origin that a request to `uri` goes to.
///
/// HTTP clients parse a URI by one of two grammars, that of RFC 3986 or that of browsers.
/// `None` if these disagree about the origin, or if there is a user name, which could be
/// mistaken for the host.
fn target(uri: &Uri) -> Option<Origin> {
    let authority = uri.authority()?;
    let url = Url::parse(&uri.to_string()).ok()?;
    let host = url.host_str()?;
    let agree =
        host.eq_ignore_ascii_case(authority.host()) && uri.scheme_str() == Some(url.scheme());
    let port = authority.port_u16().or(match url.scheme() {
        "https" => Some(443),
        "http" => Some(80),
        _ => None,
    });
    let agree = agree && port == url.port_or_known_default();
    (agree && !authority.as_str().contains('@')).then(|| url.origin())
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self
            .0
            .iter()
            .map(|resource| (&resource.url, &resource.limit));
        f.debug_list().entries(each).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resources() -> Resources {
        let limit = Some(Scope::from_static("a b"));
        Resources::new(vec![
            ("https://a.example/base".parse().unwrap(), None),
            ("http://localhost:8080".parse().unwrap(), limit),
            ("https://[::1]:8443".parse().unwrap(), None),
        ])
        .unwrap()
    }

    #[test]
    fn a_request_goes_only_to_a_named_origin() {
        for (uri, number) in [
            ("https://a.example/base/b", Some(0)),
            ("https://A.example:443/other", Some(0)),
            ("http://localhost:8080/?a=b", Some(1)),
            ("https://[::1]:8443/", Some(2)),
            ("http://a.example/base", None),
            ("https://a.example:8443/base", None),
            ("https://b.a.example/", None),
            ("https://a.example.evil/", None),
            ("https://a.example@evil/", None),
            ("https://user@a.example/", None),
            ("https://user:password@a.example/", None),
            ("http://localhost/", None),
            ("http://127.0.0.1:8080/", None),
            ("http://0x7f.1:8080/", None),
            ("/base", None),
        ] {
            let resources = resources();
            let uri = uri.parse().unwrap();
            let found = resources.find(&uri).ok().map(|(number, _)| number);
            assert_eq!(found, number, "{uri}");
        }
    }

    #[test]
    fn a_resource_gets_no_more_than_it_may_ask_for() {
        let resources = resources();
        for (number, scope, may) in [
            (0, "anything at.all", true),
            (0, "a authorization.introspect", false),
            (1, "b a", true),
            (1, "a c", false),
            (1, "ab", false),
        ] {
            let scope = Scope::from_static(scope);
            assert_eq!(resources.0[number].may_ask_for(&scope), may, "{scope}");
        }
    }
}
