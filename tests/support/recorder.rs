//! A backend that keeps the requests that it passes on.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Error, HttpBackend};
use mobilefirst_devserver::Authority;

#[derive(Clone, Default)]
pub(crate) struct Recorder {
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl Recorder {
    /// Passes every request on to `authority`.
    pub(crate) fn before(&self, authority: &Authority) -> impl HttpBackend + use<> {
        Recording {
            requests: self.requests.clone(),
            next: authority.clone(),
        }
    }

    /// The requests since this was called last.
    pub(crate) fn take(&self) -> Vec<Request<Bytes>> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

struct Recording {
    requests: Arc<Mutex<Vec<Request<Bytes>>>>,
    next: Authority,
}

#[async_trait]
impl HttpBackend for Recording {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        self.requests.lock().unwrap().push(request.clone());
        self.next.send(request).await
    }
}
