//! A new secret, in servers that run.

use mobilefirst::{Credentials, TokenValidator};
use mobilefirst_devserver::{Authority, UserToken};

use crate::adapters::each_adapter;

async fn status(url: String, token: &str) -> u16 {
    let request = reqwest::Client::new().get(url).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn every_guard_takes_a_new_secret_at_once_n1() {
    for adapter in each_adapter() {
        let authority = Authority::new();
        let server = "http://localhost/mfp/api".parse().unwrap();
        let credentials = |secret| Credentials::new("test", secret).unwrap();
        let validator = TokenValidator::builder(server, credentials("wrong"))
            .http_backend(authority.clone())
            .build()
            .unwrap();
        let server = adapter.serve(validator.clone()).await;
        let mut statuses = Vec::new();
        for secret in ["wrong", "test"] {
            validator.set_credentials(credentials(secret)).unwrap();
            for path in ["/a", "/group/a", "/value"] {
                let token = authority.issue(UserToken::new("a b"));
                let url = format!("http://{}{path}", server.address);
                statuses.push(status(url, &token).await);
            }
        }
        let expected = [500, 500, 500, 200, 200, 200];
        assert_eq!(statuses, expected, "{}", adapter.name());
    }
}
