//! The fields of an object: their numbers, and which of them were met.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

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
pub(crate) struct Names<T: 'static>(pub(crate) &'static [(&'static str, T)]);

impl<'de, T> DeserializeSeed<'de> for Names<T> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<T> Visitor<'_> for Names<T> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|(own, _)| *own == name))
    }
}
