//! The resources of a client: which origins get tokens, and for which scopes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::uri::Authority;
use http::{Method, Uri};
use url::{Origin, Url};

use crate::client::learnt::{Learnt, Spot};
use crate::client::resource::Resource;
use crate::client::tokens::Tokens;
use crate::client::unanswered::{Unanswered, is_for_the_authorization_server};
use crate::error::Error;
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::scope::{Scope, covers};

/// A longer scope is not asked for, to bound the memory of what a resource can make us keep.
const MAX_SCOPE_LENGTH: usize = 2048;

/// The resources of a client, each an origin.
pub(crate) struct Resources(Vec<Arc<Guarded>>);

/// A resource, with what was learnt about it and our tokens for it.
pub(crate) struct Guarded {
    said: Resource,
    origin: Origin,
    learnt: Learnt,
    pub(crate) tokens: Tokens,
}

/// The scope that a route is expected to require.
pub(crate) enum Expected {
    /// It was given, or the route asked for it.
    Known(Scope),
    /// A similar route asked for it.
    Guess(Scope),
    Nothing,
}

impl Resources {
    pub(crate) fn new(
        resources: Vec<Resource>,
        endpoint: TokenEndpoint,
        deadline: Duration,
    ) -> Result<Self, Error> {
        let endpoint = Arc::new(endpoint);
        let mut unique: Vec<Arc<Guarded>> = Vec::new();
        for said in resources {
            let origin = said.url.origin().ok_or_else(|| {
                Error::configuration("the URL of a resource is unusable: give it as an origin")
            })?;
            if unique.iter().any(|resource| resource.origin == origin) {
                return Err(Error::configuration(format!(
                    "the resource {} has the origin of another: name each origin once",
                    said.url
                )));
            }
            check(&said)?;
            unique.push(Arc::new(Guarded {
                said,
                origin,
                learnt: Learnt::new(),
                tokens: Tokens::new(endpoint.clone(), deadline),
            }));
        }
        if unique.is_empty() {
            return Err(Error::configuration(
                "the client has no resource: name the origins that tokens may be sent to",
            ));
        }
        Ok(Self(unique))
    }

    /// Returns the resource that `uri` belongs to.
    pub(crate) fn find(&self, uri: &Uri) -> Result<&Arc<Guarded>, Error> {
        let origin = target(uri)?;
        let found = self.0.iter().find(|resource| resource.origin == origin);
        found.ok_or_else(|| not_named(&origin))
    }
}

/// Refuses patterns that can't be meant, and scopes that the resource may not ask for.
fn check(said: &Resource) -> Result<(), Error> {
    for (index, route) in said.routes.iter().enumerate() {
        let before = &said.routes[..index];
        if before.iter().any(|other| other.pattern == route.pattern) {
            return Err(Error::configuration(format!(
                "the resource {} has the route pattern `{}` twice: name each once",
                said.url, route.pattern
            )));
        }
    }
    let routes = said.routes.iter().filter_map(|route| route.scope.as_ref());
    for scope in routes.chain(&said.scope) {
        if let Err(why) = may_ask_for(said, scope) {
            return Err(Error::configuration(format!(
                "the scope `{scope}` cannot be given for the resource {}: {why}",
                said.url
            )));
        }
    }
    Ok(())
}

fn may_ask_for(said: &Resource, scope: &Scope) -> Result<(), Unanswered> {
    if scope.as_str().len() > MAX_SCOPE_LENGTH {
        return Err(Unanswered::ScopeTooLong);
    }
    let is_within = |limit: &Scope| covers(limit.as_str(), scope);
    if is_for_the_authorization_server(scope) || !said.limit.as_ref().is_none_or(is_within) {
        return Err(Unanswered::ScopeNotAllowed(scope.clone()));
    }
    Ok(())
}

impl Guarded {
    /// Whether this resource may ask for a token for `scope`, or why not.
    pub(crate) fn may_ask_for(&self, scope: &Scope) -> Result<(), Unanswered> {
        may_ask_for(&self.said, scope)
    }

    /// Fails if a request to `uri` would go elsewhere.
    pub(crate) fn check_target(&self, uri: &Uri) -> Result<(), Error> {
        let origin = target(uri)?;
        if origin != self.origin {
            return Err(Error::configuration(format!(
                "the request goes to {}, but the call is to {self}: begin a call for each request",
                origin.ascii_serialization()
            )));
        }
        Ok(())
    }

    pub(crate) fn spot(&self, method: &Method, path: &str) -> Spot {
        let mut routes = self.said.routes.iter();
        match routes.position(|route| route.pattern.matches(method, path)) {
            Some(index) => Spot::Pattern(index),
            None => Spot::Route(method.clone(), path.to_owned()),
        }
    }

    /// What a route asked for last comes before what was given, so that a mistake is corrected.
    pub(crate) fn expected(&self, spot: &Spot, method: &Method, path: &str) -> Expected {
        let given = match spot {
            Spot::Pattern(index) => self.said.routes[*index].scope.as_ref(),
            Spot::Route(..) => self.said.scope.as_ref(),
        };
        let known = self.learnt.of(spot).or_else(|| given.cloned());
        let guess = || self.learnt.near(method, path);
        match known {
            Some(scope) => Expected::Known(scope),
            None => guess().map_or(Expected::Nothing, Expected::Guess),
        }
    }

    pub(crate) fn learn(&self, spot: &Spot, scope: &Scope) {
        self.learnt.learn(spot, scope);
    }

    pub(crate) fn forget(&self, spot: &Spot, scope: &Scope) {
        self.learnt.forget(spot, scope);
    }
}

/// Returns the origin that a request to `uri` goes to.
///
/// HTTP clients parse a URI by one of two grammars, that of RFC 3986 or that of browsers. It is
/// an error if these disagree about the origin, or if there is a user name, which could be
/// mistaken for the host. No error shows more of the URI than its origin.
fn target(uri: &Uri) -> Result<Origin, Error> {
    let Some(authority) = uri.authority() else {
        return Err(Error::configuration(
            "the URI of the request is relative: it needs the scheme and host of a resource",
        ));
    };
    if authority.as_str().contains('@') {
        return Err(Error::configuration(
            "the URI of the request has a user name, which could be mistaken for the host: \
             remove it",
        ));
    }
    agreed(uri, authority).ok_or_else(|| {
        Error::configuration(
            "the URI of the request does not say clearly where it goes: write scheme, host and \
             port as in the resource",
        )
    })
}

fn agreed(uri: &Uri, authority: &Authority) -> Option<Origin> {
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
    agree.then(|| url.origin())
}

fn not_named(origin: &Origin) -> Error {
    let origin = origin.ascii_serialization();
    Error::configuration(format!(
        "the request goes to {origin}, which is no resource of this client: add it with \
         `ConfidentialClientBuilder::resource` if tokens may be sent there"
    ))
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.0.iter().map(|resource| &resource.said);
        f.debug_list().entries(each).finish()
    }
}

/// The origin.
impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin.ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use bytes::Bytes;
    use http::{Request, Response};

    use super::*;
    use crate::clock::SystemClock;
    use crate::credentials::Credentials;
    use crate::upstream::Upstream;
    use crate::upstream::http_backend::HttpBackend;

    fn resources() -> Resources {
        let clock = Arc::new(SystemClock);
        let upstream = Arc::new(Upstream::new(Arc::new(Never), clock));
        let uri = Uri::from_static("http://localhost/az/v1/token");
        let endpoint = TokenEndpoint::new(upstream, uri, Credentials::new("a", "b").unwrap());
        let resource = |url: &str| url.parse::<Resource>().unwrap();
        let all = vec![
            resource("https://a.example/base"),
            resource("http://localhost:8080").within(Scope::from_static("a b")),
            resource("https://[::1]:8443"),
        ];
        Resources::new(all, endpoint, Duration::from_secs(1)).unwrap()
    }

    struct Never;

    #[async_trait]
    impl HttpBackend for Never {
        async fn send(&self, _: Request<Bytes>) -> Result<Response<Bytes>, Error> {
            Err(Error::configuration("not here"))
        }
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
            let found = resources.find(&uri);
            let is = |number: usize| Arc::ptr_eq(found.as_ref().unwrap(), &resources.0[number]);
            assert!(number.map_or(found.is_err(), is), "{uri}");
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
            let asked = resources.0[number].may_ask_for(&scope);
            assert_eq!(asked.is_ok(), may, "{scope}");
        }
    }
}
