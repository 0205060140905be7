//! The dev server on a port: its console, and the calls that control it.

mod admission;
mod console;
mod control;
mod faults;
mod log;
mod state;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use mobilefirst_devserver::{Authority, DevServer, UserToken};
use serde_json::{Value, json};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A server on a free port, and a client of it.
struct Served {
    server: DevServer,
    client: reqwest::Client,
}

/// What the server answered.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Served {
    async fn start(authority: &Authority) -> Self {
        let server = authority.listen("127.0.0.1:0").await.unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { server, client }
    }

    fn authority(&self) -> &Authority {
        self.server.authority()
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}{path}", self.server.addr());
        self.client.request(method.parse().unwrap(), url)
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// Makes a control call with JSON, and returns status and body.
    async fn control(&self, path: &str, body: Value) -> (u16, Value) {
        let path = format!("/devserver/{path}");
        let answer = self.post(&path, JSON, body.to_string()).await;
        (answer.status, answer.json())
    }

    async fn post(&self, path: &str, media_type: &str, body: String) -> Answer {
        let request = self.request("POST", path).header(CONTENT_TYPE, media_type);
        self.send(request.body(body)).await
    }

    /// The state after the next change, for which it waits if there was none since `after`.
    async fn state(&self, after: u64) -> Value {
        let path = format!("/devserver/state?after={after}&wait=10");
        self.get(&path).await.json()
    }

    /// Introspects `token` as a resource server would.
    async fn introspect(&self, token: &str) -> Answer {
        let own = UserToken::new("authorization.introspect");
        let own = self.authority().issue(own);
        let request = self.request("POST", "/mfp/api/az/v1/introspection");
        let request = request.header(CONTENT_TYPE, FORM);
        let request = request.header(AUTHORIZATION, format!("Bearer {own}"));
        self.send(request.body(format!("token={token}"))).await
    }
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name)?;
        value.to_str().ok()
    }
}
