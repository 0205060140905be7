//! `X-MFP-Analytics-Metadata`, in which the client SDK describes app and device.

use serde_json::{Map, Value};

use crate::analytics::clip::clipped;

/// The caller's description of app and device. Values that are empty, or neither text nor a
/// number, are left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata {
    pub(crate) app_id: Option<String>,
    pub(crate) app_name: Option<String>,
    pub(crate) app_version: Option<String>,
    pub(crate) app_version_code: Option<String>,
    pub(crate) brand: Option<String>,
    pub(crate) device_id: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) os_version: Option<String>,
}

impl Metadata {
    /// Parses the field. If it is not a JSON object, the result is empty: a caller's mistake
    /// must not lose the event.
    pub(crate) fn read(field: &[u8]) -> Self {
        let Ok(object) = serde_json::from_slice::<Map<String, Value>>(field) else {
            return Self::default();
        };
        let text = |key| match object.get(key)? {
            Value::String(text) if !text.is_empty() => Some(clipped(text.as_bytes())),
            Value::Number(number) => Some(clipped(number.to_string().as_bytes())),
            _ => None,
        };
        Self {
            app_id: text("appStoreId"),
            app_name: text("appStoreLabel"),
            app_version: text("appVersionDisplay"),
            app_version_code: text("appVersionCode"),
            brand: text("brand"),
            device_id: text("deviceID"),
            model: text("model"),
            os: text("os"),
            os_version: text("osVersion"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sdk_writes_is_read() {
        let field = br#"{"deviceID":"d1","os":"android","osVersion":"14","brand":"Acme",
            "model":"A1","mfpAppName":"com.sample.bank","mfpAppVersion":"1.0",
            "appVersionDisplay":"1.0.3","appVersionCode":17,"appStoreId":"com.sample.bank",
            "appStoreLabel":"Bank"}"#;
        let text = |text: &str| Some(text.to_owned());
        let expected = Metadata {
            app_id: text("com.sample.bank"),
            app_name: text("Bank"),
            app_version: text("1.0.3"),
            app_version_code: text("17"),
            brand: text("Acme"),
            device_id: text("d1"),
            model: text("A1"),
            os: text("android"),
            os_version: text("14"),
        };
        assert_eq!(Metadata::read(field), expected);
    }

    #[test]
    fn invalid_metadata_is_ignored() {
        let deep = "[".repeat(2000);
        let deep_object = r#"{"os":"#.repeat(400);
        for field in [
            "",
            "x",
            "null",
            "7",
            r#""os""#,
            r#"["os"]"#,
            r#"{"os":"a""#,
            r#"{"os":"a"}x"#,
            r#"{"os":1e999}"#,
            r#"{"os":"\ud800"}"#,
            r#"{"os":null,"osVersion":[1],"brand":{},"model":true,"deviceID":""}"#,
            &deep,
            &deep_object,
        ] {
            assert_eq!(Metadata::read(field.as_bytes()), Metadata::default());
        }
        let fields: [&[u8]; 3] = [b"\xff", b"{\"os\":\"\xff\"}", b"\x00"];
        for field in fields {
            assert_eq!(Metadata::read(field), Metadata::default());
        }
    }

    #[test]
    fn an_invalid_value_does_not_affect_the_others() {
        let read = Metadata::read(br#"{"os":["a"],"osVersion":14.5,"brand":"b"}"#);
        assert_eq!(read.os, None);
        assert_eq!(read.os_version.as_deref(), Some("14.5"));
        assert_eq!(read.brand.as_deref(), Some("b"));
    }

    #[test]
    fn a_long_value_is_cut() {
        let field = format!(r#"{{"os":"{}"}}"#, "ä".repeat(500));
        assert_eq!(Metadata::read(field.as_bytes()).os, Some("ä".repeat(256)));
    }
}
