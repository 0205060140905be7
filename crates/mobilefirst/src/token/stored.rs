//! An introspection as text, for a store that several processes share.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock::{Clock, Moment};
use crate::error::Error;
use crate::token::introspection::Introspection;
use crate::token::wire::nonsense;

#[derive(Deserialize)]
struct Stored<'a> {
    received_at: u64,
    #[serde(borrow)]
    answer: &'a RawValue,
}

impl Introspection {
    /// The answer and when it came, as JSON: for a
    /// [store further away](crate::TokenCache::store). It holds no token, but what the
    /// authorization server said about one.
    pub fn to_json(&self) -> String {
        let (received, answer) = match self {
            Self::Active(token) => (token.received, &*token.answer),
            Self::Inactive(inactive) => (inactive.received, r#"{"active":false}"#),
        };
        let received_at = received.date.as_millis();
        format!(r#"{{"received_at":{received_at},"answer":{answer}}}"#)
    }

    /// Reads what [`to_json`](Self::to_json) wrote, perhaps in another process.
    ///
    /// An answer that came in `clock`'s future came now.
    ///
    /// # Errors
    ///
    /// [`InvalidResponse`](crate::ErrorKind::InvalidResponse) where `json` is something
    /// else.
    pub fn from_json(json: &str, clock: &dyn Clock) -> Result<Self, Error> {
        let stored: Stored<'_> = serde_json::from_str(json).map_err(nonsense)?;
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
