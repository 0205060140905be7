//! The objects that MobileFirst adds to an introspection response.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::token::text::{optional, optional_id};
use crate::token::timestamp::Timestamp;

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

/// The status of a device (`mfp-device.status`).
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

impl DeviceStatus {
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

impl<'de> Deserialize<'de> for DeviceStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(status) = optional(deserializer)? else {
            return Err(D::Error::custom("a device's status is a text"));
        };
        Ok(match status.as_str() {
            "ACTIVE" => Self::Active,
            "LOST" => Self::Lost,
            "STOLEN" => Self::Stolen,
            "EXPIRED" => Self::Expired,
            "DISABLED" => Self::Disabled,
            _ => Self::Other(status),
        })
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
