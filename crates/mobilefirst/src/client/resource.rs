//! What the application says about a resource.

use std::fmt;
use std::str::FromStr;

use crate::base_url::BaseUrl;
use crate::client::route_pattern::RoutePattern;
use crate::error::Error;
use crate::scope::Scope;

/// An origin that a [`ConfidentialClient`](crate::ConfidentialClient) may call and send tokens
/// to, and what is known about the scopes of its routes.
///
/// The origin is the scheme, host and port of the URL; the path is ignored. Parse one from text,
/// or make one from a [`BaseUrl`], which also allows `http` to another host.
///
/// Nothing else has to be said: the client learns each scope from the resource's challenges. A
/// scope that is given saves the calls that find it, and is what a request needs that can be
/// sent only once. If the resource asks for another, that one counts from then on.
///
/// ```
/// use mobilefirst::{Resource, Scope};
///
/// let shop: Resource = "https://shop.example.com".parse()?;
/// let shop = shop
///     .route("POST /orders".parse()?, Scope::from_static("orders.write"))
///     .learn("GET /customers/{id}/orders".parse()?)
///     .scope(Scope::from_static("shop.read"));
/// # Ok::<(), mobilefirst::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Resource {
    pub(crate) url: BaseUrl,
    pub(crate) limit: Option<Scope>,
    pub(crate) scope: Option<Scope>,
    pub(crate) routes: Vec<Route>,
}

/// Routes that require the same scope.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) pattern: RoutePattern,
    /// `None`: the scope is learnt.
    pub(crate) scope: Option<Scope>,
}

impl Resource {
    /// Creates a resource of which only the origin is known.
    pub fn new(url: BaseUrl) -> Self {
        Self {
            url,
            limit: None,
            scope: None,
            routes: Vec::new(),
        }
    }

    /// Gives the scope of every route that no pattern names. Default: it is learnt.
    ///
    /// Each of these routes is sent a token from its first call on, also if it needs none.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Gives the scope of the routes that `pattern` names. Of several patterns that match, the
    /// one that was named first counts.
    pub fn route(mut self, pattern: RoutePattern, scope: Scope) -> Self {
        let scope = Some(scope);
        self.routes.push(Route { pattern, scope });
        self
    }

    /// Says that the routes that `pattern` names require the same scope, which is learnt once for
    /// all of them. Of several patterns that match, the one that was named first counts.
    ///
    /// Most resources don't need this, because the client tries the scope of a similar path
    /// first. It helps where a variable is in the middle of a path.
    pub fn learn(mut self, pattern: RoutePattern) -> Self {
        let scope = None;
        self.routes.push(Route { pattern, scope });
        self
    }

    /// Limits the resource to tokens for elements of `scope`. Default: it may ask for any scope
    /// that our client is allowed.
    ///
    /// If the resource asks for more, its response is returned unchanged, with
    /// [`Unanswered::ScopeNotAllowed`](crate::Unanswered::ScopeNotAllowed). Most resources ask for
    /// `RegisteredClient` first, so include it.
    pub fn within(mut self, scope: Scope) -> Self {
        self.limit = Some(scope);
        self
    }
}

impl From<BaseUrl> for Resource {
    fn from(url: BaseUrl) -> Self {
        Self::new(url)
    }
}

impl FromStr for Resource {
    type Err = Error;

    fn from_str(url: &str) -> Result<Self, Error> {
        url.parse().map(Self::new)
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes.iter().map(|r| (&r.pattern, &r.scope));
        f.debug_struct("Resource")
            .field("url", &self.url)
            .field("within", &self.limit)
            .field("scope", &self.scope)
            .field("routes", &routes.collect::<Vec<_>>())
            .finish()
    }
}
