//! What a control call asks for, read from JSON or from a form.

use std::ops::RangeInclusive;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};

use crate::wire::form::{Form, has_media_type};
use crate::wire::refusal::Refusal;

const MEDIA_TYPE: &str = "application/json";

/// The members of a JSON object, or the parameters of a form. A member that is `null` or an
/// empty text counts as absent.
#[derive(Debug)]
pub(crate) struct Parameters {
    members: Map<String, Value>,
}

impl Parameters {
    pub(crate) fn read_form(request: &Request<Bytes>) -> Result<Self, Refusal> {
        let members = Form::read(request)?.into_members();
        Ok(Self { members })
    }

    pub(crate) fn read_json(request: &Request<Bytes>) -> Result<Self, Refusal> {
        if !is_json(request) {
            return Err(Refusal::invalid_request(format!(
                "the content type must be {MEDIA_TYPE}"
            )));
        }
        // The parser's own error quotes the body, which may contain a token.
        let members = serde_json::from_slice(request.body()).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            Refusal::invalid_request(format!(
                "the body must be a JSON object; see line {line}, column {column}"
            ))
        })?;
        Ok(Self { members })
    }

    /// Refuses any other parameter: its name is most likely misspelt.
    pub(crate) fn allow_only(&self, names: &[&str]) -> Result<(), Refusal> {
        let mut given = self.members.keys();
        match given.find(|name| !names.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) if names.is_empty() => Err(Refusal::invalid_request(format!(
                "unknown parameter {name}; expected none"
            ))),
            Some(name) => Err(Refusal::invalid_request(format!(
                "unknown parameter {name}; expected one of: {}",
                names.join(", ")
            ))),
        }
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a text")),
        }
    }

    /// The choice with this name.
    pub(crate) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match choices.iter().find(|(choice, _)| *choice == text) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => {
                let names: Vec<_> = choices.iter().map(|(choice, _)| *choice).collect();
                Err(wrong(name, &format!("one of: {}", names.join(", "))))
            }
        }
    }

    /// A whole number in this range. A form has it as text.
    pub(crate) fn number(
        &self,
        name: &str,
        unit: &str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refusal> {
        let number = match self.value(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64(),
        };
        match number {
            Some(number) if range.contains(&number) => Ok(Some(number)),
            _ => {
                let (least, most) = range.into_inner();
                let expected = format!("a number of {unit}, a whole one from {least} to {most}");
                Err(wrong(name, &expected))
            }
        }
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<&Map<String, Value>>, Refusal> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(wrong(name, "a JSON object")),
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let value = self.members.get(name)?;
        let is_absent = value.is_null() || value.as_str() == Some("");
        (!is_absent).then_some(value)
    }
}

/// Whether the body claims to be JSON.
pub(crate) fn is_json(request: &Request<Bytes>) -> bool {
    has_media_type(request, MEDIA_TYPE)
}

pub(crate) fn missing(name: &str) -> Refusal {
    Refusal::invalid_request(format!("the parameter {name} is missing"))
}

pub(crate) fn wrong(name: &str, expected: &str) -> Refusal {
    Refusal::invalid_request(format!("the parameter {name} must be {expected}"))
}
