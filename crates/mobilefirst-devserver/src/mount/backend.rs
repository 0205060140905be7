//! Mounting an authority without a socket.

use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Error, ErrorKind, HttpBackend, async_trait};

use crate::authority::Authority;
use crate::mount::reply::Reply;

/// The longest body that an HTTP backend returns, by its contract.
const BODY_LIMIT: usize = 1024 * 1024;

/// Answers in this process, whatever the host and port of the request.
///
/// Faults surface as a networked backend would report them:
/// [`Fault::Reset`](crate::fault::Fault::Reset) as [`ErrorKind::Interrupted`], a body over
/// 1 MiB as [`ErrorKind::InvalidResponse`].
#[async_trait]
impl HttpBackend for Authority {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        match self.reply(self.receive(request)).await {
            Reply::Answer(response) => Ok(response),
            Reply::Padded(response, length) if length <= BODY_LIMIT => Ok(pad(response, length)),
            Reply::Padded(..) | Reply::Endless(_) => Err(Error::new(
                ErrorKind::InvalidResponse,
                "the server's answer is longer than 1 MiB",
            )),
            Reply::Reset => Err(Error::new(
                ErrorKind::Interrupted,
                "the connection was closed before an answer arrived",
            )),
        }
    }
}

fn pad(response: Response<Bytes>, length: usize) -> Response<Bytes> {
    response.map(|body| {
        let mut body = Vec::from(body);
        if body.len() < length {
            body.resize(length, b' ');
        }
        Bytes::from(body)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderValue, StatusCode};
    use tokio::time::{Instant, timeout};

    use super::*;
    use crate::endpoint::Endpoint;
    use crate::fault::Fault;

    fn introspection() -> Request<Bytes> {
        Request::post("http://mfp.example/mfp/api/az/v1/introspection")
            .body(Bytes::new())
            .unwrap()
    }

    async fn send(authority: &Authority) -> Result<StatusCode, ErrorKind> {
        let sent = authority.send(introspection()).await;
        sent.map(|response| response.status())
            .map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn one_time_faults_precede_standing_ones_until_all_are_cleared() {
        let authority = Authority::new();
        let endpoint = Endpoint::Introspection;
        authority.fault_always(endpoint, Fault::Endless);
        authority.fault(endpoint, Fault::Reset);
        authority.fault(endpoint, Fault::status(StatusCode::BAD_GATEWAY));
        authority.fault(endpoint, Fault::Oversized(BODY_LIMIT + 1));
        for expected in [
            Err(ErrorKind::Interrupted),
            Ok(StatusCode::BAD_GATEWAY),
            Err(ErrorKind::InvalidResponse),
            Err(ErrorKind::InvalidResponse),
            Err(ErrorKind::InvalidResponse),
        ] {
            assert_eq!(send(&authority).await, expected);
        }
        authority.clear_faults();
        assert_eq!(send(&authority).await, Ok(StatusCode::UNAUTHORIZED));
        assert_eq!(authority.calls().introspection, 6);
    }

    #[tokio::test]
    async fn a_fault_affects_one_endpoint_only() {
        let authority = Authority::new();
        authority.fault(Endpoint::Token, Fault::Reset);
        assert_eq!(send(&authority).await, Ok(StatusCode::UNAUTHORIZED));
    }

    #[tokio::test]
    async fn a_conflict_carries_its_value() {
        let authority = Authority::new();
        let conflict = Fault::conflict(HeaderValue::from_static("v"));
        authority.fault(Endpoint::Introspection, conflict);
        let response = authority.send(introspection()).await.unwrap();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()["mfp-conflict"], "v");
    }

    #[tokio::test]
    async fn a_body_within_the_limit_is_padded() {
        let authority = Authority::new();
        authority.fault(Endpoint::Introspection, Fault::Oversized(1000));
        let response = authority.send(introspection()).await.unwrap();
        assert_eq!(response.body().len(), 1000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_delayed_answer_arrives_after_the_delay() {
        let authority = Authority::new();
        let delay = Duration::from_secs(3);
        authority.fault(Endpoint::Introspection, Fault::Delay(delay));
        let start = Instant::now();
        assert_eq!(send(&authority).await, Ok(StatusCode::UNAUTHORIZED));
        assert_eq!(start.elapsed(), delay);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_call_never_ends() {
        let authority = Authority::new();
        authority.fault(Endpoint::Introspection, Fault::Hang);
        let day = Duration::from_secs(24 * 60 * 60);
        assert!(timeout(day, send(&authority)).await.is_err());
    }
}
