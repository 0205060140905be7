//! Records a call in the log: what was asked when it arrives, and the answer when it is sent.
//!
//! Secrets are never read into an entry: of credentials, only the ID of a registered client is
//! shown. Tokens are shortened.

use std::time::Instant;

use bytes::Bytes;
use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, Request, Response};
use serde_json::{Map, Value, json};

use crate::authority::Authority;
use crate::endpoint::Endpoint;
use crate::mount::reply::{Received, Reply};
use crate::mount::server::fault_json;
use crate::state::State;
use crate::state::tokens::Holder;
use crate::wire::credentials::{Credentials, form_decoded};
use crate::wire::form::Form;
use crate::wire::shortened;

const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

/// A call in the log that is not answered yet. If it is dropped, the caller went away.
pub(crate) struct Recorded {
    authority: Authority,
    number: u64,
    began: Instant,
    is_ended: bool,
}

impl Recorded {
    pub(crate) fn begin(authority: &Authority, received: &Received) -> Self {
        let mut state = authority.lock();
        let shown = question(&state, received);
        let version = state.next_version();
        Self {
            authority: authority.clone(),
            number: state.log.begin(version, shown),
            began: Instant::now(),
            is_ended: false,
        }
    }

    pub(crate) fn end(mut self, reply: &Reply) {
        self.is_ended = true;
        match reply {
            Reply::Answer(response) | Reply::Padded(response, _) | Reply::Endless(response) => {
                self.close("answered", answer(response));
            }
            Reply::Reset => self.close("reset", Value::Null),
        }
    }

    fn close(&self, outcome: &str, answer: Value) {
        let took = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut state = self.authority.lock();
        let version = state.next_version();
        let fields = members([
            ("outcome", outcome.into()),
            ("took", took.into()),
            ("answer", answer),
        ]);
        state.log.extend(self.number, version, fields);
    }
}

impl Drop for Recorded {
    fn drop(&mut self) {
        if !self.is_ended {
            self.close("abandoned", Value::Null);
        }
    }
}

fn question(state: &State, received: &Received) -> Map<String, Value> {
    let Received {
        request,
        endpoint,
        fault,
    } = received;
    let form = endpoint.and_then(|_| Form::read(request).ok());
    let parameter = |name: &str| form.as_ref()?.value(name);
    let token = parameter("token");
    let known = token.and_then(|token| state.tokens.known(token));
    let scope = match endpoint {
        Some(Endpoint::Validation) => parameter("required_scope"),
        _ => parameter("scope"),
    };
    let user = known.and_then(|(_, token)| token.answer.get("username")?.as_str());
    members([
        ("at", state.now().into()),
        ("method", shortened::text(request.method().as_str()).into()),
        ("path", shortened::text(request.uri().path()).into()),
        ("endpoint", endpoint.map(Endpoint::name).into()),
        ("client", client(state, request, form.as_ref()).into()),
        ("scope", scope.map(shortened::text).into()),
        ("token", token.map(shortened::token).into()),
        ("token_id", known.map(|(number, _)| number).into()),
        ("token_username", user.map(shortened::text).into()),
        ("fault", fault.as_ref().map(fault_json::shown).into()),
        ("outcome", "pending".into()),
        ("took", Value::Null),
        ("answer", Value::Null),
    ])
}

/// The confidential client that calls, if it is registered: any other text in the place of an ID
/// may be a secret.
fn client(state: &State, request: &Request<Bytes>, form: Option<&Form>) -> Option<String> {
    let credentials = Credentials::of(request);
    if let Some(own) = credentials.bearer() {
        let (_, token) = state.tokens.known(own)?;
        let id = token.answer.get("client_id")?.as_str()?;
        return (token.holder == Holder::ConfidentialClient).then(|| id.to_owned());
    }
    let in_header = credentials.basic().map(|(id, _)| id);
    let in_form = form.and_then(|form| form.value("client_id"));
    let id = in_header.or_else(|| in_form.map(str::to_owned))?;
    let decoded = form_decoded(&id);
    let mut ids = [Some(id), decoded].into_iter().flatten();
    ids.find(|id| state.clients.contains(id))
}

/// What is shown of an answer: its status, some header fields, and some members of a JSON body.
fn answer(response: &Response<Bytes>) -> Value {
    let header = |name: HeaderName| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(shortened::text(value))
    };
    let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    let text = |pointer: &str| Some(shortened::text(body.pointer(pointer)?.as_str()?));
    let token = body["access_token"].as_str().map(shortened::token);
    json!({
        "status": response.status().as_u16(),
        "challenge": header(WWW_AUTHENTICATE),
        "conflict": header(MFP_CONFLICT),
        "retry_after": header(RETRY_AFTER),
        "active": body["active"].as_bool(),
        "scope": text("/scope"),
        "username": text("/username").or_else(|| text("/user_id")),
        "device_status": text("/mfp-device/status"),
        "access_token": token,
        "expires_in": body["expires_in"].as_u64(),
        "error": text("/error"),
        "error_description": text("/error_description"),
    })
}

fn members<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    let members = members.into_iter();
    members
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
