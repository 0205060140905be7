//! An authorization server in this process, with a bounded capacity.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use benches::SAMPLE;
use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Error, HttpBackend, async_trait};
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// Answers by how a token begins:
///
/// | token | answer |
/// | --- | --- |
/// | `good` | active |
/// | `revocable` | active until [`revoke`](Self::revoke), then inactive |
/// | `bad` | inactive |
/// | `fail` | 500, at once |
/// | `pause` | 429 with `Retry-After: 86400`, at once |
/// | `hang` | none |
pub(super) struct Server {
    places: Arc<Semaphore>,
    takes: Duration,
    own_token_lifetime: Duration,
    is_revoked: AtomicBool,
    introspections: AtomicUsize,
}

impl Server {
    /// A server that works on so many introspections at a time, and takes so long for each.
    pub(super) fn new(places: usize, takes: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(places)),
            takes,
            own_token_lifetime: Duration::from_secs(3600),
            is_revoked: AtomicBool::new(false),
            introspections: AtomicUsize::new(0),
        }
    }

    pub(super) fn own_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.own_token_lifetime = lifetime;
        self
    }

    pub(super) fn revoke(&self) {
        self.is_revoked.store(true, Ordering::SeqCst);
    }

    /// How many introspections came so far.
    pub(super) fn introspections(&self) -> usize {
        self.introspections.load(Ordering::SeqCst)
    }

    async fn grant(&self) -> Response<Bytes> {
        sleep(self.takes).await;
        let lifetime = self.own_token_lifetime.as_secs();
        let grant =
            format!(r#"{{"access_token":"own","token_type":"Bearer","expires_in":{lifetime}}}"#);
        Response::new(grant.into())
    }

    /// The answer as it is when the question comes.
    async fn introspect(&self, form: &[u8]) -> Response<Bytes> {
        self.introspections.fetch_add(1, Ordering::SeqCst);
        let token = form.strip_prefix(b"token=").unwrap_or(form);
        if token.starts_with(b"hang") {
            return pending().await;
        }
        if token.starts_with(b"fail") {
            return status(500);
        }
        if token.starts_with(b"pause") {
            let mut response = status(429);
            let day = http::HeaderValue::from_static("86400");
            response.headers_mut().insert("retry-after", day);
            return response;
        }
        let is_revoked = token.starts_with(b"revocable") && self.is_revoked.load(Ordering::SeqCst);
        let answer = match is_revoked || token.starts_with(b"bad") {
            true => r#"{"active":false}"#,
            false => SAMPLE,
        };
        // A task, because a server goes on with a call whose caller has hung up.
        let (places, takes) = (self.places.clone(), self.takes);
        let work = tokio::spawn(async move {
            let _place = places.acquire().await;
            sleep(takes).await;
        });
        work.await.expect("the server's work");
        Response::new(Bytes::from_static(answer.as_bytes()))
    }
}

#[async_trait]
impl HttpBackend for Server {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        Ok(match request.uri().path().ends_with("/token") {
            true => self.grant().await,
            false => self.introspect(request.body()).await,
        })
    }
}

fn status(code: u16) -> Response<Bytes> {
    let response = Response::builder().status(code).body(Bytes::new());
    response.expect("a response")
}
