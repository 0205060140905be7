//! Introspections as JSON, for a remote store.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock::{Clock, Moment};
use crate::error::Error;
use crate::token::introspection::Introspection;
use crate::token::wire::unreadable;

#[derive(Deserialize)]
struct Stored<'a> {
    received_at: u64,
    #[serde(borrow)]
    answer: &'a RawValue,
}

impl Introspection {
    /// Serializes the answer and the time it was received, for a
    /// [remote store](crate::TokenCache::store).
    ///
    /// The JSON contains the authorization server's answer, but not the token.
    pub fn to_json(&self) -> String {
        let (received, answer) = match self {
            Self::Active(token) => (token.received, &*token.answer),
            Self::Inactive(inactive) => (inactive.received, r#"{"active":false}"#),
        };
        let received_at = received.date.as_millis();
        format!(r#"{{"received_at":{received_at},"answer":{answer}}}"#)
    }

    /// Parses the output of [`to_json`](Self::to_json), also from another process.
    ///
    /// An answer that is in the future by `clock` counts as received now.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidResponse`](crate::ErrorKind::InvalidResponse) if `json` is anything
    /// else.
    pub fn from_json(json: &str, clock: &dyn Clock) -> Result<Self, Error> {
        let stored: Stored<'_> = serde_json::from_str(json).map_err(unreadable)?;
        let now = Moment::read(clock);
        let date = Duration::from_millis(stored.received_at).min(now.date);
        let age = now.date - date;
        let received = Moment {
            date,
            uptime: now.uptime.saturating_sub(age),
        };
        Self::read(stored.answer.get().as_bytes(), received)
    }
}
