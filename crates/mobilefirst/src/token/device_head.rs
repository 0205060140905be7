//! The first reading of `mfp-device`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::token::fields::{Names, Seen};
use crate::token::mfp_objects::StatusBit;
use crate::token::shape::{DEVICE, Shape};
use crate::token::text::Text;

/// Reads a device's status, and checks that the rest can be read later.
pub(crate) struct DeviceHead;

impl<'de> DeserializeSeed<'de> for DeviceHead {
    type Value = StatusBit;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<StatusBit, D::Error> {
        from.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for DeviceHead {
    type Value = StatusBit;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a device")
    }

    fn visit_none<E: Error>(self) -> Result<StatusBit, E> {
        Ok(StatusBit::default())
    }

    /// Not by way of `deserialize_any`, which may pass a number on as a map: see `text::number`.
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<StatusBit, D::Error> {
        from.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<StatusBit, A::Error> {
        let mut status = StatusBit::default();
        let mut seen = Seen::default();
        while let Some(field) = map.next_key_seed(Names(DEVICE))? {
            let Some(number) = field else {
                map.next_value_seed(&Shape::Any)?;
                continue;
            };
            seen.note(number)?;
            match &DEVICE[number] {
                ("status", _) => {
                    let text = map.next_value_seed(Text::Any)?;
                    status = text.map_or(status, |text| StatusBit::of_text(&text));
                }
                (_, shape) => map.next_value_seed(shape)?,
            }
        }
        Ok(status)
    }
}
