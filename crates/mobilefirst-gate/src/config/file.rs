//! The text of the configuration, and what it must hold.

use std::str::FromStr;
use std::sync::Arc;

use ::mobilefirst::Settings;
use serde::Deserialize;
use toml::{Spanned, Table};

use crate::config::Config;
use crate::config::error::ConfigError;
use crate::config::lines::{Lines, Section};
use crate::config::listen::{Listen, Reach};
use crate::config::log::{LogFormat, LogLevel};
use crate::config::mobilefirst::MobileFirst;
use crate::config::place::{fault, from_toml, line_at, parsed};
use crate::config::route::RouteEntry;
use crate::config::store::Store;
use crate::peer::{Network, TrustedProxies};
use crate::refusal::BodyFormat;
use crate::routes::Routes;

impl FromStr for Config {
    type Err = ConfigError;

    /// Reads the text of a configuration file.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        File::read(text)?.into_config(text)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: Option<Spanned<String>>,
    grpc_listen: Option<Spanned<String>>,
    admin_listen: Option<Spanned<String>>,
    #[serde(default)]
    allow_network: bool,
    #[serde(default)]
    trusted_proxies: Vec<Spanned<String>>,
    #[serde(default)]
    remove_authorization: bool,
    #[serde(default)]
    error_body: BodyFormat,
    #[serde(default)]
    log_format: LogFormat,
    #[serde(default)]
    log_level: LogLevel,
    mobilefirst: Settings,
    #[serde(rename = "store")]
    _store: Option<Table>,
    #[serde(default)]
    route: Vec<Spanned<RouteEntry>>,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:9180";

impl File {
    fn read(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| from_toml(text, &error))
    }

    fn into_config(self, text: &str) -> Result<Config, ConfigError> {
        let reach = match self.allow_network {
            true => Reach::Network,
            false => Reach::ThisMachine,
        };
        let listen = |name: &str, value: Option<Spanned<String>>| {
            let value = value.as_ref();
            value
                .map(|value| parsed(text, name, value, |text| Listen::parse(text, reach)))
                .transpose()
        };
        let default = Spanned::new(0..0, DEFAULT_LISTEN.to_owned());
        let http = listen("listen", Some(self.listen.unwrap_or(default)))?;
        let networks = self.trusted_proxies.iter();
        let trusted_proxies: TrustedProxies = networks
            .map(|network| parsed(text, "trusted_proxies", network, str::parse::<Network>))
            .collect::<Result<_, _>>()?;
        let config = Config {
            listen: http.expect("there is a default"),
            grpc_listen: listen("grpc_listen", self.grpc_listen)?,
            admin_listen: listen("admin_listen", self.admin_listen)?,
            trusted_proxies,
            remove_authorization: self.remove_authorization,
            error_body: self.error_body,
            log_format: self.log_format,
            log_level: self.log_level,
            mobilefirst: Arc::new(mobilefirst(text, self.mobilefirst)?),
            routes: routes(text, &self.route)?,
        };
        match self.route.first() {
            Some(first) if trusts_nobody(&config) => Err(fault(
                text,
                first,
                "no proxy may say which route a request is for: set trusted_proxies, for \
                 example to [\"127.0.0.1/32\", \"::1/128\"]",
            )),
            _ => Ok(config),
        }
    }
}

/// Whether no proxy may say which request it asks about, on any connection.
fn trusts_nobody(config: &Config) -> bool {
    let listens = [Some(&config.listen), config.grpc_listen.as_ref()];
    let is_address = |listen: &Listen| matches!(listen, Listen::Address(_));
    config.trusted_proxies.is_empty() && listens.into_iter().flatten().any(is_address)
}

/// Keeps the settings with their lines, which the library's errors do not know.
fn mobilefirst(text: &str, settings: Settings) -> Result<MobileFirst, ConfigError> {
    #[derive(Deserialize)]
    struct Sections {
        mobilefirst: Spanned<Section>,
        store: Option<Spanned<Section>>,
    }
    let sections = toml::from_str(text).map_err(|error| from_toml(text, &error));
    let Sections { mobilefirst, store } = sections?;
    let store = store.map(|section| {
        let (lines, table) = Lines::of(text, section);
        Store::read(lines, table)
    });
    let (lines, table) = Lines::of(text, mobilefirst);
    Ok(MobileFirst::new(settings, table, lines, store.transpose()?))
}

fn routes(text: &str, entries: &[Spanned<RouteEntry>]) -> Result<Routes, ConfigError> {
    let mut routes = Routes::default();
    for entry in entries {
        let line = line_at(text, entry.span().start);
        let route = entry.get_ref().route(text, line)?;
        let path = entry.get_ref().path.get_ref();
        routes.add(route).map_err(|clash| {
            let (first, reason) = (clash.first_line, clash.reason);
            ConfigError::in_line(
                line,
                format!(
                    "the route {path:?} clashes with that of line {first}: {reason}; remove one"
                ),
            )
        })?;
    }
    Ok(routes)
}
