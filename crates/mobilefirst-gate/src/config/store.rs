//! The section `[store]`: the settings of the store that the gates of a fleet share.

use std::fmt;

use mobilefirst_redis::{RedisStore, SealingKeys, StoreSettings};
use serde::Deserialize;
use toml::{Table, Value};

use crate::config::error::ConfigError;
use crate::config::lines::Lines;
use crate::config::secret_file;

/// The settings of the store, as they are written.
#[derive(Clone)]
pub(crate) struct Store {
    /// Without `keys_file`, but with `keys`.
    table: Table,
    lines: Lines,
}

impl Store {
    /// Reads the section.
    pub(super) fn read(lines: Lines, mut table: Table) -> Result<Self, ConfigError> {
        let file = table.remove("keys_file");
        let setting = if file.is_some() { "keys_file" } else { "keys" };
        if let Some(file) = file {
            let keys = keys_in(&file, &table).map_err(|message| lines.error(message))?;
            table.insert("keys".to_owned(), keys.into());
        }
        let Some(keys) = table.get("keys") else {
            return Err(lines.error(
                "the store has no keys: set keys, or keys_file, to what `openssl rand -base64 32` \
                 prints",
            ));
        };
        // The library's errors about these two don't name the setting.
        if let Some(Err(error)) = keys.as_str().map(str::parse::<SealingKeys>) {
            return Err(lines.error(format!("{setting}: {error}")));
        }
        let store = Self { table, lines };
        store.settings()?;
        Ok(store)
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.table == other.table
    }

    /// Returns the store, which connects in the background.
    pub(super) fn open(&self) -> Result<RedisStore, ConfigError> {
        let builder = RedisStore::builder_from_settings(&self.settings()?);
        let builder = builder.map_err(|error| self.lines.error(named(&error)))?;
        let store = builder.build();
        store.map_err(|error| self.lines.error(error.to_string()))
    }

    fn settings(&self) -> Result<StoreSettings, ConfigError> {
        let settings = StoreSettings::deserialize(Value::Table(self.table.clone()));
        settings.map_err(|error| {
            // In one line. It quotes no secret.
            let message = error.to_string();
            let words: Vec<_> = message.split_whitespace().collect();
            self.lines.error(words.join(" "))
        })
    }
}

/// An error about a setting, which names it: those about the URL do not.
fn named(error: &mobilefirst::Error) -> String {
    let message = error.to_string();
    match message.contains("URL") {
        true => format!("url: {message}"),
        false => message,
    }
}

/// The keys in `file`. An error names the setting, and shows nothing of the file.
fn keys_in(file: &Value, table: &Table) -> Result<String, String> {
    let Some(path) = file.as_str() else {
        return Err("keys_file must be the path of a file, in quotes".to_owned());
    };
    if table.contains_key("keys") {
        return Err("keys_file and keys are both set: remove one of them".to_owned());
    }
    let bytes = secret_file::content(path)
        .map_err(|error| format!("keys_file: cannot read {path}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "keys_file: the file is not text")?;
    Ok(text.trim_end().to_owned())
}

/// Leaves out what may be a secret.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
