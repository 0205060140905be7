//! Answers in a remote store.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::clock::Moment;
use crate::error::Error;
use crate::token::introspection::{ActiveToken, Introspection};
use crate::token::wire::object;

/// An answer about an active token, as a [`RemoteStore`](crate::RemoteStore) keeps it.
///
/// The text says when the authorization server was asked, and how long its answer may be reused.
/// A store must return it unchanged, and should seal it: it holds personal data, and whoever can
/// write it can let anyone in. It does not hold the token.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    text: String,
    time_to_live: Duration,
}

#[derive(Deserialize)]
struct Text<'a> {
    /// In milliseconds since 1970.
    asked_at: u64,
    /// In milliseconds.
    lifetime: u64,
    #[serde(borrow)]
    answer: &'a RawValue,
}

impl StoredAnswer {
    /// An answer from the store, which has kept `text` so that `time_to_live` is left.
    pub fn new(text: impl Into<String>, time_to_live: Duration) -> Self {
        Self {
            text: text.into(),
            time_to_live,
        }
    }

    /// The text to keep.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How long it may be kept from now on. Always whole milliseconds, and at least one.
    pub fn time_to_live(&self) -> Duration {
        self.time_to_live
    }

    /// The answer about a token that was `asked` for, and may be reused for `lifetime` from then
    /// on; `None` where nothing is left of that.
    pub(crate) fn write(
        token: &ActiveToken,
        asked: Moment,
        lifetime: Duration,
        now: Moment,
    ) -> Option<Self> {
        let left = millis(lifetime.checked_sub(asked.age(now))?);
        if left == 0 {
            return None;
        }
        let (asked_at, lifetime) = (millis(asked.date()), millis(lifetime));
        let answer = token.answer();
        let text = format!(r#"{{"asked_at":{asked_at},"lifetime":{lifetime},"answer":{answer}}}"#);
        Some(Self::new(text, Duration::from_millis(left)))
    }

    /// Reads the answer. Its age is what the store has used up of its lifetime, or the time since
    /// the date in it, whichever is more: the clocks of two processes may differ, and whoever can
    /// write to the store may have set the time to live.
    pub(crate) fn read(&self, now: Moment) -> Result<Introspection, Error> {
        let text: Text<'_> = object(&self.text)?;
        let lifetime = Duration::from_millis(text.lifetime);
        let used_up = lifetime.saturating_sub(self.time_to_live);
        let since = now
            .date()
            .saturating_sub(Duration::from_millis(text.asked_at));
        let age = used_up.max(since);
        Introspection::read(text.answer.get().as_bytes(), now.before(age))
    }
}

/// Shows no personal data.
impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredAnswer")
            .field("time_to_live", &self.time_to_live)
            .finish_non_exhaustive()
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::Value;

    use super::*;
    use crate::clock::{Clock, ManualClock};

    const ANSWER: &str = r#"{"active":true,"scope":"a","nick":"Jo"}"#;
    const MINUTE: Duration = Duration::from_secs(60);

    fn clock() -> ManualClock {
        ManualClock::new(UNIX_EPOCH + Duration::from_secs(1_893_450_000))
    }

    fn token(received: Moment) -> std::sync::Arc<ActiveToken> {
        match Introspection::read(ANSWER.as_bytes(), received) {
            Ok(Introspection::Active(token)) => token,
            other => panic!("{other:?}"),
        }
    }

    /// The age of an answer that was stored with a minute to live, `later`, where the store says
    /// that `left` is left.
    fn age(later: u64, left: u64) -> u64 {
        let clock = clock();
        let begin = clock.read();
        let stored = StoredAnswer::write(&token(begin), begin, MINUTE, begin).unwrap();
        clock.advance(Duration::from_secs(later));
        let fetched = StoredAnswer::new(stored.text(), Duration::from_secs(left));
        let now = clock.read();
        fetched.read(now).unwrap().age(now).as_secs()
    }

    #[test]
    fn an_answer_is_as_old_as_the_store_or_the_date_says_whichever_is_more() {
        for (later, left, expected) in [(7, 53, 7), (7, 60, 7), (7, 3600, 7), (0, 20, 40)] {
            assert_eq!(age(later, left), expected, "{later} {left}");
        }
    }

    #[test]
    fn the_age_counts_from_when_the_server_was_asked() {
        let clock = clock();
        let asked = clock.read();
        clock.advance(Duration::from_secs(5));
        let received = clock.read();
        clock.advance(Duration::from_millis(1500));
        let now = clock.read();
        let stored = StoredAnswer::write(&token(received), asked, MINUTE, now).unwrap();
        assert_eq!(stored.time_to_live(), Duration::from_millis(53_500));
        clock.advance(Duration::from_secs(60));
        let late = clock.read();
        assert_eq!(
            StoredAnswer::write(&token(received), asked, MINUTE, late),
            None
        );
    }

    #[test]
    fn the_whole_answer_is_read_back() {
        let begin = clock().read();
        let stored = StoredAnswer::write(&token(begin), begin, MINUTE, begin).unwrap();
        let Ok(Introspection::Active(read)) = stored.read(begin) else {
            panic!("{stored:?}");
        };
        let claims = Value::Object(read.claims());
        assert_eq!(claims, serde_json::from_str::<Value>(ANSWER).unwrap());
    }

    #[test]
    fn what_was_not_written_here_is_refused() {
        let now = clock().read();
        for text in [
            "",
            "{}",
            r#"[0,60000,{"active":true}]"#,
            r#"{"asked_at":0,"lifetime":60000,"answer":[true]}"#,
            r#"{"asked_at":-1,"lifetime":60000,"answer":{"active":true}}"#,
            r#"{"asked_at":0,"answer":{"active":true}}"#,
        ] {
            assert!(StoredAnswer::new(text, MINUTE).read(now).is_err(), "{text}");
        }
    }
}
