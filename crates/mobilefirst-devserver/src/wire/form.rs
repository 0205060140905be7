//! Reading form bodies, by the rules of RFC 6749.

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;

use crate::wire::refusal::Refusal;

const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The parameters of a request, each at most once.
pub(crate) struct Form {
    parameters: Vec<(String, String)>,
}

impl Form {
    pub(crate) fn read(request: &Request<Bytes>) -> Result<Self, Refusal> {
        if !has_media_type(request) {
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

    /// Refuses any other parameter: its name is most likely misspelt.
    pub(crate) fn allow_only(&self, names: &[&str]) -> Result<(), Refusal> {
        let mut parameters = self.parameters.iter();
        match parameters.find(|(name, _)| !names.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::invalid_request(format!(
                "unknown parameter {name}; expected one of: {}",
                names.join(", ")
            ))),
        }
    }
}

fn has_media_type(request: &Request<Bytes>) -> bool {
    let value = request.headers().get(CONTENT_TYPE);
    let Some(value) = value.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let media_type = value.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(MEDIA_TYPE)
}
