//! The state as the console shows it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::authority::Authority;
use crate::mount::server::control::faults::planned;
use crate::state::State;
use crate::state::tokens::{Holder, Token};
use crate::wire::refusal::Refusal;
use crate::wire::shortened;

/// How many tokens are listed.
const TOKENS: usize = 100;

/// The longest wait for a change, in seconds.
const LONGEST_WAIT: u64 = 30;

/// The state, once its version is not `after` or the seconds in `wait` have passed.
pub(crate) async fn when_changed(authority: &Authority, query: &str) -> Result<Value, Refusal> {
    let (mut after, mut wait) = (0, 0);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "after" => after = number("after", &value, u64::MAX)?,
            "wait" => wait = number("wait", &value, LONGEST_WAIT)?,
            _ => {
                return Err(Refusal::invalid_request(format!(
                    "unknown parameter {name}; expected one of: after, wait"
                )));
            }
        }
    }
    let mut version = authority.lock().version.subscribe();
    let change = version.wait_for(|version| *version != after);
    // In both cases, what there is now is the answer.
    let _ = tokio::time::timeout(Duration::from_secs(wait), change).await;
    Ok(snapshot(&authority.lock(), after))
}

fn number(name: &str, text: &str, most: u64) -> Result<u64, Refusal> {
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| {
        Refusal::invalid_request(format!(
            "the parameter {name} must be a whole number from 0 to {most}"
        ))
    })
}

fn snapshot(state: &State, after: u64) -> Value {
    let version = *state.version.borrow();
    // A later version is one of another server, which this one replaced.
    let after = if after > version { 0 } else { after };
    let clients = state.clients.scopes();
    let clients = clients.map(|(id, scope)| json!({ "id": id, "allowed_scope": scope }));
    let tokens = state.tokens.newest(TOKENS);
    let now = state.now();
    json!({
        "version": version,
        "server": {
            "version": env!("CARGO_PKG_VERSION"),
            "base_path": state.base_path,
            "project_path": state.project_path,
        },
        "clock": { "now": now, "moved": state.moved },
        "calls": {
            "token": state.calls.token,
            "introspection": state.calls.introspection,
            "validation": state.calls.validation,
        },
        "clients": clients.collect::<Vec<_>>(),
        "faults": planned(state),
        "tokens": {
            "total": state.tokens.len(),
            "newest": tokens
                .into_iter()
                .map(|(number, text, token)| shown(number, text, token, now))
                .collect::<Vec<_>>(),
        },
        "log": state.log.changed_after(after).collect::<Vec<_>>(),
    })
}

/// What is shown of a token: never its whole text.
fn shown(number: u64, text: &str, token: &Token, now: u64) -> Value {
    let field = |pointer: &[&str]| {
        let (first, rest) = pointer.split_first()?;
        let value = token.answer.get(*first);
        let value = rest.iter().fold(value, |value, name| value?.get(name));
        Some(shortened::text(value?.as_str()?))
    };
    json!({
        "id": number,
        "token": shortened::token(text),
        "holder": match token.holder {
            Holder::App => "app",
            Holder::ConfidentialClient => "client",
        },
        "scope": shortened::text(&token.scope),
        "username": field(&["username"]),
        "client_id": field(&["client_id"]),
        "device": field(&["mfp-device", "id"]),
        "device_status": field(&["mfp-device", "status"]),
        "expires_at": token.expires_at,
        "expired": token.expires_at <= now,
    })
}
