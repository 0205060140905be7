//! All hosts there are, in one backend, and a client that calls them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use mobilefirst::{
    ConfidentialClient, ConfidentialClientBuilder, Credentials, Error, HttpBackend, Scope,
    TokenValidator, async_trait,
};
use mobilefirst_devserver::Authority;

use crate::support::{World, json, response};

type Answer = Result<Response<Bytes>, Error>;

/// What a resource was sent.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) host: String,
    pub(super) authorization: Option<String>,
    pub(super) body: Bytes,
}

/// All hosts there are: `localhost` is the authorization server, `bank.example` has a
/// guard, and any host gives the answers that were scripted, first of all.
#[derive(Clone)]
pub(super) struct Net {
    authority: Authority,
    guard: TokenValidator,
    pub(super) script: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[async_trait]
impl HttpBackend for Net {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Error> {
        let host = request.uri().host().unwrap().to_owned();
        if host == "localhost" {
            return HttpBackend::send(&self.authority, request).await;
        }
        let authorization = request.headers().get(AUTHORIZATION);
        assert!(authorization.is_none_or(HeaderValue::is_sensitive));
        self.seen.lock().unwrap().push(Seen {
            host,
            authorization: authorization.map(|value| value.to_str().unwrap().to_owned()),
            body: request.body().clone(),
        });
        let scripted = self.script.lock().unwrap().pop_front();
        if let Some(answer) = scripted {
            return answer;
        }
        let scope = match request.uri().path() {
            "/hang" => std::future::pending().await,
            "/public" => return Ok(json("public")),
            "/balance" => Scope::from_static("accessRestricted"),
            path if path.starts_with("/items/") => Scope::from_static("items"),
            path if path.ends_with("/orders") => Scope::from_static("orders"),
            _ => Scope::from_static("accessRestricted transferPrivilege"),
        };
        let authorization = request.headers().get_all(AUTHORIZATION);
        match self.guard.authorize_scope(authorization, &scope).await {
            Ok(_) => Ok(json("ok")),
            Err(denial) => {
                let mut response = response(denial.status(), "");
                response.headers_mut().extend(denial.headers());
                Ok(response)
            }
        }
    }
}

pub(super) struct Caller {
    pub(super) world: World,
    pub(super) net: Net,
    pub(super) client: ConfidentialClient,
}

impl Caller {
    pub(super) fn new() -> Self {
        Self::with(|builder| {
            builder
                .resource("https://bank.example".parse().unwrap())
                .resource("https://other.example".parse().unwrap())
        })
    }

    pub(super) fn with(
        set: impl FnOnce(ConfidentialClientBuilder) -> ConfidentialClientBuilder,
    ) -> Self {
        // Every token is asked about each time, so that a revoked one is seen.
        let world = World::with(|builder| builder.max_age(Duration::ZERO));
        let net = Net {
            authority: world.authority.clone(),
            guard: world.validator.clone(),
            script: Arc::default(),
            seen: Arc::default(),
        };
        let server = "http://localhost/mfp/api".parse().unwrap();
        let credentials = Credentials::new("test", "test").unwrap();
        let builder = ConfidentialClient::builder(server, credentials)
            .http_backend(net.clone())
            .clock(world.clock.clone());
        let client = set(builder).build().unwrap();
        Self { world, net, client }
    }

    pub(super) async fn call(&self, uri: &str) -> Result<Response<Bytes>, Error> {
        let request = Request::post(uri).body(Bytes::from_static(b"body"));
        self.client.send(request.unwrap()).await
    }

    /// The status of a `GET`.
    pub(super) async fn get(&self, uri: &str) -> u16 {
        let request = Request::get(uri).body(Bytes::new()).unwrap();
        self.client.send(request).await.unwrap().status().as_u16()
    }

    pub(super) async fn status(&self, uri: &str) -> u16 {
        self.call(uri).await.unwrap().status().as_u16()
    }

    /// Lets the next calls to a resource be answered so.
    pub(super) fn script(&self, answers: impl IntoIterator<Item = Response<Bytes>>) {
        let answers = answers.into_iter().map(Ok);
        self.net.script.lock().unwrap().extend(answers);
    }

    /// What the resources were sent since the last time.
    pub(super) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.net.seen.lock().unwrap())
    }

    /// Calls so far to the token endpoint. The guard's own token is one of them.
    pub(super) fn token_calls(&self) -> u64 {
        self.world.calls().0
    }
}
