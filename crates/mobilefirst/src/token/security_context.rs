//! What version 7 says of the caller beyond the token.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// The security context of a version 7 token: what was decoded from the access token, and
/// from the ID token where the caller sent one.
///
/// Without an ID token user, device and application are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SecurityContext {
    /// Whom the token speaks of (`imf.sub`).
    #[serde(rename = "imf.sub", skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The user who is logged in (`imf.user`).
    #[serde(rename = "imf.user", deserialize_with = "or_empty")]
    pub user: ContextUser,
    /// The device that the app runs on (`imf.device`).
    #[serde(rename = "imf.device", deserialize_with = "or_empty")]
    pub device: ContextDevice,
    /// The app (`imf.application`).
    #[serde(rename = "imf.application", deserialize_with = "or_empty")]
    pub application: ContextApplication,
    /// The fields that this library does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The user in a [`SecurityContext`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContextUser {
    /// The user's ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The name of the realm that the user logged in to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_by: Option<String>,
    /// The user's name for people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What the realm keeps about the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Map<String, Value>>,
    /// The fields that this library does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The device in a [`SecurityContext`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContextDevice {
    /// The device's ID at the authorization server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The app's environment, such as `iOSnative`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The device's model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The version of the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The fields that this library does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The app in a [`SecurityContext`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContextApplication {
    /// The app's ID, such as `com.sample.bank`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The app's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The fields that this library does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// `null` says as much as an empty object.
fn or_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
