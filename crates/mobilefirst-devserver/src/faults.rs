//! What can go wrong, and when.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};

use crate::answer::empty;
use crate::endpoint::Endpoint;

const MFP_CONFLICT: HeaderName = HeaderName::from_static("mfp-conflict");

/// Something that goes wrong with a call.
#[derive(Clone)]
#[non_exhaustive]
pub enum Fault {
    /// This response, whatever was asked.
    Respond(Response<Bytes>),
    /// The true answer, late. It tells how things stand when the delay is over.
    Delay(Duration),
    /// No answer ever, on a connection that stays open.
    Hang,
    /// The connection is closed before an answer.
    Reset,
    /// The true answer, and spaces after it without end.
    Endless,
    /// The true answer, filled up with spaces to this many bytes.
    Oversized(usize),
}

impl Fault {
    /// A response with this status and no body.
    pub fn status(status: StatusCode) -> Self {
        Self::Respond(empty(status))
    }

    /// 409 with `MFP-Conflict`: the server's state for this client changed during
    /// the check. A MobileFirst Server's value is `true`.
    pub fn conflict(value: HeaderValue) -> Self {
        let mut response = empty(StatusCode::CONFLICT);
        response.headers_mut().insert(MFP_CONFLICT, value);
        Self::Respond(response)
    }
}

/// Shows no header and no body: either may hold a token.
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

/// The faults to come.
#[derive(Default)]
pub(crate) struct Script {
    once: HashMap<Endpoint, VecDeque<Fault>>,
    each: HashMap<Endpoint, Pick>,
}

type Pick = Box<dyn FnMut() -> Option<Fault> + Send>;

impl Script {
    pub(crate) fn once(&mut self, endpoint: Endpoint, fault: Fault) {
        self.once.entry(endpoint).or_default().push_back(fault);
    }

    pub(crate) fn each(&mut self, endpoint: Endpoint, pick: Pick) {
        self.each.insert(endpoint, pick);
    }

    pub(crate) fn next(&mut self, endpoint: Endpoint) -> Option<Fault> {
        let once = self.once.get_mut(&endpoint).and_then(VecDeque::pop_front);
        once.or_else(|| self.each.get_mut(&endpoint)?())
    }
}
