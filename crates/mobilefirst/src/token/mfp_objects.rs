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
    /// The client platform: `android`, `ios`, `windows`, `web`, …
    pub client_platform: Option<String>,
    /// The app's version.
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
    pub id: Option<String>,
    /// The device's model.
    pub hardware: Option<String>,
    /// The operating system and its version.
    pub platform: Option<String>,
    /// The name that the user gave the device.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatusBit(pub(crate) u8);

impl StatusBit {
    pub(crate) fn of(status: Option<DeviceStatus>) -> Self {
        Self(match status {
            None => 0,
            Some(DeviceStatus::Active) => 1,
            Some(DeviceStatus::Lost) => 1 << 1,
            Some(DeviceStatus::Stolen) => 1 << 2,
            Some(DeviceStatus::Expired) => 1 << 3,
            Some(DeviceStatus::Disabled) => 1 << 4,
            Some(DeviceStatus::Other(_)) => 1 << 5,
        })
    }
}

/// The user who is logged in (`mfp-user`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct User {
    /// The user's ID.
    pub id: Option<String>,
    /// The user's display name.
    pub display_name: Option<String>,
    /// The name of the security check that the user passed.
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

const KNOWN: [DeviceStatus; 5] = [
    DeviceStatus::Active,
    DeviceStatus::Lost,
    DeviceStatus::Stolen,
    DeviceStatus::Expired,
    DeviceStatus::Disabled,
];

impl<'de> Deserialize<'de> for DeviceStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let status = String::deserialize(deserializer)?;
        let known = KNOWN
            .iter()
            .find(|known| status.eq_ignore_ascii_case(known.as_str()));
        Ok(known.cloned().unwrap_or(Self::Other(status)))
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
        let millis = Option::<u64>::deserialize(deserializer)?;
        Ok(millis.and_then(|millis| UNIX_EPOCH.checked_add(Duration::from_millis(millis))))
    }
}
