//! The first reading of `mfp-device`.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::token::fields::{Names, Seen};
use crate::token::mfp_objects::StatusBit;
use crate::token::shape::{DEVICE, Shape};
use crate::token::text::Text;

/// What is read of a device at once. Reading it checks that the rest can be read later.
#[derive(Default)]
pub(crate) struct DeviceHead<'a> {
    pub(crate) status: StatusBit,
    pub(crate) id: Option<Cow<'a, str>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for DeviceHead<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_option(DeviceVisitor)
    }
}

struct DeviceVisitor;

impl<'de> Visitor<'de> for DeviceVisitor {
    type Value = DeviceHead<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a device")
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(DeviceHead::default())
    }

    /// Not by way of `deserialize_any`, which may pass a number on as a map: see `text::number`.
    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut device = DeviceHead::default();
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
                    device.status = text.map_or(device.status, |text| StatusBit::of_text(&text));
                }
                ("id", _) => device.id = map.next_value_seed(Text::Id)?,
                (_, shape) => map.next_value_seed(shape)?,
            }
        }
        Ok(device)
    }
}
