//! The introspection endpoint of version 8 and later, RFC 7662 §2.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{Response, StatusCode, Uri};
use tokio::time::timeout_at;

use crate::base_url::BaseUrl;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind};
use crate::header::bearer_challenge::BearerChallenge;
use crate::header::challenge::Challenge;
use crate::header::mfp_conflict;
use crate::protocol::own_token::{Granted, OwnToken};
use crate::protocol::question::Answer;
use crate::protocol::startup::Startup;
use crate::protocol::token_endpoint::TokenEndpoint;
use crate::scope::Scope;
use crate::token::introspection::Introspection;
use crate::upstream::bulkhead::Bulkhead;
use crate::upstream::call::{Call, Target};
use crate::upstream::form::{encoded, form_request};
use crate::upstream::{Received, Upstream};

/// The scope of our own token.
const INTROSPECT: Scope = Scope::from_static("authorization.introspect");

/// Asks the authorization server about tokens, authorized by our own token.
pub(crate) struct IntrospectionEndpoint {
    upstream: Arc<Upstream>,
    uri: Uri,
    own_token: OwnToken,
    bulkhead: Bulkhead,
    startup: Startup,
}

impl IntrospectionEndpoint {
    pub(crate) fn new(
        upstream: Arc<Upstream>,
        server: &BaseUrl,
        credentials: Credentials,
        deadline: Duration,
        max_in_flight: usize,
    ) -> Result<Self, Error> {
        let token_uri = server.endpoint("/az/v1/token")?;
        let token_endpoint = TokenEndpoint::new(upstream.clone(), token_uri, credentials);
        Ok(Self {
            upstream,
            uri: server.endpoint("/az/v1/introspection")?,
            own_token: OwnToken::new(Arc::new(token_endpoint), INTROSPECT, deadline),
            bulkhead: Bulkhead::new(max_in_flight),
            startup: Startup::default(),
        })
    }

    /// Replaces our credentials; see [`OwnToken::set_credentials`].
    pub(crate) fn set_credentials(&self, credentials: Credentials) -> Result<(), Error> {
        self.own_token.set_credentials(credentials)
    }

    /// Asks about `token`. If our own token is refused, it is replaced once; a second refusal is
    /// our error, never the caller's.
    pub(crate) async fn ask(&self, token: &str, call: &Call) -> Result<Answer, Error> {
        self.ask_about(Subject::Token(token), call).await
    }

    /// Asks about our own token, which is valid and tells nothing of anyone. What the server
    /// says about it doesn't matter: it took the question, and answered.
    pub(crate) async fn check(&self, call: &Call) -> Result<(), Error> {
        let answer = self.ask_about(Subject::OurOwn, call).await;
        answer.map(drop)
    }

    async fn ask_about(&self, subject: Subject<'_>, call: &Call) -> Result<Answer, Error> {
        let own_token = self.own_token(call).await?;
        let received = self.post(subject, &own_token, call).await?;
        if !is_refusal(&received.response) {
            return self.read(&received);
        }
        self.own_token.drop_refused(&own_token)?;
        // Boxed, like all that is rare: every call has to carry the room for it around.
        Box::pin(self.ask_again(subject, call)).await
    }

    /// Asks with another token of our own.
    async fn ask_again(&self, subject: Subject<'_>, call: &Call) -> Result<Answer, Error> {
        let own_token = self.own_token(call).await?;
        let received = self.post(subject, &own_token, call).await?;
        let response = &received.response;
        if !is_refusal(response) {
            return self.read(&received);
        }
        Err(match has_bearer_challenge(response) {
            false if response.status() == StatusCode::FORBIDDEN => Error::new(
                ErrorKind::OwnTokenRejected,
                "the introspection endpoint answered 403 without a challenge, as gateways and \
                 firewalls do: let this resource server through to the authorization server",
            ),
            _ => self.own_token.rejected(),
        })
    }

    async fn own_token(&self, call: &Call) -> Result<Arc<Granted>, Error> {
        if let Some(own_token) = self.own_token.at_hand() {
            return own_token;
        }
        let fetched = Box::pin(timeout_at(call.ends_at(), self.own_token.fetched())).await;
        fetched.unwrap_or_else(|_| Err(Error::timeout()))
    }

    async fn post(
        &self,
        subject: Subject<'_>,
        own_token: &Granted,
        call: &Call,
    ) -> Result<Received, Error> {
        let token = match subject {
            Subject::Token(token) => token,
            Subject::OurOwn => own_token.token(),
        };
        let _place = self.bulkhead.enter(call).await?;
        // Encoded once there is a place: questions that wait take no more room than needed.
        let request = || {
            let form = encoded([("token", token), ("token_type_hint", "access_token")]);
            let authorization = own_token.authorization.clone();
            form_request(&self.uri, Some(authorization), form)
        };
        let sent = self.upstream.send(Target::Introspection, call, request);
        let received = sent.await?;
        let status = received.response.status();
        if status != StatusCode::NOT_FOUND {
            self.startup.end();
        }
        if matches!(status, StatusCode::OK | StatusCode::CONFLICT) {
            own_token.accept();
        }
        Ok(received)
    }

    fn read(&self, Received { response, at }: &Received) -> Result<Answer, Error> {
        match response.status() {
            StatusCode::OK => Introspection::read(response.body(), *at).map(Answer::Introspection),
            StatusCode::CONFLICT => Ok(Answer::Conflict(mfp_conflict::value(response.headers()))),
            status if status.is_redirection() => Err(Error::invalid_response(format!(
                "the introspection endpoint answered {status}; a redirect is not followed, \
                 since it would carry the token elsewhere: correct the server URL"
            ))),
            StatusCode::NOT_FOUND => Err(self.startup.not_found(
                self.upstream.clock().uptime(),
                "there is no introspection endpoint at the server URL: if the authorization \
                 server is not just starting, correct the URL, above all the runtime's name in it",
            )),
            status => Err(Error::invalid_response(format!(
                "the introspection endpoint answered {status}"
            ))),
        }
    }
}

/// The token that is asked about.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Token(&'a str),
    OurOwn,
}

fn has_bearer_challenge(response: &Response<Bytes>) -> bool {
    let values = response.headers().get_all(WWW_AUTHENTICATE);
    let challenges = Challenge::parse_lossy(values);
    BearerChallenge::find(&challenges).is_some()
}

fn is_refusal(response: &Response<Bytes>) -> bool {
    matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    )
}
