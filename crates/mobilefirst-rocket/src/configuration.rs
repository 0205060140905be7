//! Reads the settings from Rocket's configuration.

use mobilefirst::{Error, ErrorKind, Settings};
use rocket::figment::Figment;
use rocket::figment::error::{Error as FigmentError, Kind, OneOf};

/// The table in Rocket's configuration.
const TABLE: &str = "mobilefirst";

pub(crate) fn settings(figment: &Figment) -> Result<Settings, Error> {
    figment
        .extract_inner(TABLE)
        .map_err(|error| Error::new(ErrorKind::Configuration, describe(&error)))
}

/// Names the setting, its place and the fix, but never the value.
///
/// Figment's own message shows the value it could not use, which may be a secret with a
/// missing quote or bracket.
fn describe(error: &FigmentError) -> String {
    // The order of the path's parts is unspecified.
    let setting = error.path.iter().find(|part| *part != TABLE);
    let key = setting.map_or(TABLE.to_owned(), |name| format!("{TABLE}.{name}"));
    let what = match &error.kind {
        Kind::MissingField(table) if table == TABLE => {
            return "there are no settings: put them below [default.mobilefirst] in \
                    Rocket.toml, or into ROCKET_MOBILEFIRST={server_url=…}"
                .to_owned();
        }
        _ if error.path.is_empty() => "Rocket's configuration cannot be read".to_owned(),
        Kind::MissingField(name) => format!("{TABLE}.{name} is not set"),
        Kind::UnknownField(name, known) => {
            format!(
                "there is no setting {TABLE}.{name}; there is {}",
                OneOf(known)
            )
        }
        Kind::UnknownVariant(_, known) => format!("{key} must be {}", OneOf(known)),
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("{key} must be {expected}")
        }
        Kind::Message(message) => format!("{key} {message}"),
        _ => format!("{key} cannot be used"),
    };
    match &error.metadata {
        Some(origin) => match &origin.source {
            Some(source) => format!("{what} ({} {source})", origin.name),
            None => format!("{what} ({})", origin.name),
        },
        None => what,
    }
}

#[cfg(test)]
mod tests {
    use rocket::figment::providers::{Format, Toml};

    use super::*;

    #[test]
    fn an_unusable_configuration_is_described_without_the_secret() {
        let all = "server_url = 'https://mfp.example.com/mfp/api'\nclient_id = 'bank'";
        for (table, description) in [
            (
                "client_secrt = 's3cret'",
                "there is no setting mobilefirst.client_secrt; there is one of",
            ),
            (
                "client_secret = ['s3cret']",
                "mobilefirst.client_secret must be text: put it in quotes",
            ),
            ("", "mobilefirst.client_secret is not set"),
            (
                "client_secret = 's3cret'\nmax_age = 's3cret'",
                "mobilefirst.max_age must be f64",
            ),
            (
                "client_secret = 's3cret'\nclient_authentication = 's3cret'",
                "mobilefirst.client_authentication must be one of `basic`",
            ),
            (
                "client_secret = 's3cret\n",
                "Rocket's configuration cannot be read",
            ),
        ] {
            let toml = format!("[mobilefirst]\n{all}\n{table}");
            let figment = Figment::from(Toml::string(&toml));
            let text = settings(&figment).unwrap_err().to_string();
            assert!(text.starts_with(description), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn a_value_in_place_of_the_table_is_not_shown() {
        let figment = Figment::from((TABLE, "{client_secret=s3cret"));
        let text = settings(&figment).unwrap_err().to_string();
        assert!(
            text.starts_with("mobilefirst must be a table of settings"),
            "{text}"
        );
        assert!(!text.contains("s3cret"), "{text}");
    }

    #[test]
    fn without_any_settings_the_message_says_where_they_go() {
        let text = settings(&Figment::new()).unwrap_err().to_string();
        assert!(text.contains("Rocket.toml"), "{text}");
    }
}
