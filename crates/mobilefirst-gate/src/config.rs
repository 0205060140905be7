//! The configuration file.

pub(crate) mod error;
mod file;
mod lines;
pub(crate) mod listen;
pub(crate) mod log;
pub(crate) mod mobilefirst;
mod place;
mod route;
mod secret_file;
mod store;

use std::fmt;
use std::sync::Arc;

use ::mobilefirst::TokenValidator;
use mobilefirst_redis::RedisStore;

use crate::config::error::ConfigError;
use crate::config::listen::Listen;
use crate::config::log::{LogFormat, LogLevel};
use crate::config::mobilefirst::MobileFirst;
use crate::peer::TrustedProxies;
use crate::refusal::BodyFormat;
use crate::routes::Routes;

/// The configuration of a gate, read from TOML.
///
/// | name | type | default |
/// | --- | --- | --- |
/// | `listen` | address with port, or `unix:` and a path | `127.0.0.1:9180` |
/// | `grpc_listen` | as `listen`, for Envoy's `ext_authz` over gRPC | none |
/// | `admin_listen` | as `listen`, for `/healthz`, `/metrics` and `/invalidate` | none |
/// | `allow_network` | `true` allows addresses other than loopback | `false` |
/// | `trusted_proxies` | list of IP addresses and networks | none |
/// | `remove_authorization` | `true` takes `Authorization` off granted requests, over gRPC | `false` |
/// | `error_body` | `"none"`, or `"json"` for `{"error":"<reason>"}` | `"none"` |
/// | `log_format` | `"plain"` or `"json"` | `"plain"` |
/// | `log_level` | `"error"`, `"warn"`, `"info"`, `"debug"` or `"trace"` | `"info"` |
/// | `[mobilefirst]` | the [settings of the library](::mobilefirst::Settings) | |
/// | `[store]` | the store of a fleet, see below | none |
/// | `[[route]]` | routes, see below | none |
///
/// `[store]` has the settings of [`StoreSettings`](::mobilefirst_redis::StoreSettings), and may
/// have `keys_file` instead of `keys`: the path of a file with the keys.
///
/// A route has:
///
/// | name | type | default |
/// | --- | --- | --- |
/// | `path` | a path, or `/accounts/*` for all below one | |
/// | `methods` | list of methods | all but `OPTIONS` |
/// | `scope` | scope elements; empty for any active token | |
/// | `public` | `true` lets everyone through; instead of `scope` | `false` |
/// | `max_age` | maximum age of an answer, such as `"0s"`; only with `scope` | `max_age` of the library |
/// | `optional` | `true` lets callers without a token through too; only with `scope` | `false` |
/// | `preflight` | `true` lets `OPTIONS` through without a token | `false` |
///
/// Unknown names are errors. So are two routes for the same path and method, and paths that
/// differ only in what many servers ignore, such as case. Among several patterns the most
/// specific one decides.
///
/// ```
/// let config = r#"
///     trusted_proxies = ["127.0.0.1"]
///
///     [mobilefirst]
///     server_url = "https://mfp.example.com/mfp/api"
///     client_id = "gate"
///     client_secret = "s3cret"
///
///     [[route]]
///     methods = ["POST"]
///     path = "/transfer"
///     scope = "transferPrivilege"
///     max_age = "0s"
///
///     [[route]]
///     path = "/public/*"
///     public = true
/// "#;
/// let config: mobilefirst_gate::Config = config.parse()?;
/// # Ok::<(), mobilefirst_gate::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) listen: Listen,
    pub(crate) grpc_listen: Option<Listen>,
    pub(crate) admin_listen: Option<Listen>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) remove_authorization: bool,
    pub(crate) error_body: BodyFormat,
    pub(crate) log_format: LogFormat,
    pub(crate) log_level: LogLevel,
    pub(crate) mobilefirst: Arc<MobileFirst>,
    pub(crate) routes: Routes,
}

impl Config {
    /// Returns the level up to which the gate logs: `error`, `warn`, `info`, `debug` or `trace`.
    pub fn log_level(&self) -> &'static str {
        self.log_level.as_str()
    }

    /// Whether the gate logs one JSON object a line.
    pub fn logs_json(&self) -> bool {
        self.log_format == LogFormat::Json
    }

    /// Returns a validator, and the store that it shares with others, if any.
    pub(crate) fn validator(&self) -> Result<(TokenValidator, Option<RedisStore>), ConfigError> {
        let store = self.mobilefirst.store()?;
        let validator = self.mobilefirst.validator(self.error_body, store.clone())?;
        Ok((validator, store))
    }
}

/// Where the gate listens, for a log.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP on {}", self.listen)?;
        if let Some(listen) = &self.grpc_listen {
            write!(f, ", gRPC on {listen}")?;
        }
        if let Some(listen) = &self.admin_listen {
            write!(f, ", admin on {listen}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
