//! The sections `[mobilefirst]` and `[store]`: the settings of the library.

use std::fmt;

use mobilefirst::{Settings, TokenValidator};
use mobilefirst_redis::RedisStore;
use toml::Table;

use crate::config::error::ConfigError;
use crate::config::lines::Lines;
use crate::config::secret_file;
use crate::config::store::Store;
use crate::refusal::BodyFormat;

/// The settings of the validator, with what they were made from.
#[derive(Clone)]
pub(crate) struct MobileFirst {
    settings: Settings,
    table: Table,
    /// What the file with the client's secret held.
    secret: Option<Vec<u8>>,
    lines: Lines,
    store: Option<Store>,
}

impl MobileFirst {
    pub(super) fn new(
        settings: Settings,
        table: Table,
        lines: Lines,
        store: Option<Store>,
    ) -> Self {
        let file = table
            .get("client_secret_file")
            .and_then(|file| file.as_str());
        Self {
            settings,
            // A file that cannot be read is reported when the validator is built.
            secret: file.and_then(|file| secret_file::content(file).ok()),
            table,
            lines,
            store,
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let is_same_store = match (&self.store, &other.store) {
            (Some(own), Some(other)) => own.is_same(other),
            (own, other) => own.is_none() && other.is_none(),
        };
        self.table == other.table && self.secret == other.secret && is_same_store
    }

    pub(crate) fn validator(
        &self,
        error_body: BodyFormat,
        store: Option<RedisStore>,
    ) -> Result<TokenValidator, ConfigError> {
        let builder = TokenValidator::builder_from_settings(&self.settings);
        let mut builder = builder.map_err(|error| self.error(&error))?;
        if let Some(store) = store {
            builder = builder.remote_store(store);
        }
        if error_body == BodyFormat::Json {
            builder = builder.error_body(move |refusal| {
                let body = error_body.body(refusal.denial().reason().as_str());
                body.unwrap_or_else(|| mobilefirst::ErrorBody::text(""))
            });
        }
        builder.build().map_err(|error| self.error(&error))
    }

    /// Returns the store that the gates of a fleet share, if there is one.
    pub(crate) fn store(&self) -> Result<Option<RedisStore>, ConfigError> {
        self.store.as_ref().map(Store::open).transpose()
    }

    fn error(&self, error: &mobilefirst::Error) -> ConfigError {
        self.lines.error(error.to_string())
    }
}

/// Leaves out table and secret.
impl fmt::Debug for MobileFirst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}
