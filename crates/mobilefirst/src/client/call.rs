//! A call to a guarded resource: which token goes with each attempt.

use std::fmt;
use std::sync::Arc;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, Method, Request, StatusCode, Uri};
use tracing::debug;

use crate::client::learnt::Spot;
use crate::client::next_step::{self, NextStep};
use crate::client::resources::{Expected, Guarded};
use crate::client::tokens::Token;
use crate::client::unanswered::Unanswered;
use crate::error::{Error, ErrorKind};
use crate::scope::Scope;

/// Maximum number of times a request is sent, like the client SDKs. Conflicts do not count.
const MAX_TRIES: u32 = 4;

/// Maximum number of retries after a conflict.
const MAX_CONFLICTS: u32 = 7;

/// Gives a request its token, for a request that is sent with an HTTP client of your own: reqwest,
/// hyper, tonic, or a tower service.
///
/// Get one from [`ConfidentialClient::call`](crate::ConfidentialClient::call) for each request. Then,
/// for each attempt, build the request, [`authorize`](Self::authorize) it, send it, and show the
/// response to [`should_retry`](Self::should_retry). The client learns from every response that it
/// is shown, also if the request is not sent again.
///
/// Bodies stay yours: stream them, and retry only if yours can be made again. For a body that
/// cannot, give the scope with [`Resource`](crate::Resource), so that the first attempt has the
/// right token.
///
/// Your HTTP client must not follow redirects, which could carry the token elsewhere
/// (RFC 9700 §4.12). A deadline for the call is yours to set.
///
/// ```
/// use http::{Request, Response};
/// use mobilefirst::{ConfidentialClient, Error};
/// # async fn send(_: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, Error> { Ok(Response::default()) }
///
/// async fn upload(client: &ConfidentialClient) -> Result<Response<Vec<u8>>, Box<dyn std::error::Error>> {
///     let build = || Request::put("https://bank.example.com/statement").body(b"...".to_vec());
///     let mut call = client.call(&http::Method::PUT, build()?.uri())?;
///     loop {
///         let mut request = build()?;
///         call.authorize(&mut request).await?;
///         let response = send(request).await?;
///         if !call.should_retry(response.status(), response.headers()) {
///             return Ok(response);
///         }
///     }
/// }
/// ```
pub struct GuardedCall {
    resource: Arc<Guarded>,
    spot: Spot,
    scope: Option<Scope>,
    is_guess: bool,
    /// The token of the attempt that is under way.
    token: Option<Token>,
    /// The scope for which a new token was fetched last, since the old one was refused.
    renewed: Option<Scope>,
    tries: u32,
    conflicts: u32,
    unanswered: Option<Unanswered>,
}

impl GuardedCall {
    pub(crate) fn new(resource: Arc<Guarded>, method: &Method, uri: &Uri) -> Self {
        let spot = resource.spot(method, uri.path());
        let (scope, is_guess) = match resource.expected(&spot, method, uri.path()) {
            Expected::Known(scope) => (Some(scope), false),
            Expected::Guess(scope) => (Some(scope), true),
            Expected::Nothing => (None, false),
        };
        Self {
            resource,
            spot,
            scope,
            is_guess,
            token: None,
            renewed: None,
            tries: 1,
            conflicts: 0,
            unanswered: None,
        }
    }

    /// Adds the `Authorization` field that the next attempt needs, marked as
    /// [sensitive](http::HeaderValue::is_sensitive). While no scope is known, it adds none.
    ///
    /// Takes at most the client's [deadline](crate::ConfidentialClientBuilder::deadline), and
    /// must be polled within a tokio runtime.
    ///
    /// # Errors
    ///
    /// - [`Configuration`](ErrorKind::Configuration) if the request does not go to the origin of
    ///   this call, or has an `Authorization` field. It is unchanged.
    /// - [`ScopeRejected`](ErrorKind::ScopeRejected) or
    ///   [`CredentialsRejected`](ErrorKind::CredentialsRejected) if the authorization server does
    ///   not grant us a token for the required scope; one of the other kinds if it cannot be asked.
    pub async fn authorize<B>(&mut self, request: &mut Request<B>) -> Result<(), Error> {
        self.resource.check_target(request.uri())?;
        if request.headers().contains_key(AUTHORIZATION) {
            return Err(Error::configuration(
                "the request has an `Authorization` field: leave it to the client, and build the \
                 request anew for each attempt",
            ));
        }
        self.token = self.next_token().await?;
        if let Some(token) = &self.token {
            let value = token.authorization.clone();
            request.headers_mut().insert(AUTHORIZATION, value);
        }
        Ok(())
    }

    /// Reads a response, and returns whether the request should be sent again, which is at most
    /// four times, and seven times more after a conflict.
    ///
    /// [`ConfidentialClient`](crate::ConfidentialClient) lists what it makes of each response. A
    /// gRPC response counts as the refusal that its `grpc-status` stands for.
    pub fn should_retry(&mut self, status: StatusCode, headers: &HeaderMap) -> bool {
        let sent = self.scope.as_ref().filter(|_| self.token.is_some());
        let step = next_step::after(status, headers, sent);
        let is_retried = match step {
            NextStep::Return => Ok(self.starts_over(status, headers)),
            NextStep::Retry if self.conflicts == MAX_CONFLICTS => Err(Unanswered::TooManyConflicts),
            NextStep::Retry => {
                self.conflicts += 1;
                return true;
            }
            NextStep::GetToken(required) => self.take(required),
            NextStep::RenewToken => self.renew(),
        };
        match is_retried {
            Ok(is_retried) => {
                self.tries += u32::from(is_retried);
                is_retried
            }
            Err(why) => {
                debug!(resource = %self.resource, %why, "passes a refusal on");
                self.unanswered = Some(why);
                false
            }
        }
    }

    /// Returns why the request should not be sent again although the resource asks for it, if that
    /// is so. A refusal that no token would help has no such reason.
    pub fn unanswered(&self) -> Option<&Unanswered> {
        self.unanswered.as_ref()
    }

    async fn next_token(&mut self) -> Result<Option<Token>, Error> {
        let Some(scope) = &self.scope else {
            return Ok(None);
        };
        match self.resource.tokens.of(scope).current().await {
            Ok(token) => Ok(Some(token)),
            // A guess makes no call fail: the route may require less, or nothing.
            Err(_) if self.is_guess => {
                self.forget_guess();
                Ok(None)
            }
            Err(error) => {
                // The route may require another scope by now, which we may be granted.
                if error.kind() == ErrorKind::ScopeRejected {
                    self.resource.forget(&self.spot, scope);
                }
                Err(error)
            }
        }
    }

    /// The resource asks for a token for `required`.
    fn take(&mut self, required: Scope) -> Result<bool, Unanswered> {
        self.resource.may_ask_for(&required)?;
        self.resource.learn(&self.spot, &required);
        if self.tries == MAX_TRIES {
            return Err(Unanswered::TooManyTries);
        }
        self.scope = Some(required);
        self.is_guess = false;
        Ok(true)
    }

    /// The resource refused the token.
    fn renew(&mut self) -> Result<bool, Unanswered> {
        let (Some(scope), Some(token)) = (&self.scope, &self.token) else {
            return Ok(false);
        };
        if self.tries == MAX_TRIES {
            return Err(Unanswered::TooManyTries);
        }
        // A resource that refuses every token must not cost a new one for each request.
        if self.renewed.as_ref() == Some(scope)
            || self.resource.tokens.of(scope).drop_refused(token).is_err()
        {
            if self.is_guess {
                self.forget_guess();
                return Ok(true);
            }
            return Err(Unanswered::TokenRefused(scope.clone()));
        }
        self.renewed = Some(scope.clone());
        Ok(true)
    }

    /// A guess may be wrong in a way that the resource does not name. It then gets the request
    /// without a token, as if nothing were known. A refusal without a challenge is not about the
    /// token (RFC 6750 §3).
    fn starts_over(&mut self, status: StatusCode, headers: &HeaderMap) -> bool {
        let is_refusal = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
        let starts_over = self.is_guess
            && is_refusal
            && headers.contains_key(WWW_AUTHENTICATE)
            && self.tries < MAX_TRIES;
        if starts_over {
            self.forget_guess();
        }
        starts_over
    }

    fn forget_guess(&mut self) {
        self.scope = None;
        self.is_guess = false;
    }
}

impl fmt::Debug for GuardedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedCall")
            .field("resource", &format_args!("{}", self.resource))
            .field("scope", &self.scope)
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}
