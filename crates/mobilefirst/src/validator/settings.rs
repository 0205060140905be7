//! Settings from a configuration file.

mod seconds;
mod secret;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::base_url::BaseUrl;
use crate::credentials::{ClientAuthentication, Credentials};
use crate::error::Error;
use crate::validator::TokenValidator;
use crate::validator::builder::TokenValidatorBuilder;
use crate::validator::settings::seconds::Seconds;
use crate::verdict::device_policy::DevicePolicy;

/// The settings of a [`TokenValidator`], read from a configuration file or the environment.
///
/// | name | type | default |
/// | --- | --- | --- |
/// | `version` | `8`, also for version 9, or `7` for [`builder_v7`](TokenValidator::builder_v7) | 8 |
/// | `server_url` | text; in version 7 the project URL | |
/// | `client_id` | text | none in version 7, otherwise required |
/// | `client_secret` | text | none in version 7, otherwise required |
/// | `client_secret_file` | path of a file with the secret, instead of `client_secret` | |
/// | `client_authentication` | `"basic"`, `"basic-form-encoded"` or `"body"` | `"basic"` |
/// | `max_age` | seconds | 60 |
/// | `inactive_max_age` | seconds | 10 |
/// | `refresh_ahead` | `false` for [`without_refresh_ahead`](TokenValidatorBuilder::without_refresh_ahead) | `true` |
/// | `serve_stale` | seconds | 0 |
/// | `cache_capacity` | number of tokens | 50,000 |
/// | `leeway` | seconds | 0 |
/// | `deadline` | seconds | 5 |
/// | `max_in_flight` | number of introspections | 64 |
/// | `max_token_length` | bytes | 16,384 |
/// | `device_policy` | `"refuse-blocked"` or `"allow-all"`; see [`DevicePolicy`] | `"refuse-blocked"` |
/// | `insecure_http` | `true` allows an `http` URL of another host, like [`BaseUrl::insecure`] | `false` |
///
/// *Seconds* are a number, also with a fraction, or a text with a unit: `"500ms"`, `"30s"`,
/// `"5m"`, `"1h"` or `"1d"`. Each setting is documented at the method of the same name of
/// [`TokenValidatorBuilder`]. An unknown name is an error. Neither errors nor `Debug` output
/// show the secret.
///
/// A secret is text. A whole number is taken as its digits, because readers of environment
/// variables such as figment make a number of `MFP_CLIENT_SECRET=12345`. They lose a zero or
/// a plus sign at the beginning: write such a secret in quotes, `MFP_CLIENT_SECRET='"007"'`,
/// or into a file.
///
/// A secret's file may change while the server runs: see [`Credentials::from_file`].
///
/// A secret's file is read by [`TokenValidator::builder_from_settings`]. A relative path starts
/// at the working directory, and one line break at the end of the file is ignored.
///
/// ```
/// # #[cfg(feature = "reqwest")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use mobilefirst::{Settings, TokenValidator};
///
/// let settings: Settings = serde_json::from_str(
///     r#"{
///         "server_url": "https://mfp.example.com/mfp/api",
///         "client_id": "bank",
///         "client_secret": "s3cret",
///         "max_age": 30
///     }"#,
/// )?;
/// let validator = TokenValidator::builder_from_settings(&settings)?.build()?;
/// # Ok(()) }
/// # #[cfg(not(feature = "reqwest"))]
/// # fn main() {}
/// ```
#[derive(Clone, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    version: Version,
    server_url: String,
    client_id: Option<String>,
    #[serde(default, deserialize_with = "secret::text")]
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    #[serde(default)]
    client_authentication: ClientAuthentication,
    max_age: Option<Seconds>,
    inactive_max_age: Option<Seconds>,
    refresh_ahead: Option<bool>,
    serve_stale: Option<Seconds>,
    cache_capacity: Option<usize>,
    leeway: Option<Seconds>,
    deadline: Option<Seconds>,
    max_in_flight: Option<usize>,
    max_token_length: Option<usize>,
    device_policy: Option<DevicePolicy>,
    #[serde(default)]
    insecure_http: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
enum Version {
    V7,
    #[default]
    V8,
}

/// Wraps the derived implementation, and checks that what the version requires is there.
impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let settings = deserializer.deserialize_map(Table)?;
        let secrets = (&settings.client_secret, &settings.client_secret_file);
        if let (Some(_), Some(_)) = secrets {
            return Err(D::Error::custom(
                "client_secret and client_secret_file are both set: remove one of them",
            ));
        }
        match settings.version {
            Version::V7 => Ok(settings),
            Version::V8 if settings.client_id.is_none() => {
                Err(D::Error::missing_field("client_id"))
            }
            Version::V8 if matches!(secrets, (None, None)) => {
                Err(D::Error::missing_field("client_secret"))
            }
            Version::V8 => Ok(settings),
        }
    }
}

/// Reads settings by name. The derived implementation alone would also take a list of values,
/// in the order of the fields.
struct Table;

impl<'de> Visitor<'de> for Table {
    type Value = Settings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Settings, A::Error> {
        Settings::deserialize(MapAccessDeserializer::new(table))
    }
}

impl TokenValidator {
    /// Returns a builder with these settings.
    ///
    /// Use the builder to add what a configuration file cannot contain, such as a clock or
    /// the body of refusals.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if a setting is unusable;
    /// the message names it and says how to fix it.
    pub fn builder_from_settings(settings: &Settings) -> Result<TokenValidatorBuilder, Error> {
        let mut builder = match settings.version {
            Version::V7 => Self::builder_v7(settings.server()?),
            Version::V8 => Self::builder(settings.server()?, settings.credentials()?),
        };
        if let Some(max_age) = seconds("max_age", settings.max_age)? {
            builder = builder.max_age(max_age);
        }
        if let Some(max_age) = seconds("inactive_max_age", settings.inactive_max_age)? {
            builder = builder.inactive_max_age(max_age);
        }
        if settings.refresh_ahead == Some(false) {
            builder = builder.without_refresh_ahead();
        }
        if let Some(duration) = seconds("serve_stale", settings.serve_stale)? {
            builder = builder.serve_stale(duration);
        }
        if let Some(entries) = settings.cache_capacity {
            builder = builder.cache_capacity(entries);
        }
        if let Some(leeway) = seconds("leeway", settings.leeway)? {
            builder = builder.leeway(leeway);
        }
        if let Some(deadline) = seconds("deadline", settings.deadline)? {
            builder = builder.deadline(deadline);
        }
        if let Some(introspections) = settings.max_in_flight {
            builder = builder.max_in_flight(introspections);
        }
        if let Some(bytes) = settings.max_token_length {
            builder = builder.max_token_length(bytes);
        }
        if let Some(policy) = settings.device_policy {
            builder = builder.device_policy(policy);
        }
        Ok(builder)
    }
}

impl Settings {
    /// Returns the credentials, for
    /// [`TokenValidator::set_credentials`] after the configuration was read again.
    ///
    /// # Errors
    ///
    /// Returns [`Configuration`](crate::ErrorKind::Configuration) if they are missing or
    /// unusable, or if the secret's file can't be read; the message names the setting.
    pub fn credentials(&self) -> Result<Credentials, Error> {
        let id = self.client_id.as_deref().unwrap_or_default();
        let (credentials, names) = match &self.client_secret_file {
            Some(file) => (
                Credentials::from_file(id, file),
                "client_id, client_secret_file",
            ),
            None => (
                Credentials::new(id, self.client_secret.as_deref().unwrap_or_default()),
                "client_id, client_secret",
            ),
        };
        let credentials = credentials.map_err(|e| named(names, &e))?;
        Ok(credentials.authenticated_by(self.client_authentication))
    }

    fn server(&self) -> Result<BaseUrl, Error> {
        let any = BaseUrl::insecure(&self.server_url).map_err(|e| named("server_url", &e))?;
        if self.insecure_http || self.server_url.parse::<BaseUrl>().is_ok() {
            return Ok(any);
        }
        Err(Error::configuration(
            "server_url is http to another host, so anyone on the path could read the tokens: \
             use https, or set insecure_http if the network is secured otherwise",
        ))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("version", &self.version)
            // An invalid URL may contain a password.
            .field("server_url", &BaseUrl::insecure(&self.server_url).ok())
            .field("client_id", &self.client_id)
            .field("client_secret_file", &self.client_secret_file)
            .field("client_authentication", &self.client_authentication)
            .field("max_age", &self.max_age)
            .field("inactive_max_age", &self.inactive_max_age)
            .field("refresh_ahead", &self.refresh_ahead)
            .field("serve_stale", &self.serve_stale)
            .field("cache_capacity", &self.cache_capacity)
            .field("leeway", &self.leeway)
            .field("deadline", &self.deadline)
            .field("max_in_flight", &self.max_in_flight)
            .field("max_token_length", &self.max_token_length)
            .field("device_policy", &self.device_policy)
            .field("insecure_http", &self.insecure_http)
            .finish_non_exhaustive()
    }
}

impl TryFrom<u8> for Version {
    type Error = &'static str;

    fn try_from(version: u8) -> Result<Self, Self::Error> {
        match version {
            7 => Ok(Self::V7),
            8 | 9 => Ok(Self::V8),
            _ => Err("must be a supported server version: 8, or 7"),
        }
    }
}

fn seconds(name: &str, number: Option<Seconds>) -> Result<Option<Duration>, Error> {
    let Some(Seconds(number)) = number else {
        return Ok(None);
    };
    let duration = Duration::try_from_secs_f64(number).map_err(|e| {
        Error::configuration(format!(
            "{name} is {number}: set it to a number of seconds, zero or more ({e})"
        ))
    })?;
    Ok(Some(duration))
}

fn named(name: &str, error: &dyn fmt::Display) -> Error {
    Error::configuration(format!("{name}: {error}"))
}

#[cfg(test)]
mod tests;
