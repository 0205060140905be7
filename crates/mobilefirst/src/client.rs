//! A back end that calls resources: their challenges, answered with tokens of our own.

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

/// So often is a request sent at the most, as the client SDKs do; conflicts do not count.
const MAX_TRIES: u32 = 4;

/// So often is it sent again after a conflict.
const MAX_CONFLICTS: u32 = 7;

/// A longer path is not remembered, so that what is remembered stays small.
const MAX_PATH_LENGTH: usize = 512;

/// Calls resources that are guarded by MobileFirst, as a confidential client.
///
/// It finds out by itself which scope a resource wants: it calls, reads the challenge,
/// gets a token of that scope, and calls again. The scope is remembered by method and
/// path, and the token is kept until shortly before its end, so that the next call is
/// one call.
///
/// | answer | what is done |
/// | --- | --- |
/// | 401 with a bare challenge, to a request without a token | sent with a token of the challenge's scope, or `RegisteredClient` |
/// | 403 `insufficient_scope` | sent with a token of the scope in the challenge |
/// | 401 `invalid_token` | sent with a new token of the same scope |
/// | 409 with `MFP-Conflict` | sent again, at most seven times |
/// | anything else, or the fourth such answer | handed over as it came |
///
/// The client's allowed scope, at the authorization server, must cover what the resources
/// want, `RegisteredClient` too.
///
/// # Where tokens go
///
/// Only to the origins (scheme, host and port) that were named with
/// [`resource`](ConfidentialClientBuilder::resource). A token that one origin asked for is
/// never sent to another, and no redirect is followed. Beyond that a bearer token is
/// whoever's who holds it: a resource may ask for any scope that our client is allowed,
/// and use the token elsewhere. Where you do not trust one so far, name the scope with
/// [`resource_within`](ConfidentialClientBuilder::resource_within). No challenge ever gets a
/// token for a scope element that begins with `authorization.`, such as
/// `authorization.introspect`: those are for the authorization server.
///
/// # Bodies
///
/// A request may have to be sent several times, so its body is [`Bytes`], and a clone of it
/// costs nothing. A body that can be read only once is collected first; there is no way
/// here to send one and lose it. An answer's body is bounded by the backend, to 1 MiB by
/// default.
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
    /// The scope that each path wanted when it was last called.
    pub(crate) wanted: Cache<Place, Scope>,
}

/// What a scope is remembered for: a resource by its number, method and path.
type Place = (usize, Method, String);

impl ConfidentialClient {
    /// Sends `request`, whose URI is absolute, and answers the challenges that it meets.
    /// The last answer is handed over as it came, whatever its status.
    ///
    /// Must be polled within a tokio runtime.
    ///
    /// # Errors
    ///
    /// - [`Configuration`](ErrorKind::Configuration) where the request goes to no
    ///   resource of this client, or bears an `Authorization` of its own. Nothing was sent.
    /// - [`ScopeRejected`](ErrorKind::ScopeRejected) or
    ///   [`CredentialsRejected`](ErrorKind::CredentialsRejected) where the authorization
    ///   server gives us no token of the scope that is wanted; its other kinds where it
    ///   cannot be asked.
    /// - Whatever kind the backend reports for the call to the resource. It is not tried
    ///   again: only the caller knows whether that is harmless.
    /// - [`Timeout`](ErrorKind::Timeout) at the end of the deadline.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let (number, resource) = self.inner.resources.find(request.uri())?;
        if request.headers().contains_key(AUTHORIZATION) {
            return Err(Error::configuration(
                "the request bears an `Authorization` of its own: leave it to the client",
            ));
        }
        let work = self.inner.answer_challenges(number, resource, request);
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
        number: usize,
        resource: &Resource,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        let path = request.uri().path().to_owned();
        let place = (number, request.method().clone(), path);
        let mut scope = self.wanted.get(&place);
        let (mut tries, mut conflicts) = (1, 0);
        loop {
            let token = match &scope {
                None => None,
                Some(scope) => Some(self.token(&place, scope).await?),
            };
            let mut again = request.clone();
            if let Some(token) = &token {
                let headers = again.headers_mut();
                headers.insert(AUTHORIZATION, token.authorization.clone());
            }
            let response = self.backend.send(again).await.map_err(failed)?;
            let step = match next_step::after(&response, scope.as_ref()) {
                NextStep::Conflict if conflicts < MAX_CONFLICTS => {
                    conflicts += 1;
                    continue;
                }
                _ if tries == MAX_TRIES => NextStep::Return,
                step => step,
            };
            tries += 1;
            match (step, &scope, &token) {
                (NextStep::Want(wanted), ..) if resource.may_ask_for(&wanted) => {
                    scope = Some(wanted)
                }
                (NextStep::Renew, Some(scope), Some(token)) => {
                    let key = Key::new(number, scope);
                    if self.tokens.of(key).drop_refused(token).is_err() {
                        // Refused again and again: not one new token a request.
                        return Ok(response);
                    }
                }
                _ => return Ok(response),
            }
        }
    }

    async fn token(&self, place: &Place, scope: &Scope) -> Result<tokens::Token, Error> {
        let token = self.tokens.of(Key::new(place.0, scope)).current().await;
        match &token {
            Ok(_) if place.2.len() > MAX_PATH_LENGTH => {}
            Ok(_) if self.wanted.get(place).as_ref() == Some(scope) => {}
            Ok(_) => self.wanted.insert(place.clone(), scope.clone()),
            // The resource may by now want another scope, that we do get.
            Err(error) if error.kind() == ErrorKind::ScopeRejected => {
                self.wanted.remove(place);
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
