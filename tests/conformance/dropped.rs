//! A client that goes away in the middle of a check.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use mobilefirst::{Error, HttpBackend, ManualClock};
use mobilefirst_devserver::{Authority, UserToken};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::{asking, call, version_8};
use crate::adapters::each_adapter;

/// Holds every introspection back until it is let go.
struct Gate {
    next: Authority,
    waiting: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

#[async_trait]
impl HttpBackend for Gate {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        if request.uri().path().ends_with("introspection") {
            self.waiting.add_permits(1);
            self.open.acquire().await.unwrap().forget();
        }
        self.next.send(request).await
    }
}

#[tokio::test]
async fn a_client_that_goes_away_disturbs_nobody() {
    for adapter in each_adapter() {
        let name = adapter.name();
        let (authority, clock) = (Authority::new(), ManualClock::default());
        let (waiting, open) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let gate = Gate {
            next: authority.clone(),
            waiting: waiting.clone(),
            open: open.clone(),
        };
        let validator = asking(version_8(), &authority, &clock)
            .deadline(std::time::Duration::from_secs(30))
            .http_backend(gate)
            .build()
            .unwrap();
        let server = adapter.serve(validator.clone()).await;
        let url = format!("http://{}", server.address);
        let token = authority.issue(UserToken::new("a").user("jdoe"));
        let bearing = vec![format!("Bearer {token}").into_bytes()];

        let mut impatient = TcpStream::connect(server.address).await.unwrap();
        let request =
            format!("GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
        impatient.write_all(request.as_bytes()).await.unwrap();
        waiting.acquire().await.unwrap().forget();
        drop(impatient);

        // The same token, and another one, while the first introspection is under way.
        let patient = tokio::spawn({
            let (url, bearing) = (url.clone(), bearing.clone());
            async move { call(&url, "/group/a", &bearing).await }
        });
        while validator.cache_stats().joined == 0 {
            tokio::task::yield_now().await;
        }
        let other = authority.issue(UserToken::new("a"));
        let other = vec![format!("Bearer {other}").into_bytes()];
        open.add_permits(2);
        assert_eq!(call(&url, "/a", &other).await.0.status, 200, "{name}");
        assert_eq!(patient.await.unwrap().0.status, 200, "{name}");
        assert_eq!(call(&url, "/a", &bearing).await.0.status, 200, "{name}");
        assert_eq!(authority.calls().introspection, 2, "{name}");
    }
}
