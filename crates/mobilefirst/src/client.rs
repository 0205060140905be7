//! A client that calls guarded resources and answers their challenges with our own tokens.

pub(crate) mod builder;
pub(crate) mod call;
pub(crate) mod failure;
pub(crate) mod learnt;
pub(crate) mod next_step;
pub(crate) mod resource;
pub(crate) mod resources;
pub(crate) mod route_pattern;
pub(crate) mod tokens;
pub(crate) mod unanswered;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, Uri};

use crate::client::call::GuardedCall;
use crate::client::resources::{Expected, Resources};
use crate::error::{Error, ErrorKind};
use crate::upstream::http_backend::HttpBackend;

/// Calls resources that are guarded by MobileFirst, as a confidential client.
///
/// The client learns which scope a route requires: it calls the resource, reads the challenge,
/// gets a token for that scope, and calls again. It keeps the token until shortly before its
/// expiry, so later calls need one request.
///
/// | response | what the client does |
/// | --- | --- |
/// | 401 with a challenge for `Bearer`, to a request without a token | retries with a token for the challenge's scope, or `RegisteredClient` |
/// | `insufficient_scope` with a scope | retries with a token for that scope |
/// | 401 or 403 with a scope that the token does not have, and no error | retries with a token for that scope |
/// | `invalid_token` | retries with a new token for the same scope, once |
/// | 401 without an error, or without any `WWW-Authenticate`, to a request with a token | retries with a new token for the same scope, once |
/// | 409 with `MFP-Conflict` | retries, at most seven times |
/// | anything else, or the fourth such response | returns it unchanged; see [`Unanswered`](crate::Unanswered) |
///
/// Of several challenges for `Bearer`, the one that says most counts (see
/// [`BearerChallenge::find`](crate::challenge::BearerChallenge::find)), and one that cannot be
/// read counts as absent.
///
/// The client's allowed scope at the authorization server must cover the scopes of the
/// resources, including `RegisteredClient`.
///
/// # Scopes
///
/// The first of these counts:
///
/// 1. what the route asked for last, or any route of the same [pattern](crate::RoutePattern)
/// 2. the scope that you gave for the route or the resource ([`Resource`](crate::Resource))
/// 3. a guess: what a route asked for that has the same method and the nearest path. After
///    `GET /items/1`, a call of `GET /items/2` needs one request.
///
/// A scope that turns out wrong is corrected within the call, and costs one more request. A guess
/// never makes a call fail: if its token cannot be had, or is refused with a challenge that names
/// no scope, the request is sent without a token. Calls that begin before the first has ended
/// learn by themselves; give the scopes to avoid that.
///
/// For each resource, 512 scopes of at most 2048 bytes are kept. What one resource asks for is not
/// used for another and does not displace what another asked for.
///
/// # Where tokens go
///
/// Tokens are only sent to the origins (scheme, host and port) that were added with
/// [`resource`](crate::ConfidentialClientBuilder::resource). A token that one origin asked for is
/// never sent to another, and redirects are not followed.
///
/// Still, anyone who holds a bearer token can use it: a resource may ask for any scope that
/// our client is allowed, and use the token elsewhere. If you do not trust a resource with
/// that, limit its scope with [`Resource::within`](crate::Resource::within). No challenge ever gets
/// a token for a scope element that begins with `authorization.`, such as
/// `authorization.introspect`, because those are for the authorization server.
///
/// # Bodies
///
/// A request may have to be sent several times, so the body that [`send`](Self::send) takes is
/// [`Bytes`], which are cheap to clone. The backend limits the size of a response's body, by
/// default to 1 MiB.
///
/// To stream, use an HTTP client of your own: [`call`](Self::call) gives each attempt its token,
/// and answers challenges in the same way. So does any other client, such as tonic.
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
}

impl ConfidentialClient {
    /// Sends a request to a resource, and answers the resource's challenges.
    ///
    /// The URI of `request` must be absolute. The last response is returned unchanged,
    /// whatever its status; if the client could not answer a challenge in it,
    /// [`Unanswered`](crate::Unanswered) is among its extensions. The future must be polled within
    /// a tokio runtime.
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
        let call = self.call(request.method(), request.uri())?;
        let resource = self.inner.resources.find(request.uri())?;
        let work = self.inner.answer_challenges(call, request);
        let outcome = tokio::time::timeout(self.inner.deadline, work).await;
        match outcome {
            Ok(Ok(outcome)) => outcome.map_err(|error| failure::of_call(resource, &error)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::new(
                ErrorKind::Timeout,
                format!(
                    "the call to {resource} did not end within the deadline of {:?}, which \
                     `ConfidentialClientBuilder::deadline` sets",
                    self.inner.deadline
                ),
            )),
        }
    }

    /// Begins a call that you send with an HTTP client of your own, such as one that streams.
    ///
    /// `uri` must be absolute. Nothing is sent.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](ErrorKind::Configuration) if `uri` is not that of a resource of
    /// this client.
    pub fn call(&self, method: &Method, uri: &Uri) -> Result<GuardedCall, Error> {
        let resource = self.inner.resources.find(uri)?;
        Ok(GuardedCall::new(resource.clone(), method, uri))
    }

    /// Returns the `Authorization` field for a request to `uri`, marked as
    /// [sensitive](HeaderValue::is_sensitive).
    ///
    /// Use [`call`](Self::call) where you see the response: only then does the client learn which
    /// scope is required, and that a token was revoked. Send the field to `uri` alone, and don't
    /// follow redirects. Ask again for each request: that costs a call only if there is no token
    /// yet, or it ended.
    ///
    /// # Errors
    ///
    /// - [`Configuration`](ErrorKind::Configuration) if `uri` is not that of a resource of this
    ///   client, or if its scope is not known: neither given with
    ///   [`Resource`](crate::Resource), nor learnt before.
    /// - Any kind that the authorization server is the cause of, as in [`send`](Self::send).
    pub async fn authorization_for(
        &self,
        method: &Method,
        uri: &Uri,
    ) -> Result<HeaderValue, Error> {
        let resource = self.inner.resources.find(uri)?;
        let spot = resource.spot(method, uri.path());
        match resource.expected(&spot, method, uri.path()) {
            Expected::Known(scope) | Expected::Guess(scope) => {
                let token = resource.tokens.of(&scope).current().await?;
                Ok(token.authorization.clone())
            }
            Expected::Nothing => Err(Error::configuration(format!(
                "the scope of this {method} request to {resource} is not known: give it with \
                 `Resource::scope` or `Resource::route`"
            ))),
        }
    }
}

/// The response of a resource, or the error of the call to it.
type Sent = Result<Response<Bytes>, Error>;

impl Inner {
    /// Sends the request until the resource has no more to ask. Fails where we get no token.
    async fn answer_challenges(
        &self,
        mut call: GuardedCall,
        request: Request<Bytes>,
    ) -> Result<Sent, Error> {
        loop {
            let mut attempt = request.clone();
            call.authorize(&mut attempt).await?;
            let mut response = match self.backend.send(attempt).await {
                Ok(response) => response,
                Err(error) => return Ok(Err(error)),
            };
            if call.should_retry(response.status(), response.headers()) {
                continue;
            }
            if let Some(why) = call.unanswered() {
                response.extensions_mut().insert(why.clone());
            }
            return Ok(Ok(response));
        }
    }
}

impl fmt::Debug for ConfidentialClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfidentialClient")
            .field("resources", &self.inner.resources)
            .field("deadline", &self.inner.deadline)
            .finish_non_exhaustive()
    }
}
