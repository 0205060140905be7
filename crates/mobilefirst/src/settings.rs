//! Settings as a configuration file holds them.

use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::{
    ClientAuthentication, Credentials, Error, ServerUrl, TokenValidator, TokenValidatorBuilder,
};

/// The settings of a [`TokenValidator`], from a configuration file or the environment.
///
/// | name | type | default |
/// | --- | --- | --- |
/// | `server_url` | text | |
/// | `client_id` | text | |
/// | `client_secret` | text | |
/// | `client_authentication` | `"basic"`, `"basic-form-encoded"` or `"body"` | `"basic"` |
/// | `max_age` | seconds | 60 |
/// | `inactive_max_age` | seconds | 10 |
/// | `refresh_ahead` | `false` as [`without_refresh_ahead`](TokenValidatorBuilder::without_refresh_ahead) | `true` |
/// | `serve_stale` | seconds | 0 |
/// | `cache_capacity` | number of tokens | 50,000 |
/// | `leeway` | seconds | 0 |
/// | `deadline` | seconds | 5 |
/// | `max_in_flight` | number of introspections | 64 |
/// | `max_token_length` | bytes | 16,384 |
/// | `insecure_http` | `true` takes an `http` URL of another host, as [`ServerUrl::insecure`] | `false` |
///
/// Seconds may have a fraction. What each means stands at the method of the same name of
/// [`TokenValidatorBuilder`]. An unknown name is an error; so is a secret that is not
/// text, and no error and no `Debug` shows the secret.
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
/// let validator = TokenValidator::from_settings(&settings)?.build()?;
/// # Ok(()) }
/// # #[cfg(not(feature = "reqwest"))]
/// # fn main() {}
/// ```
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table of settings")]
pub struct Settings {
    server_url: String,
    client_id: String,
    #[serde(deserialize_with = "secret")]
    client_secret: String,
    #[serde(default)]
    client_authentication: ClientAuthentication,
    max_age: Option<f64>,
    inactive_max_age: Option<f64>,
    refresh_ahead: Option<bool>,
    serve_stale: Option<f64>,
    cache_capacity: Option<usize>,
    leeway: Option<f64>,
    deadline: Option<f64>,
    max_in_flight: Option<usize>,
    max_token_length: Option<usize>,
    #[serde(default)]
    insecure_http: bool,
}

impl TokenValidator {
    /// To set up a validator as `settings` say. What no configuration file can hold, such
    /// as a clock or the body of refusals, may be added to the builder.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) where a setting cannot be
    /// used; the message names it and says what to do.
    pub fn from_settings(settings: &Settings) -> Result<TokenValidatorBuilder, Error> {
        let mut builder = Self::builder(settings.server()?, settings.credentials()?);
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
        Ok(builder)
    }
}

impl Settings {
    fn server(&self) -> Result<ServerUrl, Error> {
        let any = ServerUrl::insecure(&self.server_url).map_err(|e| named("server_url", &e))?;
        if self.insecure_http || self.server_url.parse::<ServerUrl>().is_ok() {
            return Ok(any);
        }
        Err(Error::configuration(
            "server_url is http to another host, where everyone on the way could read the \
             tokens: use https, or set insecure_http if the network is secured otherwise",
        ))
    }

    fn credentials(&self) -> Result<Credentials, Error> {
        let credentials = Credentials::new(&*self.client_id, &*self.client_secret);
        let credentials = credentials.map_err(|e| named("client_id, client_secret", &e))?;
        Ok(credentials.authenticated_by(self.client_authentication))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            // A password in a URL that is refused is a secret too.
            .field("server_url", &ServerUrl::insecure(&self.server_url).ok())
            .field("client_id", &self.client_id)
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
            .field("insecure_http", &self.insecure_http)
            .finish_non_exhaustive()
    }
}

/// Where a number stands for text, serde's own error would show the number.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(secret) => Ok(secret),
        _ => Err(D::Error::custom("must be text: put it in quotes")),
    }
}

fn seconds(name: &str, number: Option<f64>) -> Result<Option<Duration>, Error> {
    let duration = number.map(Duration::try_from_secs_f64).transpose();
    duration.map_err(|e| named(name, &e))
}

fn named(name: &str, error: &dyn fmt::Display) -> Error {
    Error::configuration(format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn required() -> Value {
        json!({
            "server_url": "https://mfp.example.com/mfp/api",
            "client_id": "bank",
            "client_secret": "s3cret",
        })
    }

    /// The required settings with some more, or others.
    fn read(other: Value) -> Result<TokenValidatorBuilder, String> {
        let mut all = required();
        let Value::Object(other) = other else {
            panic!("not an object");
        };
        all.as_object_mut().unwrap().extend(other);
        let settings: Settings = serde_json::from_value(all).map_err(|e| e.to_string())?;
        assert!(!format!("{settings:?}").contains("s3cret"));
        TokenValidator::from_settings(&settings).map_err(|e| e.to_string())
    }

    fn shown(settings: Value) -> String {
        format!("{:?}", read(settings).unwrap())
    }

    #[test]
    fn what_is_not_set_is_as_the_builder_has_it() {
        let server = "https://mfp.example.com/mfp/api".parse().unwrap();
        let credentials = Credentials::new("bank", "s3cret").unwrap();
        let builder = TokenValidator::builder(server, credentials);
        assert_eq!(shown(json!({})), format!("{builder:?}"));
    }

    #[test]
    fn what_is_set_is_as_if_told_to_the_builder() {
        let server = ServerUrl::insecure("http://mfp.internal/mfp/api").unwrap();
        let credentials = Credentials::new("shop", "s3cret").unwrap();
        let builder = TokenValidator::builder(server, credentials)
            .max_age(Duration::from_secs(1))
            .inactive_max_age(Duration::from_secs(2))
            .without_refresh_ahead()
            .serve_stale(Duration::from_secs(8))
            .cache_capacity(3)
            .leeway(Duration::from_secs(4))
            .deadline(Duration::from_millis(500))
            .max_in_flight(6)
            .max_token_length(7);
        let settings = json!({
            "server_url": "http://mfp.internal/mfp/api",
            "insecure_http": true,
            "client_id": "shop",
            "max_age": 1,
            "inactive_max_age": 2,
            "refresh_ahead": false,
            "serve_stale": 8,
            "cache_capacity": 3,
            "leeway": 4.0,
            "deadline": 0.5,
            "max_in_flight": 6,
            "max_token_length": 7,
        });
        assert_eq!(shown(settings), format!("{builder:?}"));
    }

    #[test]
    fn the_client_authenticates_itself_as_set() {
        let credentials = |name: &str| {
            let mut all = required();
            all["client_authentication"] = json!(name);
            all["client_secret"] = json!("s3cret+");
            let settings: Settings = serde_json::from_value(all).ok()?;
            settings.credentials().ok()
        };
        for (name, authentication) in [
            ("basic", ClientAuthentication::Basic),
            ("basic-form-encoded", ClientAuthentication::BasicFormEncoded),
            ("body", ClientAuthentication::Body),
        ] {
            let expected = Credentials::new("bank", "s3cret+").unwrap();
            let expected = expected.authenticated_by(authentication).authorization();
            assert_eq!(credentials(name).unwrap().authorization(), expected);
        }
        assert!(credentials("Basic").is_none());
    }

    #[test]
    fn an_unusable_setting_is_named_with_advice_and_without_the_secret() {
        for (other, name, advice) in [
            (json!({"max_agee": 1}), "max_agee", "max_age"),
            (
                json!({"server_url": "mfp"}),
                "server_url",
                "should look like",
            ),
            (
                json!({"server_url": "http://a.example/"}),
                "server_url",
                "insecure_http",
            ),
            (
                json!({"server_url": "https://u:s3cret@a/"}),
                "server_url",
                "credentials",
            ),
            (json!({"client_id": "a:b"}), "client_id", "register another"),
            (
                json!({"client_secret": "s3cret ä"}),
                "client_secret",
                "printable ASCII",
            ),
            (json!({"client_secret": ["s3cret"]}), "", "quotes"),
            (json!({"max_age": -1}), "max_age", "negative"),
            (json!({"deadline": 1e30}), "deadline", "too big"),
        ] {
            let message = read(other).unwrap_err();
            assert!(message.contains(name), "{message}");
            assert!(message.contains(advice), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
    }

    #[test]
    fn a_secret_that_is_a_number_is_not_shown() {
        let message = read(json!({"client_secret": 123_456_789})).unwrap_err();
        assert!(!message.contains("123456789"), "{message}");
    }
}
