//! What a mount sends for a request: an answer, or the effect of a fault.

use std::future::pending;

use bytes::Bytes;
use http::{Request, Response};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::handlers::answer;
use crate::wire::refusal::Refusal;

/// What to do on the connection.
pub(crate) enum Reply {
    /// Send this.
    Answer(Response<Bytes>),
    /// Send this, with its body padded with spaces to this length.
    Padded(Response<Bytes>, usize),
    /// Send this, followed by an endless stream of spaces.
    Endless(Response<Bytes>),
    /// Close the connection without sending anything.
    Reset,
}

impl Authority {
    /// Replies to one request, applying the next fault.
    pub(crate) async fn reply(&self, request: Request<Bytes>) -> Reply {
        // Released at the end of this block, so that a delayed call does not block others.
        let (endpoint, fault) = {
            let mut state = self.lock();
            let Some(endpoint) = state.receive(&request) else {
                return Reply::Answer(Refusal::NotFound.into_response());
            };
            (endpoint, state.next_fault(endpoint))
        };
        let answer = || answer(endpoint, &mut self.lock(), &request);
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
