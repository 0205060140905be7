//! The token endpoint, for a confidential client (RFC 6749 §4.4).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::task::spawn_blocking;
use tracing::warn;

use crate::clock::Clock;
use crate::credentials::{Credentials, sensitive};
use crate::error::{Error, ErrorKind};
use crate::protocol::startup::Startup;
use crate::scope::Scope;
use crate::upstream::Upstream;
use crate::upstream::call::{Call, Target};
use crate::upstream::form::{encoded, form_request};

/// The lifetime of a token whose response has no `expires_in`.
const UNTOLD_LIFETIME: Duration = Duration::from_secs(60);

/// Maximum lifetime, so that no sum overflows.
const LONGEST_LIFETIME: f64 = 365.0 * 86_400.0;

/// The endpoint that issues tokens to our client.
pub(crate) struct TokenEndpoint {
    upstream: Arc<Upstream>,
    uri: Uri,
    credentials: Mutex<Credentials>,
    startup: Startup,
}

/// A successful response (RFC 6749 §5.1).
#[derive(Deserialize)]
pub(crate) struct TokenResponse {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<Value>,
}

impl TokenEndpoint {
    pub(crate) fn new(upstream: Arc<Upstream>, uri: Uri, credentials: Credentials) -> Self {
        Self {
            upstream,
            uri,
            credentials: Mutex::new(credentials),
            startup: Startup::default(),
        }
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.upstream.clock()
    }

    /// The credentials for the next request.
    fn credentials(&self) -> Credentials {
        let credentials = self.credentials.lock();
        credentials.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the secret, and how the client authenticates. The client must be the same: the
    /// answers in the cache were given to it.
    pub(crate) fn set_credentials(&self, credentials: Credentials) -> Result<(), Error> {
        let current = self.credentials.lock();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        if credentials.id() != current.id() {
            return Err(Error::configuration(format!(
                "the credentials belong to the client `{}`, and this validator's answers were \
                 given to the client `{}`: build another validator for another client",
                credentials.id(),
                current.id()
            )));
        }
        *current = credentials;
        Ok(())
    }

    /// The credentials, with the secret that their file holds now.
    async fn reloaded_credentials(&self) -> Credentials {
        let credentials = self.credentials();
        if !credentials.is_in_file() {
            return credentials;
        }
        let reloading = credentials.clone();
        let reloaded = spawn_blocking(move || reloading.reload()).await;
        if let Ok(Err(error)) = reloaded {
            warn!(%error, "the client's secret cannot be read again, and the last one is used");
        }
        credentials
    }

    /// Requests a token with this scope.
    pub(crate) async fn request_token(
        &self,
        scope: &Scope,
        deadline: Duration,
    ) -> Result<TokenResponse, Error> {
        let credentials = self.reloaded_credentials().await;
        let grant = [
            ("grant_type", "client_credentials"),
            ("scope", scope.as_str()),
        ];
        let parameters = credentials.parameters();
        let parameters = parameters.iter().map(|(name, value)| (*name, &**value));
        let form = grant.into_iter().chain(parameters);
        let (authorization, form) = (credentials.authorization(), encoded(form));
        let request = || form_request(&self.uri, authorization.clone(), form.clone());
        let call = Call::own(deadline);
        let sent = self.upstream.send(Target::Token, &call, request);
        let response = sent.await?.response;
        if response.status() != StatusCode::NOT_FOUND {
            self.startup.end();
        }
        if response.status() != StatusCode::OK {
            return Err(self.refusal(&response, scope));
        }
        // The parser's own error may quote the token, so it is not passed on.
        json_object(response.body()).ok_or_else(|| {
            Error::invalid_response("the token endpoint's answer is no token response")
        })
    }

    /// The error for our own token, if it is refused although it was issued here.
    pub(crate) fn own_token_rejected(&self, scope: &Scope) -> Error {
        Error::new(
            ErrorKind::OwnTokenRejected,
            format!(
                "the authorization server refuses the token that it gave to our client `{}`: \
                 look whether the client's allowed scope still holds `{scope}`",
                self.credentials().id()
            ),
        )
    }

    /// The error for a refusal (RFC 6749 §5.2). MobileFirst answers 400 where the RFC says 401.
    fn refusal(&self, response: &Response<Bytes>, scope: &Scope) -> Error {
        #[derive(Deserialize)]
        struct Refusal {
            error: String,
        }
        let credentials = self.credentials();
        let id = credentials.id();
        let status = response.status();
        let refusal = json_object::<Refusal>(response.body());
        match (status, refusal.as_ref().map(|refusal| &*refusal.error)) {
            (_, Some("invalid_scope")) => Error::new(
                ErrorKind::ScopeRejected,
                format!(
                    "the authorization server refuses our client `{id}` the scope `{scope}`: \
                     add it to the client's allowed scope there"
                ),
            ),
            // RFC 6749 §5.2: an authorization server names an error.
            (StatusCode::FORBIDDEN, None) => Error::new(
                ErrorKind::CredentialsRejected,
                "the token endpoint answered 403 without an error code, as gateways and \
                 firewalls do: let this resource server through to the authorization server",
            ),
            (_, Some("invalid_client" | "unauthorized_client"))
            | (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => Error::new(
                ErrorKind::CredentialsRejected,
                format!(
                    "the authorization server refuses our credentials: register the confidential \
                     client `{id}` there, or correct its secret here"
                ),
            ),
            (status, _) if status.is_redirection() => Error::invalid_response(format!(
                "the token endpoint answered {status}; a redirect is not followed, \
                 since it would carry our credentials elsewhere: correct the server URL"
            )),
            (StatusCode::NOT_FOUND, _) => self.startup.not_found(
                self.clock().uptime(),
                "there is no token endpoint at the server URL: if the authorization server is \
                 not just starting, correct the URL, above all the runtime's name in it",
            ),
            _ => Error::invalid_response(format!("the token endpoint answered {status}")),
        }
    }
}

/// Reads an object. Without the check, serde would read a struct from an array too.
fn json_object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    let is_object = json.trim_ascii_start().starts_with(b"{");
    is_object.then(|| serde_json::from_slice(json).ok())?
}

impl TokenResponse {
    /// The `Authorization` field with the token.
    pub(crate) fn authorization(&self) -> Result<HeaderValue, Error> {
        let is_bearer = |kind: &String| kind.eq_ignore_ascii_case("bearer");
        let value = sensitive(&format!("Bearer {}", self.access_token))
            .filter(|_| !self.access_token.is_empty())
            .filter(|_| self.token_type.as_ref().is_none_or(is_bearer));
        value.ok_or_else(|| {
            Error::invalid_response("the token endpoint's answer holds no usable bearer token")
        })
    }

    /// The lifetime (`expires_in`): seconds, as a number or a numeric string.
    pub(crate) fn lifetime(&self) -> Duration {
        let seconds = match &self.expires_in {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        match seconds.filter(|seconds| !seconds.is_nan()) {
            Some(seconds) => Duration::from_secs_f64(seconds.clamp(0.0, LONGEST_LIFETIME)),
            None => UNTOLD_LIFETIME,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_read_from_whatever_stands_there() {
        for (json, seconds) in [
            (r#"{"access_token":"a","expires_in":3599}"#, 3599),
            (r#"{"access_token":"a","expires_in":"3599"}"#, 3599),
            (r#"{"access_token":"a","expires_in":0}"#, 0),
            (r#"{"access_token":"a","expires_in":-5}"#, 0),
            (r#"{"access_token":"a","expires_in":1e300}"#, 31_536_000),
            (r#"{"access_token":"a","expires_in":"soon"}"#, 60),
            (r#"{"access_token":"a","expires_in":null}"#, 60),
            (r#"{"access_token":"a"}"#, 60),
        ] {
            let answer: TokenResponse = serde_json::from_str(json).unwrap();
            assert_eq!(answer.lifetime(), Duration::from_secs(seconds), "{json}");
        }
    }
}
