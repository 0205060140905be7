//! Faults as JSON: read from a control call, and shown in the console.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::wire::parameters::{Parameters, missing, wrong};
use crate::wire::refusal::Refusal;

/// The longest delay, in milliseconds.
const LONGEST_DELAY: i64 = 10 * 60 * 1000;

/// The longest answer, in bytes.
const LONGEST_BODY: i64 = 64 * 1024 * 1024;

/// hyper sets these itself.
const FRAMING: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

#[derive(Clone, Copy)]
enum Kind {
    Respond,
    Conflict,
    Delay,
    Hang,
    Reset,
    Endless,
    Oversized,
}

const KINDS: [(&str, Kind); 7] = [
    ("respond", Kind::Respond),
    ("conflict", Kind::Conflict),
    ("delay", Kind::Delay),
    ("hang", Kind::Hang),
    ("reset", Kind::Reset),
    ("endless", Kind::Endless),
    ("oversized", Kind::Oversized),
];

/// Reads a fault. Besides those of the fault, the parameters `common` are allowed.
pub(crate) fn read(parameters: &Parameters, common: &[&str]) -> Result<Fault, Refusal> {
    let kind = parameters.choice("fault", &KINDS)?;
    let kind = kind.ok_or_else(|| missing("fault"))?;
    let own: &[&str] = match kind {
        Kind::Respond => &["status", "headers", "body"],
        Kind::Conflict => &["value"],
        Kind::Delay => &["milliseconds"],
        Kind::Oversized => &["bytes"],
        Kind::Hang | Kind::Reset | Kind::Endless => &[],
    };
    parameters.allow_only(&[common, &["fault"], own].concat())?;
    Ok(match kind {
        Kind::Respond => Fault::Respond(response(parameters)?),
        Kind::Conflict => {
            let value = parameters.text("value")?.unwrap_or("true");
            let value = value.parse();
            Fault::conflict(value.map_err(|_| wrong("value", "a header value"))?)
        }
        Kind::Delay => {
            let delay = parameters.number("milliseconds", "milliseconds", 0..=LONGEST_DELAY)?;
            let delay = delay.ok_or_else(|| missing("milliseconds"))?;
            Fault::Delay(Duration::from_millis(delay.unsigned_abs()))
        }
        Kind::Hang => Fault::Hang,
        Kind::Reset => Fault::Reset,
        Kind::Endless => Fault::Endless,
        Kind::Oversized => {
            let length = parameters.number("bytes", "bytes", 0..=LONGEST_BODY)?;
            let length = length.ok_or_else(|| missing("bytes"))?;
            let length = usize::try_from(length);
            Fault::Oversized(length.map_err(|_| wrong("bytes", "smaller"))?)
        }
    })
}

fn response(parameters: &Parameters) -> Result<Response<Bytes>, Refusal> {
    let status = parameters.number("status", "an HTTP status", 200..=599)?;
    let status = status.ok_or_else(|| missing("status"))?;
    let status = u16::try_from(status).ok();
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let body = parameters.text("body")?.unwrap_or_default();
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status.ok_or_else(|| wrong("status", "an HTTP status"))?;
    for (name, value) in parameters.object("headers")?.into_iter().flatten() {
        let header: Option<HeaderName> = name.parse().ok();
        let header = header.filter(|name| !FRAMING.contains(name));
        let value = value
            .as_str()
            .and_then(|value| HeaderValue::from_str(value).ok());
        let (Some(header), Some(value)) = (header, value) else {
            return Err(wrong(
                "headers",
                "an object of header names and values, without those that frame the message",
            ));
        };
        response.headers_mut().insert(header, value);
    }
    Ok(response)
}

/// What is shown of a fault: the names of header fields, but neither values nor the body,
/// which may contain a token.
pub(crate) fn shown(fault: &Fault) -> Value {
    match fault {
        Fault::Respond(response) => {
            let headers: Vec<_> = response.headers().keys().map(HeaderName::as_str).collect();
            json!({
                "fault": "respond",
                "status": response.status().as_u16(),
                "headers": headers,
            })
        }
        Fault::Delay(delay) => {
            let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
            json!({ "fault": "delay", "milliseconds": milliseconds })
        }
        Fault::Hang => json!({ "fault": "hang" }),
        Fault::Reset => json!({ "fault": "reset" }),
        Fault::Endless => json!({ "fault": "endless" }),
        Fault::Oversized(length) => json!({ "fault": "oversized", "bytes": length }),
    }
}
