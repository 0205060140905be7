//! Texts in an answer.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Unexpected, Visitor};

/// What stands for a character that could not be decoded.
const REPLACEMENT: char = '\u{fffd}';

/// The only key of the map as which serde_json passes a number on if any crate in the build turned
/// its feature `arbitrary_precision` on.
const NUMBER: &str = "$serde_json::private::Number";

/// Reads a text, which some servers write as a number. `null` is no text.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    Any,
    /// An ID in which a character could not be decoded is refused: it could be anyone's.
    Id,
}

/// Reads a field with any text.
pub(crate) fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Text::Any.deserialize(from)?.map(Cow::into_owned))
}

/// Reads a field with an ID.
pub(crate) fn optional_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Text::Id.deserialize(from)?.map(Cow::into_owned))
}

/// Reads the number in a map, as serde_json may pass it on.
pub(crate) fn number<'de, A: MapAccess<'de>>(mut map: A) -> Result<String, A::Error> {
    match map.next_entry::<Cow<'_, str>, String>()? {
        Some((key, number)) if key == NUMBER => Ok(number),
        _ => Err(A::Error::invalid_type(Unexpected::Map, &"a text")),
    }
}

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        self.check(text)?;
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        self.check(text)?;
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(
            serde_json::Value::from(number).to_string(),
        )))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        number(map).map(|number| Some(Cow::Owned(number)))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

impl Text {
    pub(crate) fn check<E: Error>(self, text: &str) -> Result<(), E> {
        match self {
            Self::Id if !text.is_ascii() && text.contains(REPLACEMENT) => Err(E::custom(
                "an ID with a character that could not be decoded",
            )),
            _ => Ok(()),
        }
    }
}

/// Replaces halves of characters (`\ud83d` without its other half), which some servers write when
/// they cut a text off. `serde_json` refuses them.
pub(crate) fn without_halves(json: &str) -> Cow<'_, str> {
    // No branches, so that the compiler can look at many bytes at a time.
    let escapes = json
        .bytes()
        .fold(0, |any, byte| any | u8::from(byte == b'\\'));
    if escapes == 0 {
        return Cow::Borrowed(json);
    }
    let mut repaired = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(escape) = json.as_bytes()[at..].iter().position(|byte| *byte == b'\\') {
        let begin = at + escape;
        match unit(json, begin) {
            None => at = (begin + 2).min(json.len()),
            Some(0xd800..=0xdbff) if matches!(unit(json, begin + 6), Some(0xdc00..=0xdfff)) => {
                at = begin + 12;
            }
            Some(0xd800..=0xdfff) => {
                repaired += &json[kept..begin];
                repaired.push(REPLACEMENT);
                at = begin + 6;
                kept = at;
            }
            Some(_) => at = begin + 6,
        }
    }
    match kept {
        0 => Cow::Borrowed(json),
        _ => Cow::Owned(repaired + &json[kept..]),
    }
}

/// The UTF-16 unit in an escape `\uXXXX` at `begin`.
fn unit(json: &str, begin: usize) -> Option<u16> {
    let digits = json.get(begin..begin + 6)?.strip_prefix("\\u")?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_nothing_else_is() {
        for (json, expected) in [
            (r#""plain""#, r#""plain""#),
            (
                r#""\ud83d\ude00 \n \u00e4 \\ud83d""#,
                r#""\ud83d\ude00 \n \u00e4 \\ud83d""#,
            ),
            (r#""\ud83d""#, "\"\u{fffd}\""),
            (
                r#""\uDE00x\uD83D\ud83d\ude00""#,
                "\"\u{fffd}x\u{fffd}\\ud83d\\ude00\"",
            ),
            (r#""\ud83d\n\ud83""#, "\"\u{fffd}\\n\\ud83\""),
            (r#""\ud83dä\"#, "\"\u{fffd}ä\\"),
            ("\\", "\\"),
            ("\\ä", "\\ä"),
            ("\\u12ä4", "\\u12ä4"),
        ] {
            assert_eq!(without_halves(json), expected, "{json}");
        }
    }
}
