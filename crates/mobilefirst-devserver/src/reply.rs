//! What a mount does with a call: an answer, or something worse.

use std::future::pending;

use bytes::Bytes;
use http::{Request, Response};

use crate::Authority;
use crate::answer::Refusal;
use crate::faults::Fault;

pub(crate) enum Reply {
    /// Send this.
    Answer(Response<Bytes>),
    /// Send this, its body filled up with spaces to a length.
    Padded(Response<Bytes>, usize),
    /// Send this, and spaces after its body without end.
    Endless(Response<Bytes>),
    /// Close the connection and send nothing.
    Reset,
}

impl Authority {
    /// Replies to one request as the fault script has it.
    pub(crate) async fn reply(&self, request: Request<Bytes>) -> Reply {
        // The lock ends with this block: a delayed call holds up no other.
        let (endpoint, fault) = {
            let mut state = self.lock();
            let Some(endpoint) = state.receive(&request) else {
                return Reply::Answer(Refusal::NotFound.into_response());
            };
            (endpoint, state.next_fault(endpoint))
        };
        let answer = || endpoint.answer(&mut self.lock(), &request);
        match fault {
            None => Reply::Answer(answer()),
            Some(Fault::Respond(response)) => Reply::Answer(response),
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay).await;
                Reply::Answer(answer())
            }
            Some(Fault::Hang) => pending().await,
            Some(Fault::Reset) => Reply::Reset,
            Some(Fault::Endless) => Reply::Endless(answer()),
            Some(Fault::Oversized(length)) => Reply::Padded(answer(), length),
        }
    }
}
