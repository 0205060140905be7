//! The objects that MobileFirst adds to an introspection response.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The app that the token was issued to (`mfp-application`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Application {
    /// The app's ID, such as `com.sample.bank`.
    pub id: Option<String>,
    /// `android`, `ios`, `windows`, `web`, …
    pub client_platform: Option<String>,
    /// The app's version.
    pub version: Option<String>,
    /// The fields that this library does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The device that the app runs on (`mfp-device`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Device {
    /// The device's ID at the authorization server.
    pub id: Option<String>,
    /// The device's model.
    pub hardware: Option<String>,
    /// The operating system and its version.
    pub platform: Option<String>,
    /// The name that the user gave the device.
    pub device_display_name: Option<String>,
    /// What the authorization server holds of the device.
    pub status: Option<DeviceStatus>,
    /// The fields that this library does not know.
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
    /// Not seen for long.
    Expired,
    /// Blocked by an administrator.
    Disabled,
    /// One that this library does not know.
    Other(String),
}

/// The user who is logged in (`mfp-user`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct User {
    /// The user's ID.
    pub id: Option<String>,
    /// The user's name for people to read.
    pub display_name: Option<String>,
    /// The name of the security check that the user passed.
    pub authenticated_by: Option<String>,
    /// When that was.
    #[serde(with = "milliseconds")]
    pub authenticated_at: Option<SystemTime>,
    /// What the security check keeps about the user.
    pub attributes: Option<Map<String, Value>>,
    /// The fields that this library does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl DeviceStatus {
    /// The status as the protocol writes it.
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
        let status = String::deserialize(deserializer)?;
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

/// Milliseconds since 1970, as MobileFirst writes a date.
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
        let millis = Option::<u64>::deserialize(deserializer)?;
        Ok(millis.and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis))))
    }
}
