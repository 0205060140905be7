//! Checks that an answer can be read in full, without building what is in it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

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

/// The numbers of the fields that were met.
#[derive(Default)]
pub(crate) struct Seen(u32);

impl Seen {
    /// Notes a field; an error if it is there twice, as then nobody knows which one counts.
    pub(crate) fn note<E: Error>(&mut self, number: usize) -> Result<(), E> {
        match self.has(number) {
            true => Err(E::custom("a field is given twice")),
            false => {
                self.0 |= 1 << number;
                Ok(())
            }
        }
    }

    pub(crate) fn has(&self, number: usize) -> bool {
        self.0 & 1 << number != 0
    }
}

/// Finds the number of a field by its name.
pub(crate) struct Names(pub(crate) &'static [(&'static str, Shape)]);

impl<'de> DeserializeSeed<'de> for Names {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Names {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|(own, _)| *own == name))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::token::mfp_objects::{Application, Device, User};
    use crate::token::security_context::SecurityContext;

    fn fits(shape: &Shape, json: &str) -> bool {
        let mut from = serde_json::Deserializer::from_str(json);
        shape.deserialize(&mut from).is_ok() && from.end().is_ok()
    }

    fn reads<T: DeserializeOwned>(json: &str) -> bool {
        serde_json::from_str::<Option<T>>(json).is_ok()
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            Just(json!(1_893_456_000_000_u64)),
            "[a\u{fffd}1]{0,3}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::hash_map("[ab]", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Objects whose fields have the names that count, and any values.
    fn objects() -> impl Strategy<Value = Value> {
        let names = prop::sample::select(vec![
            "id",
            "clientPlatform",
            "version",
            "hardware",
            "platform",
            "deviceDisplayName",
            "status",
            "displayName",
            "authenticatedBy",
            "authenticatedAt",
            "attributes",
            "other",
            "imf.sub",
            "imf.user",
            "imf.device",
            "imf.application",
            "authBy",
            "model",
            "osVersion",
        ]);
        let inner = prop::collection::hash_map(names.clone(), values(), 0..3);
        let inner = inner.prop_map(|map| json!(map));
        let value = prop_oneof![values(), inner];
        prop::collection::hash_map(names, value, 0..4).prop_map(|map| json!(map))
    }

    proptest! {
        #[test]
        fn what_fits_can_be_read_and_what_does_not_can_not_i13(object in objects()) {
            let json = object.to_string();
            prop_assert_eq!(fits(&APPLICATION, &json), reads::<Application>(&json));
            prop_assert_eq!(fits(&Shape::Fields(DEVICE), &json), reads::<Device>(&json));
            prop_assert_eq!(fits(&USER, &json), reads::<User>(&json));
            prop_assert_eq!(fits(&SECURITY_CONTEXT, &json), reads::<SecurityContext>(&json));
        }
    }

    #[test]
    fn any_value_fits_if_it_can_be_built() {
        let deep = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let objects = |depth| format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
        for json in [
            "1e308",
            "1e309",
            "-1e999",
            "18446744073709551616",
            r#""\ud83d""#,
            r#"{"\ud83d":1}"#,
            r#"{"a":1,"a":2}"#,
            &deep(127),
            &deep(128),
            &objects(127),
            &objects(128),
            "[1,]",
            "tru",
        ] {
            let is_built = serde_json::from_str::<Value>(json).is_ok();
            assert_eq!(fits(&Shape::Any, json), is_built, "{json}");
            let in_map = format!(r#"{{"x":{json}}}"#);
            let is_built = serde_json::from_str::<Map<String, Value>>(&in_map).is_ok();
            assert_eq!(fits(&Shape::Object, &in_map), is_built, "{in_map}");
        }
    }

    #[test]
    fn a_field_that_counts_is_given_once() {
        assert!(fits(&USER, r#"{"id":"a","other":1,"other":2}"#));
        assert!(!fits(&USER, r#"{"id":"a","id":"b"}"#));
        assert!(!fits(&USER, "[\"a\"]"));
    }
}
