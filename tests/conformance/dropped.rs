//! A client that goes away in the middle of a check.

use mobilefirst::ManualClock;
use mobilefirst_devserver::{Authority, UserToken};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{asking, call, version_8};
use crate::adapters::each_adapter;
use crate::support::Held;

#[tokio::test]
async fn a_client_that_goes_away_disturbs_nobody() {
    for adapter in each_adapter() {
        let name = adapter.name();
        let (authority, clock) = (Authority::new(), ManualClock::default());
        let held = Held::new(authority.clone());
        let validator = asking(version_8(), &authority, &clock)
            .deadline(std::time::Duration::from_secs(30))
            .http_backend(held.clone())
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
        held.holds_one().await;
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
        held.let_go(2);
        assert_eq!(call(&url, "/a", &other).await.0.status, 200, "{name}");
        assert_eq!(patient.await.unwrap().0.status, 200, "{name}");
        assert_eq!(call(&url, "/a", &bearing).await.0.status, 200, "{name}");
        assert_eq!(authority.calls().introspection, 2, "{name}");
    }
}
