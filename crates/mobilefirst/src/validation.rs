//! The validation endpoint of version 7.

mod security_context;

use std::sync::Arc;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Response, StatusCode, Uri};
use tokio::sync::Semaphore;

pub use self::security_context::{ContextApplication, ContextDevice, ContextUser, SecurityContext};
use crate::challenge::BearerChallenge;
use crate::endpoint::{Answer, Question};
use crate::introspection::{Introspection, closed, conflict};
use crate::token_endpoint::{encoded, form_request};
use crate::upstream::Upstream;
use crate::{Error, Scope, ServerUrl};

/// A longer text of a challenge is not passed on: a response with a header field of many
/// kilobytes may never reach the caller.
const LONGEST_TEXT: usize = 512;

/// Asks a version 7 server whether tokens are good for a scope. It takes no credentials
/// of ours, so whatever it refuses is the caller's.
pub(crate) struct ValidationEndpoint {
    upstream: Arc<Upstream>,
    uri: Uri,
    in_flight: Semaphore,
}

impl ValidationEndpoint {
    pub(crate) fn new(
        upstream: Arc<Upstream>,
        project: &ServerUrl,
        max_in_flight: usize,
    ) -> Result<Self, Error> {
        Ok(Self {
            upstream,
            uri: project.endpoint("/authorization/v1/token/validation")?,
            in_flight: Semaphore::new(max_in_flight.min(Semaphore::MAX_PERMITS)),
        })
    }

    pub(crate) async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let scope = Some(question.scope.as_str()).filter(|scope| !scope.is_empty());
        let form = [
            ("token", Some(&*question.token)),
            ("id_token", question.id_token.as_deref()),
            ("required_scope", scope),
        ];
        let form = form
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let form = encoded(form);
        let request = || form_request(&self.uri, None, form.clone());
        // The semaphore is never closed; were it, nothing could be asked.
        let _place = self.in_flight.acquire().await.map_err(|_| closed())?;
        let response = self.upstream.send(request).await?;
        self.read(&response, question)
    }

    fn read(&self, response: &Response<Bytes>, question: &Question) -> Result<Answer, Error> {
        match response.status() {
            StatusCode::OK => Introspection::read_validation(response.body(), self.upstream.now())
                .map(Answer::Introspection),
            StatusCode::CONFLICT => Ok(conflict(response)),
            status if matches!(status.as_u16(), 400..=408) => self.refusal(response, question),
            status if status.is_redirection() => Err(Error::invalid_response(format!(
                "the validation endpoint answered {status}; a redirect is not followed, \
                 since it would carry the token elsewhere: correct the project URL"
            ))),
            status => Err(Error::invalid_response(format!(
                "the validation endpoint answered {status}"
            ))),
        }
    }

    /// A challenge, or JSON with `"active": false`. Anything else is no refusal of the
    /// caller, but trouble of ours: a wrong URL, or a gateway that knows neither of us.
    fn refusal(&self, response: &Response<Bytes>, question: &Question) -> Result<Answer, Error> {
        if let Some(challenge) = bearer_challenge(response.headers())
            && let Some(challenge) = written_anew(&challenge, response.status(), question)
        {
            return Ok(Answer::Refused(Arc::new(challenge)));
        }
        match Introspection::read(response.body(), self.upstream.now()) {
            Ok(inactive @ Introspection::Inactive(_)) => Ok(Answer::Introspection(inactive)),
            _ if response.status() == StatusCode::NOT_FOUND => Err(Error::invalid_response(
                "there is no validation endpoint at the project URL: correct the URL, \
                 above all the name of the project in it",
            )),
            _ => Err(Error::invalid_response(format!(
                "the validation endpoint answered {} without a challenge that can be read",
                response.status()
            ))),
        }
    }
}

/// The challenge for the caller: of what the server said, the parts that are known and
/// fit. `None` where that makes no sense.
fn written_anew(
    said: &BearerChallenge,
    status: StatusCode,
    question: &Question,
) -> Option<BearerChallenge> {
    let text = |text: Option<&str>| text.filter(|text| fits(text, question)).map(str::to_owned);
    let mut challenge = match said.error() {
        None => BearerChallenge::new(),
        Some("invalid_token") => BearerChallenge::new().with_error("invalid_token"),
        Some("invalid_request") => BearerChallenge::new().with_error("invalid_request"),
        // Without a scope in it, the client SDKs never complete the request.
        Some("insufficient_scope") => BearerChallenge::new()
            .with_error("insufficient_scope")
            .with_scope(&lacking(said.scope(), question)?),
        // The token is refused, for a reason that no client knows either.
        Some(_) if matches!(status.as_u16(), 401 | 403) => {
            return Some(BearerChallenge::new().with_error("invalid_token"));
        }
        Some(_) => return None,
    };
    if let Some(realm) = text(said.realm()) {
        challenge = challenge.with_realm(realm);
    }
    if let Some(description) = text(said.error_description()) {
        challenge = challenge.with_error_description(description);
    }
    Some(challenge)
}

/// The scope that the server named, else the required one.
fn lacking(named: Option<&str>, question: &Question) -> Option<Scope> {
    let named = named
        .filter(|scope| fits(scope, question))
        .and_then(|scope| scope.parse().ok());
    let scope: Scope = named.unwrap_or_else(|| question.scope.clone());
    (!scope.as_str().is_empty()).then_some(scope)
}

/// Whether a text may be passed on: not one that quotes a token, since a refusal is
/// printed and logged.
fn fits(text: &str, question: &Question) -> bool {
    let quotes = |token: &str| text.contains(token);
    text.len() <= LONGEST_TEXT
        && !text.is_empty()
        && !quotes(&question.token)
        && !question.id_token.as_deref().is_some_and(quotes)
}

/// The challenge in a response. This is the seam where the parser of challenges goes; here
/// are one field and `Bearer name="value", …` without escapes, and nothing else.
fn bearer_challenge(headers: &HeaderMap) -> Option<BearerChallenge> {
    let mut fields = headers.get_all(WWW_AUTHENTICATE).iter();
    let (field, None) = (fields.next()?, fields.next()) else {
        return None;
    };
    let mut rest = field.to_str().ok()?.strip_prefix("Bearer ")?;
    let mut challenge = BearerChallenge::new();
    loop {
        let (name, value) = rest.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        if value.contains('\\') {
            return None;
        }
        let value_owned = value.to_owned();
        challenge = match name {
            "realm" if challenge.realm().is_none() => challenge.with_realm(value_owned),
            "error" if challenge.error().is_none() => challenge.with_error(value_owned),
            "error_description" if challenge.error_description().is_none() => {
                challenge.with_error_description(value_owned)
            }
            "scope" if challenge.scope().is_none() => match value.parse() {
                Ok(scope) => challenge.with_scope(&scope),
                // As if the server had named none.
                Err(_) => challenge,
            },
            _ => return None,
        };
        if after.is_empty() {
            return Some(challenge);
        }
        rest = after.strip_prefix(',')?.trim_start_matches(' ');
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parsed(fields: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(field).unwrap());
        }
        bearer_challenge(&headers).map(|challenge| challenge.to_string())
    }

    #[test]
    fn a_challenge_is_read_or_it_is_none() {
        let full = r#"Bearer realm="r", error="e", scope="a b", error_description="d, e=f""#;
        assert_eq!(parsed(&[full]).as_deref(), Some(full));
        for bad in [
            &[][..],
            &["Basic realm=\"r\""],
            &["Bearer"],
            &["Bearer realm=r"],
            &[r#"Bearer realm="r"#],
            &[r#"Bearer realm="r" error="e""#],
            &[r#"Bearer realm="r", realm="s""#],
            &[r#"Bearer realm="r", other="s""#],
            &[r#"Bearer realm="r", Basic realm="s""#],
            &[r#"Bearer realm="r\"""#],
            &[r#"Bearer realm="r""#, r#"Bearer realm="r""#],
        ] {
            assert_eq!(parsed(bad), None, "{bad:?}");
        }
    }
}
