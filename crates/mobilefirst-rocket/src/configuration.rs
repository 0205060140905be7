//! Reads the settings from Rocket's configuration.

use mobilefirst::{Error, ErrorKind, Settings};
use rocket::figment::Figment;
use rocket::figment::error::{Error as FigmentError, Kind, OneOf};
use rocket::figment::providers::Serialized;
use rocket::figment::value::Dict;

/// The table in Rocket's configuration.
const TABLE: &str = "mobilefirst";

/// What names in the environment begin with: `ROCKET_MOBILEFIRST_CLIENT_SECRET` is the setting
/// `mobilefirst_client_secret` to Rocket.
const PREFIX: &str = "mobilefirst_";

pub(crate) fn settings(figment: &Figment) -> Result<Settings, Error> {
    with_single_settings(figment)
        .extract_inner(TABLE)
        .map_err(|error| Error::new(ErrorKind::Configuration, describe(&error)))
}

/// Puts settings that have a variable of their own into the table.
fn with_single_settings(figment: &Figment) -> Figment {
    // What can't be read at all is described when the table is.
    let all: Dict = figment.extract().unwrap_or_default();
    all.iter().fold(figment.clone(), |figment, (key, value)| {
        match key.strip_prefix(PREFIX) {
            Some(name) => figment.merge(Serialized::global(&format!("{TABLE}.{name}"), value)),
            None => figment,
        }
    })
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
                    Rocket.toml, or into ROCKET_MOBILEFIRST_SERVER_URL and so on"
                .to_owned();
        }
        _ if error.path.is_empty() => "Rocket's configuration cannot be read".to_owned(),
        Kind::MissingField(name) if name == "client_secret" => format!(
            "{TABLE}.{name} is not set: set ROCKET_MOBILEFIRST_CLIENT_SECRET in the environment, \
             or {TABLE}.client_secret_file"
        ),
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
    use rocket::figment::value::Value;

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
            (
                "",
                "mobilefirst.client_secret is not set: set ROCKET_MOBILEFIRST_CLIENT_SECRET",
            ),
            (
                "client_secret = 's3cret'\nmax_age = 's3cret'",
                "mobilefirst.max_age must be a number of seconds, or a text such as",
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

    /// Rocket's configuration with these variables, which it reads as figment does.
    fn with_environment(variables: &[(&str, &str)]) -> Figment {
        let toml = "[default.mobilefirst]\nserver_url = 'https://mfp.example.com/mfp/api'\n\
                    client_id = 'bank'\n[debug.mobilefirst]\nclient_secret = 'toml'";
        let figment = Figment::from(Toml::string(toml).nested()).select("debug");
        variables.iter().fold(figment, |figment, (name, text)| {
            let value: Value = text.parse().unwrap();
            figment.merge(Serialized::global(name, value))
        })
    }

    #[test]
    fn a_secret_from_the_environment_works_n6() {
        for variables in [
            &[("mobilefirst_client_secret", "s3cret")][..],
            &[("mobilefirst_client_secret", "12345")],
            &[("mobilefirst_client_secret", "\"007\"")],
            &[("mobilefirst", "{client_secret=\"s3cret\"}")],
            &[("mobilefirst", "{client_secret=12345}")],
            &[
                ("mobilefirst", "{client_secret=[broken]}"),
                ("mobilefirst_client_secret", "s3cret"),
            ],
        ] {
            let settings = settings(&with_environment(variables)).unwrap();
            assert!(settings.credentials().is_ok(), "{variables:?}");
        }
        // What these variables say replaces what the file says.
        let environment = with_environment(&[("mobilefirst_client_secret", "")]);
        let error = settings(&environment).unwrap().credentials().unwrap_err();
        assert!(error.to_string().contains("is empty"), "{error}");
        let environment = with_environment(&[("mobilefirst_max_age", "30s")]);
        let shown = format!("{:?}", settings(&environment).unwrap());
        assert!(shown.contains("max_age: Some(30.0)"), "{shown}");
    }

    #[test]
    fn a_secret_from_the_environment_that_does_not_work_says_how_n6() {
        for (name, text, description) in [
            (
                "mobilefirst_client_secret",
                "1.5",
                "mobilefirst.client_secret must be text: put it in quotes",
            ),
            (
                "mobilefirst_client_secrt",
                "s3cret",
                "there is no setting mobilefirst.client_secrt; there is one of",
            ),
        ] {
            let environment = with_environment(&[(name, text)]);
            let error = settings(&environment).unwrap_err().to_string();
            assert!(error.starts_with(description), "{error}");
            assert!(
                !error.contains("s3cret") && !error.contains("1.5"),
                "{error}"
            );
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
