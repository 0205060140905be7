//! What tests of every kind need.

pub(crate) mod ca;
mod held;
pub(crate) mod log;
mod recorder;
mod waiting;
mod world;

use bytes::Bytes;
use http::{Response, StatusCode};
use mobilefirst::{Denial, Permit};

pub(crate) use self::held::Held;
pub(crate) use self::recorder::Recorder;
pub(crate) use self::waiting::{at_once, is_pending, settle};
pub(crate) use self::world::{World, asking};

pub(crate) fn status(verdict: &Result<Permit, Denial>) -> u16 {
    match verdict {
        Ok(_) => 200,
        Err(denial) => denial.status().as_u16(),
    }
}

pub(crate) fn json(body: impl Into<Bytes>) -> Response<Bytes> {
    Response::new(body.into())
}

pub(crate) fn response(status: StatusCode, body: &'static str) -> Response<Bytes> {
    let mut response = json(body);
    *response.status_mut() = status;
    response
}

/// The header fields of a refusal, written out.
pub(crate) fn headers(denial: &Denial) -> Vec<String> {
    denial
        .headers()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect()
}
