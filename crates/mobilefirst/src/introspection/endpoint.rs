//! The introspection endpoint of version 8 and later, RFC 7662 §2.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, Uri};
use tokio::sync::Semaphore;

use super::Introspection;
use crate::own_token::{Granted, OwnToken};
use crate::scope::Scope;
use crate::token_endpoint::{TokenEndpoint, form_request};
use crate::upstream::Upstream;
use crate::{Credentials, Error, ErrorKind, ServerUrl};

/// The header with which MobileFirst says that a client's state changed meanwhile.
pub(crate) const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

/// What our own token must be good for.
const INTROSPECT: Scope = Scope::from_static("authorization.introspect");

/// What came of asking about a token.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Introspection(Introspection),
    /// The client's state changed during the check: it shall send its request again.
    Conflict(HeaderValue),
}

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
    pub(crate) async fn ask(&self, token: &str) -> Result<Answer, Error> {
        let own_token = self.own_token.current().await?;
        let response = self.post(token, &own_token).await?;
        if !is_refusal(&response) {
            return self.read(&response);
        }
        let own_token = self.own_token.replace(&own_token).await?;
        let response = self.post(token, &own_token).await?;
        if !is_refusal(&response) {
            return self.read(&response);
        }
        Err(self.own_token.rejected())
    }

    async fn post(&self, token: &str, own_token: &Granted) -> Result<Response<Bytes>, Error> {
        let form = [("token", token), ("token_type_hint", "access_token")];
        let authorization = own_token.authorization.clone();
        let request = form_request(&self.uri, Some(authorization), form);
        // The semaphore is never closed; were it, nothing could be asked.
        let _place = self.in_flight.acquire().await.map_err(|_| closed())?;
        self.upstream.send(request).await
    }

    fn read(&self, response: &Response<Bytes>) -> Result<Answer, Error> {
        match response.status() {
            StatusCode::OK => {
                Introspection::read(response.body(), self.upstream.now()).map(Answer::Introspection)
            }
            StatusCode::CONFLICT => {
                // Without a value the client SDKs do not send again.
                let value = response.headers().get(MFP_CONFLICT).cloned();
                Ok(Answer::Conflict(
                    value.unwrap_or(HeaderValue::from_static("true")),
                ))
            }
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

fn is_refusal(response: &Response<Bytes>) -> bool {
    matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    )
}

fn closed() -> Error {
    Error::new(ErrorKind::Suspended, "no introspection is made any more")
}
