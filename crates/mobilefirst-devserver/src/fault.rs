//! What can go wrong with a call.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::wire::response::empty;

const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

/// A failure to inject into a call.
#[derive(Clone)]
#[non_exhaustive]
pub enum Fault {
    /// Sends this response, whatever the request.
    Respond(Response<Bytes>),
    /// Sends the normal answer late. It reflects the state at the end of the delay.
    Delay(Duration),
    /// Never answers, and keeps the connection open.
    Hang,
    /// Closes the connection without answering.
    Reset,
    /// Sends the normal answer, followed by an endless stream of spaces.
    Endless,
    /// Sends the normal answer, padded with spaces to this many bytes.
    Oversized(usize),
}

impl Fault {
    /// A response with this status and no body.
    pub fn status(status: StatusCode) -> Self {
        Self::Respond(empty(status))
    }

    /// 409 with `MFP-Conflict`: the server's state for this client changed during the check.
    /// A MobileFirst Server sends the value `true`.
    pub fn conflict(value: HeaderValue) -> Self {
        let mut response = empty(StatusCode::CONFLICT);
        response.headers_mut().insert(MFP_CONFLICT, value);
        Self::Respond(response)
    }
}

/// Shows neither headers nor body: both may contain a token.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Respond(response) => write!(f, "Respond({})", response.status()),
            Self::Delay(delay) => write!(f, "Delay({delay:?})"),
            Self::Hang => f.write_str("Hang"),
            Self::Reset => f.write_str("Reset"),
            Self::Endless => f.write_str("Endless"),
            Self::Oversized(length) => write!(f, "Oversized({length})"),
        }
    }
}
