//! `exp` and `nbf`, for which servers use four formats.

use std::fmt;

use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

use crate::token::text::number;

/// A larger number is in milliseconds, which MobileFirst sends where RFC 7662 requires
/// seconds. The limit is the year 5138 in seconds, and 1973 in milliseconds.
const LARGEST_SECONDS: f64 = 1e11;

/// The end of the year 9999 in milliseconds. A larger number is a mistake, not a date.
const LARGEST_MILLISECONDS: f64 = 253_402_300_799_999.0;

/// A date in JSON: seconds or milliseconds since 1970, as an integer, a float or a numeric
/// string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Timestamp(u64);

impl Timestamp {
    /// Milliseconds since 1970.
    pub(crate) fn millis(self) -> u64 {
        self.0
    }

    pub(crate) fn read_number<E: Error>(number: f64) -> Result<Self, E> {
        Self::from_number(number)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &TimestampVisitor))
    }

    pub(crate) fn read_text<E: Error>(text: &str) -> Result<Self, E> {
        // `parse` accepts "inf" and "NaN", which are not dates.
        let is_number = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        match text.parse() {
            Ok(number) if is_number => Self::read_number(number),
            _ => Err(E::invalid_type(
                Unexpected::Other("text"),
                &TimestampVisitor,
            )),
        }
    }

    fn from_number(number: f64) -> Option<Self> {
        let milliseconds = match number > LARGEST_SECONDS {
            true => number,
            false => number * 1000.0,
        };
        // A date before 1970 counts as 1970, since both are in the past.
        let since_epoch = milliseconds.max(0.0) as u64;
        (milliseconds <= LARGEST_MILLISECONDS).then_some(Self(since_epoch))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimestampVisitor)
    }
}

struct TimestampVisitor;

impl<'de> Visitor<'de> for TimestampVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("seconds or milliseconds since 1970, up to the year 9999")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Timestamp, E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Timestamp, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Timestamp, E> {
        Timestamp::read_number(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        Timestamp::read_text(text)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Timestamp, A::Error> {
        Timestamp::read_text(&number(map)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(json: &str) -> Option<u64> {
        let timestamp = serde_json::from_str::<Timestamp>(json).ok()?;
        Some(timestamp.millis())
    }

    #[test]
    fn all_formats_of_a_date_are_equal() {
        for json in [
            "1893456000",
            "1893456000000",
            "1893456000.0",
            "1893456000000.0",
            "1.893456e9",
            "\"1893456000\"",
            "\"1893456000000\"",
            "\"1893456000.0\"",
        ] {
            assert_eq!(millis(json), Some(1_893_456_000_000), "{json}");
        }
        assert_eq!(millis("1591254974076"), Some(1_591_254_974_076));
    }

    #[test]
    fn a_date_before_1970_counts_as_1970() {
        for json in ["-1", "-1893456000000", "-1e300", "0", "-0.0", "\"-5\""] {
            assert_eq!(millis(json), Some(0), "{json}");
        }
    }

    #[test]
    fn an_impossible_date_is_an_error() {
        for json in [
            "1e300",
            "9223372036854775807",
            "18446744073709551615",
            "253402300800000",
            "1e400",
            "true",
            "\"never\"",
            "\"\"",
            "\"inf\"",
            "\"NaN\"",
            "[1]",
            "{}",
        ] {
            assert_eq!(millis(json), None, "{json}");
        }
    }
}
