//! The security context of version 7.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::token::text::{optional, optional_id};

/// The security context of a version 7 token, which the server decodes from the access
/// token and, if there is one, the ID token.
///
/// Without an ID token, user, device and application are empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SecurityContext {
    /// The subject of the token (`imf.sub`).
    #[serde(
        rename = "imf.sub",
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
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
    /// Other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The user in a [`SecurityContext`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContextUser {
    /// The user's ID.
    #[serde(
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub id: Option<String>,
    /// The name of the realm that the user logged in to.
    #[serde(deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub auth_by: Option<String>,
    /// The user's display name.
    #[serde(deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Attributes that the realm stores about the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Map<String, Value>>,
    /// Other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The device in a [`SecurityContext`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContextDevice {
    /// The device's ID at the authorization server.
    #[serde(
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub id: Option<String>,
    /// The app's environment, such as `iOSnative`.
    #[serde(deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The device's model.
    #[serde(deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The version of the operating system.
    #[serde(deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The app in a [`SecurityContext`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ContextApplication {
    /// The app's ID, such as `com.sample.bank`.
    #[serde(
        deserialize_with = "optional_id",
        skip_serializing_if = "Option::is_none"
    )]
    pub id: Option<String>,
    /// The app's version.
    #[serde(deserialize_with = "optional", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Other fields.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Reads `null` as an empty object.
pub(crate) fn or_empty<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
