//! Reading form bodies, by the rules of RFC 6749.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::wire::refusal::Refusal;

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The parameters of a request, each at most once.
pub(crate) struct Form {
    parameters: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn read(request: &Request<Bytes>) -> Result<Self, Refusal> {
        if !has_media_type(request, MEDIA_TYPE) {
            return Err(Refusal::invalid_request(format!(
                "the content type must be {MEDIA_TYPE}"
            )));
        }
        let mut parameters: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(request.body()) {
            if parameters.iter().any(|(known, _)| *known == name) {
                return Err(Refusal::invalid_request(format!(
                    "the parameter {name} is repeated"
                )));
            }
            parameters.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { parameters })
    }

    /// A parameter's value. An empty value counts as absent (RFC 6749 §3.2).
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        let (_, value) = parameters.find(|(known, _)| known == name)?;
        (!value.is_empty()).then_some(value)
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.value(name)
            .ok_or_else(|| Refusal::invalid_request(format!("the parameter {name} is missing")))
    }

    /// The parameters as members of a JSON object.
    pub(crate) fn into_members(self) -> Map<String, Value> {
        let parameters = self.parameters.into_iter();
        parameters
            .map(|(name, value)| (name, value.into()))
            .collect()
    }
}

/// Whether the body has this media type, with any parameters.
pub(crate) fn has_media_type(request: &Request<Bytes>, expected: &str) -> bool {
    let value = request.headers().get(CONTENT_TYPE);
    let Some(value) = value.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let media_type = value.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(expected)
}
