//! Where the ID of the device is in an answer.

use std::borrow::Cow;

use crate::token::head::Head;

/// Where the ID of the device is in an answer: smaller than the ID, and quicker than reading the
/// answer again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeviceIdPlace {
    Nowhere,
    /// The first byte and the one after the last.
    At(u32, u32),
    /// It is written with escapes, or in a security context: the answer has to be read.
    ToBeRead,
}

impl DeviceIdPlace {
    /// Finds it in `json`, of which `head` was read.
    pub(crate) fn find(head: &Head<'_>, json: &str) -> Self {
        match &head.device.id {
            Some(Cow::Borrowed(id)) => place(id, json).unwrap_or(Self::ToBeRead),
            Some(Cow::Owned(_)) => Self::ToBeRead,
            None if head.has_context => Self::ToBeRead,
            None => Self::Nowhere,
        }
    }

    /// Returns the ID in `json`, or that there is none, if that is known.
    pub(crate) fn of(self, json: &str) -> Option<Option<&str>> {
        match self {
            Self::Nowhere => Some(None),
            Self::At(begin, end) => json.get(begin as usize..end as usize).map(Some),
            Self::ToBeRead => None,
        }
    }
}

/// The place of `part`, which was read from `json`.
fn place(part: &str, json: &str) -> Option<DeviceIdPlace> {
    let begin = part.as_ptr().addr().checked_sub(json.as_ptr().addr())?;
    let end = begin + part.len();
    let is_there = json.get(begin..end) == Some(part);
    let place = DeviceIdPlace::At(begin.try_into().ok()?, end.try_into().ok()?);
    is_there.then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: &str) -> Option<Option<&str>> {
        let head: Head<'_> = serde_json::from_str(json).unwrap();
        DeviceIdPlace::find(&head, json).of(json)
    }

    #[test]
    fn an_id_is_found_where_it_is_written_plainly() {
        for (fields, expected) in [
            (
                r#""mfp-device":{"id":"d 1","status":"ACTIVE"}"#,
                Some(Some("d 1")),
            ),
            (
                r#""x":"d","mfp-device":{"status":"LOST","id":"d"}"#,
                Some(Some("d")),
            ),
            (r#""mfp-device":{"id":""}"#, Some(Some(""))),
            (r#""mfp-device":{"id":"J\u00f6rg"}"#, None),
            (r#""mfp-device":{"id":17}"#, None),
            (r#""mfp-device":{"id":null}"#, Some(None)),
            (r#""mfp-device":null"#, Some(None)),
            (r#""x":1"#, Some(None)),
            (r#""security_context":{"imf.device":{"id":"d"}}"#, None),
        ] {
            let json = format!(r#"{{"active":true,{fields}}}"#);
            assert_eq!(found(&json), expected, "{json}");
        }
    }
}
