//! Checks that an answer can be read in full, without building what is in it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::token::fields::{Names, Seen};
use crate::token::text::{self, Text};
use crate::token::timestamp::Timestamp;

/// What a value has to be, so that the methods of an
/// [`ActiveToken`](crate::ActiveToken) can read it later. All but `Any` may also be null.
///
/// It is as strict as reading a `serde_json::Value`, which refuses what is nested too deeply and
/// numbers that are too large: otherwise a field that is there could be missing from `claims`.
pub(crate) enum Shape {
    Any,
    Text(Text),
    Date,
    Object,
    /// An object in which these fields have these shapes, and others any.
    Fields(&'static [(&'static str, Shape)]),
}

const ID: Shape = Shape::Text(Text::Id);
const TEXT: Shape = Shape::Text(Text::Any);

pub(crate) const APPLICATION: Shape =
    Shape::Fields(&[("id", ID), ("clientPlatform", TEXT), ("version", TEXT)]);

pub(crate) const DEVICE: &[(&str, Shape)] = &[
    ("status", TEXT),
    ("id", ID),
    ("hardware", TEXT),
    ("platform", TEXT),
    ("deviceDisplayName", TEXT),
];

pub(crate) const USER: Shape = Shape::Fields(&[
    ("id", ID),
    ("displayName", TEXT),
    ("authenticatedBy", TEXT),
    ("authenticatedAt", Shape::Date),
    ("attributes", Shape::Object),
]);

pub(crate) const SECURITY_CONTEXT: Shape = Shape::Fields(&[
    ("imf.sub", ID),
    (
        "imf.user",
        Shape::Fields(&[
            ("id", ID),
            ("authBy", TEXT),
            ("displayName", TEXT),
            ("attributes", Shape::Object),
        ]),
    ),
    (
        "imf.device",
        Shape::Fields(&[
            ("id", ID),
            ("platform", TEXT),
            ("model", TEXT),
            ("osVersion", TEXT),
        ]),
    ),
    (
        "imf.application",
        Shape::Fields(&[("id", ID), ("version", TEXT)]),
    ),
]);

impl<'de> DeserializeSeed<'de> for &Shape {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        match self {
            // By way of `deserialize_map`, which takes no number for a map: see `text::number`.
            Shape::Object | Shape::Fields(_) => from.deserialize_option(self),
            Shape::Any | Shape::Text(_) | Shape::Date => from.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for &Shape {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Shape::Any => "any value",
            Shape::Text(_) => "a text",
            Shape::Date => "a date",
            Shape::Object | Shape::Fields(_) => "an object",
        })
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        match self {
            Shape::Any => Ok(()),
            _ => Err(E::invalid_type(Unexpected::Bool(value), &self)),
        }
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        match self {
            Shape::Any | Shape::Text(_) => Ok(()),
            Shape::Date => Timestamp::read_number(number).map(drop),
            _ => Err(E::invalid_type(Unexpected::Float(number), &self)),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match self {
            Shape::Any => Ok(()),
            Shape::Text(kind) => kind.check(text),
            Shape::Date => Timestamp::read_text(text).map(drop),
            _ => Err(E::invalid_type(Unexpected::Other("text"), &self)),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        match self {
            Shape::Any => while seq.next_element_seed(&Shape::Any)?.is_some() {},
            _ => return Err(A::Error::invalid_type(Unexpected::Seq, &self)),
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let fields = match self {
            Shape::Any | Shape::Object => &[],
            Shape::Fields(fields) => *fields,
            Shape::Text(_) => return text::number(map).map(drop),
            Shape::Date => return self.visit_str(&text::number(map)?),
        };
        let mut seen = Seen::default();
        while let Some(field) = map.next_key_seed(Names(fields))? {
            match field {
                Some(number) => {
                    seen.note(number)?;
                    map.next_value_seed(&fields[number].1)?;
                }
                None => map.next_value_seed(&Shape::Any)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
