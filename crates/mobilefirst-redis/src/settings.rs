//! Settings from a configuration file.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use mobilefirst::{Error, ErrorKind};
use serde::{Deserialize, Deserializer};

use crate::tls::Tls;

/// The settings of a [`RedisStore`](crate::RedisStore), read from a configuration file or the
/// environment.
///
/// | name | type | default |
/// | --- | --- | --- |
/// | `url` | `redis://` or `rediss://` | |
/// | `keys` | base64, several by comma: [`SealingKeys`](crate::SealingKeys) | |
/// | `prefix` | text | `mfp:` |
/// | `timeout` | seconds | 0.05 |
/// | `cut_off_max_age` | seconds | 1 |
/// | `ca_certificate_file` | path of a PEM file | |
/// | `client_certificate_file` | path of a PEM file with certificate and private key | |
///
/// Each is documented at [`RedisStoreBuilder`](crate::RedisStoreBuilder). Files are read once, when
/// the builder is made. An unknown name is an
/// error. Neither errors nor `Debug` show the keys, or the password in the URL.
///
/// Put them beside the [`Settings`](mobilefirst::Settings) of the validator, in a table of their
/// own:
///
/// ```
/// use mobilefirst_redis::{RedisStore, StoreSettings};
///
/// let settings: StoreSettings = serde_json::from_str(
///     r#"{
///         "url": "redis://127.0.0.1",
///         "keys": "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI="
///     }"#,
/// )?;
/// let builder = RedisStore::builder_from_settings(&settings)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct StoreSettings {
    #[serde(deserialize_with = "secret")]
    pub(crate) url: String,
    #[serde(deserialize_with = "secret")]
    pub(crate) keys: String,
    pub(crate) prefix: Option<String>,
    pub(crate) timeout: Option<f64>,
    pub(crate) cut_off_max_age: Option<f64>,
    ca_certificate_file: Option<PathBuf>,
    client_certificate_file: Option<PathBuf>,
}

impl StoreSettings {
    pub(crate) fn tls(&self) -> Result<Tls, Error> {
        let read = |setting: &str, path: &Option<PathBuf>| {
            let text = path.as_ref().map(std::fs::read).transpose();
            text.map_err(|e| {
                let message = format!("{setting} can't be read: {e}");
                Error::with_source(ErrorKind::Configuration, message, e)
            })
        };
        Ok(Tls {
            ca: read("ca_certificate_file", &self.ca_certificate_file)?,
            client: read("client_certificate_file", &self.client_certificate_file)?,
        })
    }

    pub(crate) fn seconds(
        &self,
        name: &str,
        number: Option<f64>,
    ) -> Result<Option<Duration>, Error> {
        let duration = number.map(Duration::try_from_secs_f64).transpose();
        duration.map_err(|e| Error::new(ErrorKind::Configuration, format!("{name}: {e}")))
    }
}

/// Reads a secret without serde's own error message, which would show a secret that is a number.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Text {
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    match Text::deserialize(deserializer)? {
        Text::Text(text) => Ok(text),
        Text::Other(_) => Err(serde::de::Error::custom("must be text: put it in quotes")),
    }
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings")
            .field("prefix", &self.prefix)
            .field("timeout", &self.timeout)
            .field("cut_off_max_age", &self.cut_off_max_age)
            .field("ca_certificate_file", &self.ca_certificate_file)
            .field("client_certificate_file", &self.client_certificate_file)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::RedisStore;

    const KEY: &str = "mcTf9vEDt+lX7lBnb0Vt3ulmmQw/1BQpVtb9gLs2qoI=";

    fn refused(json: &str) -> String {
        let settings = match serde_json::from_str::<StoreSettings>(json) {
            Ok(settings) => settings,
            Err(error) => return error.to_string(),
        };
        let builder = RedisStore::builder_from_settings(&settings);
        let built = builder.and_then(|builder| builder.build());
        format!("{:?} {:?}", built.unwrap_err(), settings)
    }

    #[test]
    fn a_bad_setting_is_named_and_no_secret_shown() {
        let url = "redis://u:s3cret@127.0.0.1";
        for (json, word) in [
            (format!(r#"{{"url":"{url}"}}"#), "keys"),
            (format!(r#"{{"keys":"{KEY}"}}"#), "url"),
            (format!(r#"{{"url":"{url}","keys":4242}}"#), "text"),
            (format!(r#"{{"url":"{url}","keys":"s3cret"}}"#), "openssl"),
            (format!(r#"{{"url":"s3cret","keys":"{KEY}"}}"#), "redis://"),
            (
                format!(r#"{{"url":"{url}","keys":"{KEY}","timeout":-1}}"#),
                "timeout",
            ),
            (
                format!(r#"{{"url":"{url}","keys":"{KEY}","timeout":0}}"#),
                "timeout",
            ),
            (
                format!(r#"{{"url":"{url}","keys":"{KEY}","prefix":"*"}}"#),
                "prefix",
            ),
            (
                format!(r#"{{"url":"{url}","keys":"{KEY}","cut_off_max_age":-1}}"#),
                "cut_off_max_age",
            ),
            (
                format!(r#"{{"url":"{url}","keys":"{KEY}","ca_certificate_file":"/nowhere"}}"#),
                "ca_certificate_file",
            ),
            (
                format!(r#"{{"url":"{url}","keys":"{KEY}","client_certificate_file":"/"}}"#),
                "client_certificate_file",
            ),
            (
                format!(r#"{{"url":"{url}","keys":"{KEY}","key":"x"}}"#),
                "key",
            ),
        ] {
            let shown = refused(&json);
            assert!(shown.contains(word), "{json}: {shown}");
            for secret in ["s3cret", "4242", KEY] {
                assert!(!shown.contains(secret), "{json}: {shown}");
            }
        }
    }
}
