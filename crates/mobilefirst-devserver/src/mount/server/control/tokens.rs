//! Issuing and ending tokens.

use std::time::Duration;

use mobilefirst::DeviceStatus;
use serde_json::{Value, json};

use crate::authority::Authority;
use crate::user_token::UserToken;
use crate::wire::parameters::{Parameters, missing, wrong};
use crate::wire::refusal::Refusal;

const STATUSES: [(&str, &DeviceStatus); 5] = [
    ("ACTIVE", &DeviceStatus::Active),
    ("LOST", &DeviceStatus::Lost),
    ("STOLEN", &DeviceStatus::Stolen),
    ("EXPIRED", &DeviceStatus::Expired),
    ("DISABLED", &DeviceStatus::Disabled),
];

pub(crate) fn issue(authority: &Authority, parameters: &Parameters) -> Result<Value, Refusal> {
    parameters.allow_only(&[
        "scope",
        "user",
        "client_id",
        "application",
        "device",
        "device_status",
        "attributes",
        "lifetime",
    ])?;
    let scope = parameters.text("scope")?.unwrap_or("RegisteredClient");
    let mut token = UserToken::new(scope);
    let user = parameters.text("user")?;
    if let Some(user) = user {
        token = token.user(user);
    }
    if let Some(id) = parameters.text("client_id")? {
        token = token.client_id(id);
    }
    if let Some(id) = parameters.text("application")? {
        token = token.application(id);
    }
    if let Some(id) = parameters.text("device")? {
        token = token.device(id);
    }
    if let Some(status) = parameters.choice("device_status", &STATUSES)? {
        token = token.device_status(status.clone());
    }
    for (name, value) in parameters.object("attributes")?.into_iter().flatten() {
        user.ok_or_else(|| wrong("attributes", "left out if there is no user"))?;
        token = token.attribute(name, value.clone());
    }
    if let Some(seconds) = parameters.number("lifetime", "seconds", 0..=i64::MAX)? {
        token = token.lifetime(Duration::from_secs(seconds.unsigned_abs()));
    }
    let expires_in = token.lifetime.as_secs();
    let (access_token, id_token) = authority.issue_with_id_token(token);
    let id = authority
        .lock()
        .tokens
        .known(&access_token)
        .map(|(id, _)| id);
    Ok(json!({
        "access_token": access_token,
        "id_token": id_token,
        "token_type": "Bearer",
        "expires_in": expires_in,
        "scope": scope,
        "id": id,
    }))
}

pub(crate) fn revoke(authority: &Authority, parameters: &Parameters) -> Result<Value, Refusal> {
    let token = token(authority, parameters)?;
    let revoked = token.is_some_and(|token| authority.revoke(&token));
    Ok(json!({ "revoked": revoked }))
}

pub(crate) fn expire(authority: &Authority, parameters: &Parameters) -> Result<Value, Refusal> {
    let token = token(authority, parameters)?;
    let expired = token.is_some_and(|token| authority.expire(&token));
    Ok(json!({ "expired": expired }))
}

/// The token that is meant, by its text or its number; `None` if there is none.
fn token(authority: &Authority, parameters: &Parameters) -> Result<Option<String>, Refusal> {
    parameters.allow_only(&["token", "id"])?;
    let text = parameters.text("token")?;
    let number = parameters.number("id", "a token", 1..=i64::MAX)?;
    match (text, number) {
        (Some(text), None) => Ok(Some(text.to_owned())),
        (None, Some(number)) => {
            let state = authority.lock();
            let text = state.tokens.text_of(number.unsigned_abs());
            Ok(text.map(str::to_owned))
        }
        (Some(_), Some(_)) => Err(wrong("id", "left out if there is a token")),
        (None, None) => Err(missing("token")),
    }
}
