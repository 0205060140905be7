//! An authorization server whose answers can be held back.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Error, HttpBackend};
use mobilefirst_devserver::Authority;
use tokio::sync::Semaphore;

/// Holds every introspection back until it is let go. Clones share state.
#[derive(Clone)]
pub(crate) struct Held {
    next: Authority,
    waiting: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Held {
    pub(crate) fn new(next: Authority) -> Self {
        Self {
            next,
            waiting: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until one more introspection is held back.
    pub(crate) async fn holds_one(&self) {
        self.waiting.acquire().await.unwrap().forget();
    }

    /// Lets so many introspections go, now or later.
    pub(crate) fn let_go(&self, count: usize) {
        self.open.add_permits(count);
    }
}

#[async_trait]
impl HttpBackend for Held {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        if request.uri().path().ends_with("introspection") {
            self.waiting.add_permits(1);
            self.open.acquire().await.unwrap().forget();
        }
        self.next.send(request).await
    }
}
