//! The first reading of an answer about a token.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::token::device_head::DeviceHead;
use crate::token::fields::Seen;
use crate::token::shape::{APPLICATION, SECURITY_CONTEXT, Shape, USER};
use crate::token::text::Text;
use crate::token::timestamp::Timestamp;

/// What every request reads of an answer. Reading it checks all the rest, so that it can be read
/// later.
#[derive(Default)]
pub(crate) struct Head<'a> {
    pub(crate) active: bool,
    pub(crate) scope: Cow<'a, str>,
    pub(crate) client_id: Option<Cow<'a, str>>,
    pub(crate) username: Option<Cow<'a, str>>,
    pub(crate) user_id: Option<Cow<'a, str>>,
    pub(crate) exp: Option<Timestamp>,
    pub(crate) nbf: Option<Timestamp>,
    pub(crate) device: DeviceHead<'a>,
    /// There is a `security_context`, as only version 7 sends it.
    pub(crate) has_context: bool,
    /// The token is bound to a key (`cnf`).
    pub(crate) is_key_bound: bool,
}

/// The fields with a meaning, by their numbers in [`NAMES`].
const NAMES: [&str; 13] = [
    "active",
    "scope",
    "client_id",
    "username",
    "user_id",
    "exp",
    "nbf",
    "cnf",
    "mfp-application",
    "mfp-device",
    "mfp-user",
    "mfp-checks",
    "security_context",
];

impl<'de: 'a, 'a> Deserialize<'de> for Head<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(HeadVisitor)
    }
}

struct HeadVisitor;

impl<'de> Visitor<'de> for HeadVisitor {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an introspection response")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
        const ACTIVE: usize = 0;
        const CONTEXT: usize = NAMES.len() - 1;
        let mut head = Head::default();
        let mut seen = Seen::default();
        while let Some(field) = map.next_key_seed(Name)? {
            let Some(number) = field else {
                map.next_value_seed(&Shape::Any)?;
                continue;
            };
            seen.note(number)?;
            match NAMES[number] {
                "active" => head.active = map.next_value()?,
                "scope" => head.scope = map.next_value_seed(Scope)?,
                "client_id" => head.client_id = map.next_value_seed(Text::Id)?,
                "username" => head.username = map.next_value_seed(Text::Id)?,
                "user_id" => head.user_id = map.next_value_seed(Text::Id)?,
                "exp" => head.exp = map.next_value()?,
                "nbf" => head.nbf = map.next_value()?,
                "cnf" => head.is_key_bound = map.next_value::<Option<Anything>>()?.is_some(),
                "mfp-application" => map.next_value_seed(&APPLICATION)?,
                "mfp-device" => head.device = map.next_value()?,
                "mfp-user" => map.next_value_seed(&USER)?,
                "mfp-checks" => map.next_value_seed(&Shape::Object)?,
                _ => map.next_value_seed(&SECURITY_CONTEXT)?,
            }
        }
        head.has_context = seen.has(CONTEXT);
        match seen.has(ACTIVE) {
            true => Ok(head),
            false => Err(A::Error::missing_field("active")),
        }
    }
}

/// Finds the number of a field by its name.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(NAMES.iter().position(|own| *own == name))
    }
}

/// Reads a scope, which is a text, null, or with some servers an array of texts. Its elements end
/// up with single spaces between them.
struct Scope;

impl<'de> DeserializeSeed<'de> for Scope {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scope {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scope, as a text or an array of texts")
    }

    fn visit_borrowed_str<E: Error>(self, scope: &'de str) -> Result<Self::Value, E> {
        Ok(with_single_spaces(scope))
    }

    fn visit_str<E: Error>(self, scope: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(with_single_spaces(scope).into_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(""))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = String::new();
        while let Some(element) = seq.next_element::<Cow<'_, str>>()? {
            elements += " ";
            elements += &element;
        }
        Ok(Cow::Owned(with_single_spaces(&elements).into_owned()))
    }
}

fn with_single_spaces(scope: &str) -> Cow<'_, str> {
    let mut before = b' ';
    let is_normal = scope.bytes().fold(true, |is_normal, byte| {
        let is_doubled = before == b' ' && byte == b' ';
        before = byte;
        is_normal & !is_doubled & (byte == b' ' || !byte.is_ascii_whitespace())
    });
    if is_normal && (before != b' ' || scope.is_empty()) {
        return Cow::Borrowed(scope);
    }
    let elements: Vec<_> = scope.split_ascii_whitespace().collect();
    Cow::Owned(elements.join(" "))
}

/// Any value that can be read in full.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        (&Shape::Any).deserialize(from).map(|()| Self)
    }
}
