//! The objects that MobileFirst adds to an introspection response.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::token::text::{optional, optional_id};
use crate::token::timestamp::Timestamp;
use crate::token::typed::typed;

/// The app that the token was issued to (`mfp-application`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Application {
    /// The app's ID, such as `com.sample.bank`.
    #[serde(deserialize_with = "optional_id")]
    pub id: Option<String>,
    /// The client platform: `android`, `ios`, `windows`, `web`, …
    #[serde(deserialize_with = "optional")]
    pub client_platform: Option<String>,
    /// The app's version.
    #[serde(deserialize_with = "optional")]
    pub version: Option<String>,
    /// Other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The device that the app runs on (`mfp-device`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Device {
    /// The device's ID at the authorization server.
    #[serde(deserialize_with = "optional_id")]
    pub id: Option<String>,
    /// The device's model.
    #[serde(deserialize_with = "optional")]
    pub hardware: Option<String>,
    /// The operating system and its version.
    #[serde(deserialize_with = "optional")]
    pub platform: Option<String>,
    /// The name that the user gave the device.
    #[serde(deserialize_with = "optional")]
    pub device_display_name: Option<String>,
    /// The device's status at the authorization server.
    pub status: Option<DeviceStatus>,
    /// Other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The status of a device (`mfp-device.status`), in any letter case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceStatus {
    /// In use.
    Active,
    /// Reported lost.
    Lost,
    /// Reported stolen.
    Stolen,
    /// Not seen for a long time.
    Expired,
    /// Blocked by an administrator.
    Disabled,
    /// A status unknown to this library.
    Other(String),
}

/// A device's status as one bit of a set. No status is no bit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StatusBit(pub(crate) u8);

impl StatusBit {
    const OTHER: Self = Self(1 << 5);

    pub(crate) fn of(status: &DeviceStatus) -> Self {
        match status {
            DeviceStatus::Active => Self(1),
            DeviceStatus::Lost => Self(1 << 1),
            DeviceStatus::Stolen => Self(1 << 2),
            DeviceStatus::Expired => Self(1 << 3),
            DeviceStatus::Disabled => Self(1 << 4),
            DeviceStatus::Other(_) => Self::OTHER,
        }
    }

    pub(crate) fn of_text(status: &str) -> Self {
        DeviceStatus::known(status).map_or(Self::OTHER, |known| Self::of(&known))
    }
}

/// The user who is logged in (`mfp-user`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct User {
    /// The user's ID.
    #[serde(deserialize_with = "optional_id")]
    pub id: Option<String>,
    /// The user's display name.
    #[serde(deserialize_with = "optional")]
    pub display_name: Option<String>,
    /// The name of the security check that the user passed.
    #[serde(deserialize_with = "optional")]
    pub authenticated_by: Option<String>,
    /// When the user passed it.
    #[serde(with = "milliseconds")]
    pub authenticated_at: Option<SystemTime>,
    /// Attributes that the security check stores about the user.
    pub attributes: Option<Map<String, Value>>,
    /// Other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl User {
    /// Reads the attributes into a type of your own. A user without attributes has an empty
    /// object.
    ///
    /// ```
    /// use mobilefirst::{Error, User};
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Attributes {
    ///     branch: String,
    ///     #[serde(default)]
    ///     roles: Vec<String>,
    /// }
    ///
    /// fn branch(user: &User) -> Result<String, Error> {
    ///     Ok(user.attributes_as::<Attributes>()?.branch)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error of the kind [`InvalidResponse`](crate::ErrorKind::InvalidResponse) if
    /// they do not fit the type. It does not quote them.
    pub fn attributes_as<T: DeserializeOwned>(&self) -> Result<T, crate::error::Error> {
        let attributes = self.attributes.clone().unwrap_or_default();
        typed(Value::Object(attributes), "the user's attributes")
    }

    /// Returns the texts of the attribute `name`, which is a text or a list of texts. An
    /// attribute that is missing, or something else, has none.
    ///
    /// MobileFirst has no roles of its own. A security check that knows them usually stores
    /// them in such an attribute.
    #[doc(alias = "roles")]
    #[doc(alias = "groups")]
    pub fn attribute_texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let attribute = self.attributes.as_ref().and_then(|all| all.get(name));
        let values = match attribute {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        values.iter().filter_map(Value::as_str)
    }

    /// Whether the attribute `name` is `text`, or a list with `text` in it. Compares exactly.
    ///
    /// ```
    /// # use mobilefirst::Permit;
    /// fn is_manager<S>(caller: &Permit<S>) -> bool {
    ///     let user = caller.user().unwrap_or_default();
    ///     user.has_attribute("roles", "manager")
    /// }
    /// ```
    #[doc(alias = "has_role")]
    pub fn has_attribute(&self, name: &str, text: &str) -> bool {
        self.attribute_texts(name).any(|own| own == text)
    }
}

impl DeviceStatus {
    fn known(text: &str) -> Option<Self> {
        let mut known = KNOWN.iter();
        known
            .find(|known| text.eq_ignore_ascii_case(known.as_str()))
            .cloned()
    }

    /// Returns the status as the protocol spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "ACTIVE",
            Self::Lost => "LOST",
            Self::Stolen => "STOLEN",
            Self::Expired => "EXPIRED",
            Self::Disabled => "DISABLED",
            Self::Other(status) => status,
        }
    }
}

/// The statuses that the protocol names.
const KNOWN: [DeviceStatus; 5] = [
    DeviceStatus::Active,
    DeviceStatus::Lost,
    DeviceStatus::Stolen,
    DeviceStatus::Expired,
    DeviceStatus::Disabled,
];

impl<'de> Deserialize<'de> for DeviceStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(status) = optional(deserializer)? else {
            return Err(D::Error::custom("a device's status is a text"));
        };
        Ok(Self::known(&status).unwrap_or(Self::Other(status)))
    }
}

impl Serialize for DeviceStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Dates as milliseconds since 1970, the format of MobileFirst.
mod milliseconds {
    use super::*;

    pub(super) fn serialize<S: Serializer>(
        date: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let since_epoch = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        since_epoch.map(|age| age.as_millis()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let date = Option::<Timestamp>::deserialize(deserializer)?;
        Ok(date.map(|date| UNIX_EPOCH + Duration::from_millis(date.millis())))
    }
}
