//! The JSON format of an answer about a token.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind};
use crate::token::mfp_objects::{Application, Device, User};
use crate::token::parse_error::ParseError;
use crate::token::security_context::{SecurityContext, or_empty};
use crate::token::text::optional_id;

// One part each: what is not asked for is skipped, not built.

#[derive(Default, Deserialize)]
pub(crate) struct OnlyApplication {
    #[serde(rename = "mfp-application")]
    pub(crate) application: Option<Application>,
}

#[derive(Default, Deserialize)]
pub(crate) struct OnlyDevice {
    #[serde(rename = "mfp-device")]
    pub(crate) device: Option<Device>,
}

#[derive(Default, Deserialize)]
pub(crate) struct OnlyUser {
    #[serde(rename = "mfp-user")]
    pub(crate) user: Option<User>,
}

#[derive(Default, Deserialize)]
pub(crate) struct OnlyChecks {
    #[serde(rename = "mfp-checks")]
    pub(crate) checks: Option<Map<String, Value>>,
}

/// The ID of the device in version 7.
#[derive(Default, Deserialize)]
pub(crate) struct DeviceOfContext {
    #[serde(rename = "security_context")]
    pub(crate) context: Option<ContextDeviceId>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ContextDeviceId {
    #[serde(rename = "imf.device", deserialize_with = "or_empty")]
    pub(crate) device: WithId,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct WithId {
    #[serde(deserialize_with = "optional_id")]
    pub(crate) id: Option<String>,
}

/// Fields that only the validation endpoint of version 7 sends.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct ValidationParts {
    #[serde(deserialize_with = "optional_id")]
    pub(crate) user_id: Option<String>,
    pub(crate) security_context: Option<SecurityContext>,
}

/// Parses an object. `serde_json` alone would also accept an array for a struct.
pub(crate) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Error> {
    if !json.trim_ascii_start().starts_with('{') {
        return Err(unreadable(ParseError("it is not a JSON object".to_owned())));
    }
    serde_json::from_str(json).map_err(unreadable)
}

/// Reports an answer that cannot be parsed. The error has the position but not the parser's
/// own message, which quotes the input and could contain a token.
pub(crate) fn unreadable(error: impl Into<ParseError>) -> Error {
    Error::with_source(
        ErrorKind::InvalidResponse,
        "the authorization server's answer is not an introspection response",
        error.into(),
    )
}
