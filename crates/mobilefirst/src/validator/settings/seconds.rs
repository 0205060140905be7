//! A duration in the settings.

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer};

/// The units, each with its length in seconds. Longer names come before those they end with.
const UNITS: [(&str, f64); 5] = [
    ("ms", 0.001),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", 86_400.0),
];

/// A number of seconds, from a number or from a text such as `30s`.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Seconds(pub(super) f64);

impl Seconds {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let unit = UNITS
            .iter()
            .find_map(|(name, length)| Some((text.strip_suffix(name)?.trim_end(), *length)));
        // A variable of the environment is always a text.
        let (number, length) = unit.unwrap_or((text, 1.0));
        let is_plain = |c: char| c.is_ascii_digit() || c == '.';
        match number.chars().all(is_plain) {
            true => number.parse().ok().map(|number: f64| Self(number * length)),
            false => None,
        }
    }
}

/// Without serde's own message for a text, which would show it: it may be a secret in the wrong
/// place.
impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Seconds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds, or a text such as \"30s\", \"5m\" or \"500ms\"")
            }

            fn visit_f64<E>(self, seconds: f64) -> Result<Seconds, E> {
                Ok(Seconds(seconds))
            }

            fn visit_u64<E>(self, seconds: u64) -> Result<Seconds, E> {
                Ok(Seconds(seconds as f64))
            }

            fn visit_i64<E>(self, seconds: i64) -> Result<Seconds, E> {
                Ok(Seconds(seconds as f64))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Seconds, E> {
                Seconds::parse(text).ok_or_else(|| {
                    E::custom(
                        "must be a number of seconds, or a text such as \"30s\", \"5m\" or \
                         \"500ms\"",
                    )
                })
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl fmt::Debug for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_number_with_a_unit_n5() {
        for (text, seconds) in [
            ("30s", 30.0),
            ("30", 30.0),
            ("1.5h", 5400.0),
            ("500ms", 0.5),
            ("5 m", 300.0),
            (" 2d ", 172_800.0),
            ("0s", 0.0),
        ] {
            assert_eq!(Seconds::parse(text), Some(Seconds(seconds)), "{text}");
        }
        for text in [
            "", "s", "-1s", "+1s", "1w", "1h30m", "1e3", "inf", "NaN", "1.2.3s", "1 000",
        ] {
            assert_eq!(Seconds::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_no_duration_is_not_shown_n5() {
        for json in [r#""s3cret""#, r#"["s3cret"]"#, r#"{"s3cret":1}"#] {
            let error = serde_json::from_str::<Seconds>(json).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("a number of seconds, or a text"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
