//! A client that calls guarded resources and answers their challenges with our own tokens.

pub(crate) mod builder;
pub(crate) mod next_step;
pub(crate) mod resource;
pub(crate) mod tokens;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request, Response};
use quick_cache::sync::Cache;

use crate::client::next_step::NextStep;
use crate::client::resource::{Resource, Resources};
use crate::client::tokens::{Key, Tokens};
use crate::error::{Error, ErrorKind};
use crate::scope::Scope;
use crate::upstream::http_backend::HttpBackend;

/// Maximum number of times a request is sent, like the client SDKs. Conflicts do not count.
const MAX_TRIES: u32 = 4;

/// Maximum number of retries after a conflict.
const MAX_CONFLICTS: u32 = 7;

/// The scope of a longer path is not cached, to bound the memory of the cache.
const MAX_PATH_LENGTH: usize = 512;

/// Calls resources that are guarded by MobileFirst, as a confidential client.
///
/// The client discovers which scope a resource requires. It calls the resource, reads the
/// challenge, gets a token for that scope, and calls again. It caches the scope by method
/// and path, and the token until shortly before its expiry, so the next call needs one
/// request.
///
/// | response | what the client does |
/// | --- | --- |
/// | 401 with a challenge for `Bearer`, to a request without a token | retries with a token for the challenge's scope, or `RegisteredClient` |
/// | `insufficient_scope` with a scope | retries with a token for that scope |
/// | 401 or 403 with a scope that the token does not have, and no error | retries with a token for that scope |
/// | `invalid_token` | retries with a new token for the same scope, once |
/// | 401 without an error, or without any `WWW-Authenticate`, to a request with a token | retries with a new token for the same scope, once |
/// | 409 with `MFP-Conflict` | retries, at most seven times |
/// | anything else, or the fourth such response | returns it unchanged |
///
/// Of several challenges for `Bearer`, the one that says most counts (see
/// [`BearerChallenge::find`](crate::challenge::BearerChallenge::find)), and one that cannot be
/// read counts as absent.
///
/// The client's allowed scope at the authorization server must cover the scopes of the
/// resources, including `RegisteredClient`.
///
/// # Where tokens go
///
/// Tokens are only sent to the origins (scheme, host and port) that were added with
/// [`resource`](crate::ConfidentialClientBuilder::resource). A token that one origin asked for is
/// never sent to another, and redirects are not followed.
///
/// Still, anyone who holds a bearer token can use it: a resource may ask for any scope that
/// our client is allowed, and use the token elsewhere. If you do not trust a resource with
/// that, limit its scope with
/// [`resource_within`](crate::ConfidentialClientBuilder::resource_within). No challenge ever gets a
/// token for a scope element that begins with `authorization.`, such as
/// `authorization.introspect`, because those are for the authorization server.
///
/// # Bodies
///
/// A request may have to be sent several times, so its body is [`Bytes`], which are cheap to
/// clone. Collect a body that can only be read once before you send it. The backend limits
/// the size of a response's body, by default to 1 MiB.
///
/// ```
/// # #[cfg(feature = "reqwest")]
/// # async fn call() -> Result<(), Box<dyn std::error::Error>> {
/// use bytes::Bytes;
/// use http::Request;
/// use mobilefirst::{ConfidentialClient, Credentials};
///
/// let server = "https://mfp.example.com/mfp/api".parse()?;
/// let client = ConfidentialClient::builder(server, Credentials::new("payroll", "s3cret")?)
///     .resource("https://bank.example.com".parse()?)
///     .build()?;
/// let request = Request::post("https://bank.example.com/transfer").body(Bytes::new())?;
/// let response = client.send(request).await?;
/// assert_eq!(response.status(), 200);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ConfidentialClient {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) backend: Arc<dyn HttpBackend>,
    pub(crate) deadline: Duration,
    pub(crate) resources: Resources,
    pub(crate) tokens: Tokens,
    /// The scope that each route required at its last call.
    pub(crate) scopes: Cache<Route, Scope>,
}

/// The index of a resource, the method and the path.
type Route = (usize, Method, String);

impl ConfidentialClient {
    /// Sends a request to a resource, and answers the resource's challenges.
    ///
    /// The URI of `request` must be absolute. The last response is returned unchanged,
    /// whatever its status. The future must be polled within a tokio runtime.
    ///
    /// # Errors
    ///
    /// - [`Configuration`](ErrorKind::Configuration) if the request is not for a resource of
    ///   this client, or has an `Authorization` field. Nothing was sent.
    /// - [`ScopeRejected`](ErrorKind::ScopeRejected) or
    ///   [`CredentialsRejected`](ErrorKind::CredentialsRejected) if the authorization server
    ///   does not grant us a token for the required scope; one of the other kinds if it
    ///   cannot be asked.
    /// - Any kind that the backend reports for the call to the resource. Such a call is not
    ///   retried, since only the caller knows whether that is safe.
    /// - [`Timeout`](ErrorKind::Timeout) if the deadline passes.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let (index, resource) = self.inner.resources.find(request.uri())?;
        if request.headers().contains_key(AUTHORIZATION) {
            return Err(Error::configuration(
                "the request has an `Authorization` field: leave it to the client",
            ));
        }
        let work = self.inner.answer_challenges(index, resource, request);
        let outcome = tokio::time::timeout(self.inner.deadline, work).await;
        outcome.unwrap_or_else(|_| {
            Err(Error::new(
                ErrorKind::Timeout,
                "the call to the resource did not end within the deadline",
            ))
        })
    }
}

impl Inner {
    async fn answer_challenges(
        &self,
        index: usize,
        resource: &Resource,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        let path = request.uri().path().to_owned();
        let route = (index, request.method().clone(), path);
        let mut scope = self.scopes.get(&route);
        let (mut tries, mut conflicts) = (1, 0);
        // The scope for which a new token was fetched last, since the old one was refused.
        let mut renewed: Option<Scope> = None;
        loop {
            let token = match &scope {
                None => None,
                Some(scope) => Some(self.token(&route, scope).await?),
            };
            let mut attempt = request.clone();
            if let Some(token) = &token {
                let headers = attempt.headers_mut();
                headers.insert(AUTHORIZATION, token.authorization.clone());
            }
            let response = self.backend.send(attempt).await.map_err(failed)?;
            let step = match next_step::after(&response, scope.as_ref()) {
                NextStep::Retry if conflicts < MAX_CONFLICTS => {
                    conflicts += 1;
                    continue;
                }
                _ if tries == MAX_TRIES => NextStep::Return,
                step => step,
            };
            tries += 1;
            match (step, &scope, &token) {
                (NextStep::GetToken(required), ..) if resource.may_ask_for(&required) => {
                    scope = Some(required)
                }
                (NextStep::RenewToken, Some(scope), Some(token))
                    if renewed.as_ref() != Some(scope) =>
                {
                    renewed = Some(scope.clone());
                    let key = Key::new(index, scope);
                    if self.tokens.of(key).drop_refused(token).is_err() {
                        // A resource that refuses every token must not cost a new one for
                        // each request.
                        return Ok(response);
                    }
                }
                _ => return Ok(response),
            }
        }
    }

    async fn token(&self, route: &Route, scope: &Scope) -> Result<tokens::Token, Error> {
        let token = self.tokens.of(Key::new(route.0, scope)).current().await;
        match &token {
            Ok(_) if route.2.len() > MAX_PATH_LENGTH => {}
            Ok(_) if self.scopes.get(route).as_ref() == Some(scope) => {}
            Ok(_) => self.scopes.insert(route.clone(), scope.clone()),
            // The route may require another scope by now, which we may be granted.
            Err(error) if error.kind() == ErrorKind::ScopeRejected => {
                self.scopes.remove(route);
            }
            Err(_) => {}
        }
        token
    }
}

fn failed(error: Error) -> Error {
    let kind = error.kind();
    Error::with_source(kind, "the call to the resource failed", error)
}

impl fmt::Debug for ConfidentialClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfidentialClient")
            .field("resources", &self.inner.resources)
            .field("deadline", &self.inner.deadline)
            .finish_non_exhaustive()
    }
}
