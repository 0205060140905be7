//! The validation endpoint of version 7.

use std::sync::Arc;

use http::header::WWW_AUTHENTICATE;
use http::{StatusCode, Uri};

use crate::base_url::BaseUrl;
use crate::error::Error;
use crate::header::bearer_challenge::BearerChallenge;
use crate::header::bearer_challenge::found::find_for_bearer;
use crate::header::challenge::Challenge;
use crate::header::mfp_conflict;
use crate::protocol::question::{Answer, Question};
use crate::scope::Scope;
use crate::token::introspection::Introspection;
use crate::upstream::bulkhead::Bulkhead;
use crate::upstream::call::{Call, Target};
use crate::upstream::form::{encoded, form_request};
use crate::upstream::{Received, Upstream};

/// Maximum length of a text that is passed on. A response with a header field of many kilobytes
/// may never reach the caller.
const LONGEST_TEXT: usize = 512;

/// Asks a version 7 server whether tokens are good for a scope. It needs no credentials, so a
/// refusal always concerns the caller.
pub(crate) struct ValidationEndpoint {
    upstream: Arc<Upstream>,
    uri: Uri,
    bulkhead: Bulkhead,
}

impl ValidationEndpoint {
    pub(crate) fn new(
        upstream: Arc<Upstream>,
        project: &BaseUrl,
        max_in_flight: usize,
    ) -> Result<Self, Error> {
        Ok(Self {
            upstream,
            uri: project.endpoint("/authorization/v1/token/validation")?,
            bulkhead: Bulkhead::new(max_in_flight),
        })
    }

    pub(crate) async fn ask(&self, question: &Question, call: &Call) -> Result<Answer, Error> {
        let _place = self.bulkhead.enter(call).await?;
        let scope = Some(question.scope.as_str()).filter(|scope| !scope.is_empty());
        let form = [
            ("token", Some(&*question.token)),
            ("id_token", question.id_token.as_deref()),
            ("required_scope", scope),
        ];
        let form = form
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let request = || form_request(&self.uri, None, encoded(form.clone()));
        let sent = self.upstream.send(Target::Validation, call, request);
        read(&sent.await?, question)
    }
}

fn read(received: &Received, question: &Question) -> Result<Answer, Error> {
    let Received { response, at } = received;
    match response.status() {
        StatusCode::OK => Introspection::read(response.body(), *at).map(Answer::Introspection),
        StatusCode::CONFLICT => Ok(Answer::Conflict(mfp_conflict::value(response.headers()))),
        status if matches!(status.as_u16(), 400..=408) => refusal(received, question),
        status if status.is_redirection() => Err(Error::invalid_response(format!(
            "the validation endpoint answered {status}; a redirect is not followed, \
                 since it would carry the token elsewhere: correct the project URL"
        ))),
        status => Err(Error::invalid_response(format!(
            "the validation endpoint answered {status}"
        ))),
    }
}

/// Reads a refusal: a challenge, or JSON with `"active": false`. Anything else is our own
/// problem: a wrong URL, or a gateway that refuses this resource server.
fn refusal(received: &Received, question: &Question) -> Result<Answer, Error> {
    let Received { response, at } = received;
    let said = Challenge::parse_lossy(response.headers().get_all(WWW_AUTHENTICATE));
    if let Some(said) = find_for_bearer(&said)
        && let Some(challenge) = written_anew(said, response.status(), question)
    {
        return Ok(Answer::Refused(Arc::new(challenge)));
    }
    match Introspection::read(response.body(), *at) {
        Ok(inactive @ Introspection::Inactive(_)) => Ok(Answer::Introspection(inactive)),
        _ if response.status() == StatusCode::NOT_FOUND => Err(Error::invalid_response(
            "there is no validation endpoint at the project URL: correct the URL, \
                 above all the name of the project in it",
        )),
        _ if response.status() == StatusCode::FORBIDDEN => Err(Error::invalid_response(
            "the validation endpoint answered 403 without a challenge, as gateways and \
                 firewalls do: let this resource server through to the authorization server",
        )),
        _ => Err(Error::invalid_response(format!(
            "the validation endpoint answered {} without a challenge that can be read",
            response.status()
        ))),
    }
}

/// The challenge for the caller, from the parts of the server's challenge that are known and
/// usable. `None` where it is not a refusal of the caller.
fn written_anew(
    said: &Challenge,
    status: StatusCode,
    question: &Question,
) -> Option<BearerChallenge> {
    let text = |name| {
        let text = said.parameter(name).filter(|text| fits(text, question));
        text.map(str::to_owned)
    };
    let error = said.parameter("error").filter(|error| !error.is_empty());
    let mut challenge = match error {
        // A server may leave the error out and name the scope that is missing.
        None if status == StatusCode::FORBIDDEN && text("scope").is_some() => {
            BearerChallenge::new()
                .with_error("insufficient_scope")
                .with_scope(&lacking(text("scope"), question)?)
        }
        None => BearerChallenge::new(),
        Some("invalid_token") => BearerChallenge::new().with_error("invalid_token"),
        Some("invalid_request") => BearerChallenge::new().with_error("invalid_request"),
        // Without a scope in it, the client SDKs never complete the request.
        Some("insufficient_scope") => BearerChallenge::new()
            .with_error("insufficient_scope")
            .with_scope(&lacking(text("scope"), question)?),
        // The token is refused, for a reason that the client SDKs don't know.
        Some(_) if matches!(status.as_u16(), 401 | 403) => {
            return Some(BearerChallenge::new().with_error("invalid_token"));
        }
        Some(_) => return None,
    };
    if let Some(realm) = text("realm") {
        challenge = challenge.with_realm(realm);
    }
    if let Some(description) = text("error_description") {
        challenge = challenge.with_error_description(description);
    }
    Some(challenge)
}

/// The scope in the server's challenge, if the client SDKs can read it, or the required one.
fn lacking(named: Option<String>, question: &Question) -> Option<Scope> {
    let named = named.and_then(|scope| scope.parse().ok());
    let scope: Scope = named.unwrap_or_else(|| question.scope.clone());
    (!scope.as_str().is_empty()).then_some(scope)
}

/// Whether a text may be passed on. Not if it would have to be changed, or quotes a token: refusals
/// are logged.
fn fits(text: &str, question: &Question) -> bool {
    let quotes = |token: &str| text.contains(token);
    text.len() <= LONGEST_TEXT
        && !text.is_empty()
        && text.is_ascii()
        && !quotes(&question.token)
        && !question.id_token.as_deref().is_some_and(quotes)
}
