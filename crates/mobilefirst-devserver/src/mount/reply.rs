//! What a mount sends for a request: an answer, or the effect of a fault.

use std::future::pending;

use bytes::Bytes;
use http::{Request, Response};

use crate::authority::Authority;
use crate::endpoint::Endpoint;
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

/// A request that has arrived, and was counted.
pub(crate) struct Received {
    pub(crate) request: Request<Bytes>,
    pub(crate) endpoint: Option<Endpoint>,
    /// The fault that the call meets.
    pub(crate) fault: Option<Fault>,
}

impl Authority {
    /// Counts a call, and takes the next fault.
    pub(crate) fn receive(&self, request: Request<Bytes>) -> Received {
        let mut state = self.lock();
        let endpoint = state.receive(&request);
        let fault = endpoint.and_then(|endpoint| state.next_fault(endpoint));
        Received {
            request,
            endpoint,
            fault,
        }
    }

    /// Replies to one request, as its fault demands. Nothing is locked during a delay.
    pub(crate) async fn reply(&self, received: Received) -> Reply {
        let Received {
            request,
            endpoint,
            fault,
        } = received;
        let Some(endpoint) = endpoint else {
            return Reply::Answer(Refusal::NotFound.into_response());
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
