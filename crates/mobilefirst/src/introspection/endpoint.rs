//! The introspection endpoint of version 8 and later, RFC 7662 §2.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, Uri};
use tokio::sync::Semaphore;

use super::Introspection;
use crate::endpoint::Answer;
use crate::health::Trouble;
use crate::own_token::{Granted, OwnToken};
use crate::scope::Scope;
use crate::token_endpoint::{TokenEndpoint, encoded, form_request};
use crate::upstream::{Attempts, Target, Upstream};
use crate::{Credentials, Error, ErrorKind, ServerUrl};

/// The header with which MobileFirst says that a client's state changed meanwhile.
pub(crate) const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

/// What our own token must be good for.
const INTROSPECT: Scope = Scope::from_static("authorization.introspect");

/// Asks the authorization server about tokens, authorized by a token of our own.
pub(crate) struct IntrospectionEndpoint {
    upstream: Arc<Upstream>,
    uri: Uri,
    own_token: OwnToken,
    in_flight: Semaphore,
}

impl IntrospectionEndpoint {
    pub(crate) fn new(
        upstream: Arc<Upstream>,
        server: &ServerUrl,
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
            in_flight: Semaphore::new(max_in_flight.min(Semaphore::MAX_PERMITS)),
        })
    }

    /// Asks about `token`. A refusal of our own token is never the caller's fault: it is
    /// replaced once, and then the error is ours.
    pub(crate) async fn ask(&self, token: &str, attempts: &Attempts) -> Result<Answer, Error> {
        let answer = self.ask_about(Subject::Token(token), attempts).await;
        answer.map_err(Trouble::into_error)
    }

    /// Asks about our own token, which is valid and tells nothing of anyone. What the
    /// server says of it does not matter: it was asked, and it answered us.
    pub(crate) async fn check(&self) -> Result<(), Trouble> {
        let answer = self.ask_about(Subject::OurOwn, &Attempts::default()).await;
        answer.map(drop)
    }

    async fn ask_about(
        &self,
        subject: Subject<'_>,
        attempts: &Attempts,
    ) -> Result<Answer, Trouble> {
        let own_token = self.own_token.current().await.map_err(ungranted)?;
        let response = self.post(subject, &own_token, attempts).await;
        let response = response.map_err(Trouble::Server)?;
        if !is_refusal(&response) {
            return self.read(&response).map_err(Trouble::Server);
        }
        let dropped = self.own_token.drop_refused(&own_token);
        dropped.map_err(Trouble::Introspection)?;
        let own_token = self.own_token.current().await.map_err(ungranted)?;
        let response = self.post(subject, &own_token, attempts).await;
        let response = response.map_err(Trouble::Server)?;
        if !is_refusal(&response) {
            return self.read(&response).map_err(Trouble::Server);
        }
        Err(Trouble::Introspection(self.own_token.rejected()))
    }

    async fn post(
        &self,
        subject: Subject<'_>,
        own_token: &Granted,
        attempts: &Attempts,
    ) -> Result<Response<Bytes>, Error> {
        let token = match subject {
            Subject::Token(token) => token,
            Subject::OurOwn => own_token.token(),
        };
        let form = encoded([("token", token), ("token_type_hint", "access_token")]);
        let request = || {
            let authorization = own_token.authorization.clone();
            form_request(&self.uri, Some(authorization), form.clone())
        };
        // The semaphore is never closed; were it, nothing could be asked.
        let _place = self.in_flight.acquire().await.map_err(|_| closed())?;
        let response = self
            .upstream
            .send(Target::Introspection, attempts, request)
            .await?;
        if matches!(response.status(), StatusCode::OK | StatusCode::CONFLICT) {
            own_token.accept();
        }
        Ok(response)
    }

    fn read(&self, response: &Response<Bytes>) -> Result<Answer, Error> {
        match response.status() {
            StatusCode::OK => {
                Introspection::read(response.body(), self.upstream.now()).map(Answer::Introspection)
            }
            StatusCode::CONFLICT => Ok(conflict(response)),
            status if status.is_redirection() => Err(Error::invalid_response(format!(
                "the introspection endpoint answered {status}; a redirect is not followed, \
                 since it would carry the token elsewhere: correct the server URL"
            ))),
            StatusCode::NOT_FOUND => Err(Error::invalid_response(
                "there is no introspection endpoint at the server URL: correct the URL, \
                 above all the name of the runtime in it",
            )),
            status => Err(Error::invalid_response(format!(
                "the introspection endpoint answered {status}"
            ))),
        }
    }
}

/// What is asked about.
#[derive(Clone, Copy)]
enum Subject<'a> {
    Token(&'a str),
    OurOwn,
}

/// What it means that there is no token of our own.
fn ungranted(error: Error) -> Trouble {
    match error.kind() {
        ErrorKind::CredentialsRejected => Trouble::Credentials(error),
        ErrorKind::ScopeRejected => Trouble::Introspection(error),
        _ => Trouble::Server(error),
    }
}

fn is_refusal(response: &Response<Bytes>) -> bool {
    matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    )
}

/// 409. Without a value the client SDKs do not send again.
pub(crate) fn conflict(response: &Response<Bytes>) -> Answer {
    let value = response.headers().get(MFP_CONFLICT).cloned();
    Answer::Conflict(value.unwrap_or(HeaderValue::from_static("true")))
}

pub(crate) fn closed() -> Error {
    Error::new(ErrorKind::Suspended, "no token is asked about any more")
}
