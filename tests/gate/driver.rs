//! A small proxy in front of a server, which asks the gate in one of the ways that proxies know.
//! The conformance suite runs through it like through an adapter.

use std::collections::HashMap;
use std::sync::LazyLock;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use envoy_types::ext_authz::v3::pb::HttpResponse;
use envoy_types::pb::envoy::service::auth::v3::authorization_client::AuthorizationClient;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use mobilefirst::TokenValidator;
use mobilefirst_gate::{Config, Server as GateServer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tonic::transport::Channel;

use crate::adapters::{Adapter, Server};
use crate::conformance::Answer;
use crate::gate::check::check;

/// The gate behind a proxy of this kind.
pub(crate) struct Gate(Proxy);

/// How the proxy asks, and who names what a route requires.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Proxy {
    /// As Caddy and Traefik; the proxy names it.
    AuthNamed,
    /// As Caddy and Traefik; the table names it.
    AuthTable,
    Nginx,
    EnvoyHttpNamed,
    EnvoyHttpTable,
    EnvoyGrpcNamed,
    EnvoyGrpcTable,
}

impl Gate {
    pub(crate) fn in_each_way() -> impl Iterator<Item = Box<dyn Adapter>> {
        let ways = [
            Proxy::AuthNamed,
            Proxy::AuthTable,
            Proxy::Nginx,
            Proxy::EnvoyHttpNamed,
            Proxy::EnvoyHttpTable,
            Proxy::EnvoyGrpcNamed,
            Proxy::EnvoyGrpcTable,
        ];
        ways.into_iter().map(|way| Box::new(Self(way)) as _)
    }
}

type Route = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// The routes of the suite: path, scope, and what else is named.
const ROUTES: [Route; 8] = [
    ("/any", "", &[]),
    ("/read", "read", &[]),
    ("/a", "a", &[]),
    ("/b", "b", &[]),
    ("/ab", "a b", &[]),
    ("/value", "a b", &[]),
    ("/group/a", "a", &[]),
    ("/optional", "a", &[("optional", "true")]),
];

pub(crate) const SOCKETS: &str = r#"
    listen = "127.0.0.1:0"
    grpc_listen = "127.0.0.1:0"
    admin_listen = "127.0.0.1:0"
    trusted_proxies = ["127.0.0.1"]
"#;

/// The tests bring a validator of their own.
pub(crate) const MOBILEFIRST: &str = r#"
    [mobilefirst]
    server_url = "http://localhost:9/mfp/api"
    client_id = "test"
    client_secret = "test"
"#;

fn table() -> String {
    let mut table =
        format!("{SOCKETS}{MOBILEFIRST}\n[[route]]\npath = \"/public\"\npublic = true\n");
    for (path, scope, others) in ROUTES {
        table += &format!("[[route]]\npath = {path:?}\nscope = {scope:?}\n");
        for (name, value) in others {
            table += &format!("{name} = {value}\n");
        }
    }
    table
}

/// What the proxy names for a path; `None` where it doesn't ask.
fn named(path: &str) -> Option<Vec<(String, String)>> {
    let (_, scope, others) = ROUTES.iter().find(|route| route.0 == path)?;
    let scope = [("scope", *scope)];
    let pairs = scope.iter().chain(others.iter());
    Some(
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

fn query(path: &str) -> Option<String> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    Some(query.extend_pairs(named(path)?).finish())
}

#[async_trait]
impl Adapter for Gate {
    fn serves(&self, path: &str) -> bool {
        let by_handlers = ["/forbidden", "/narrow", "/required", "/number"];
        !by_handlers.iter().any(|own| path.ends_with(own))
    }

    fn name(&self) -> &'static str {
        match self.0 {
            Proxy::AuthNamed => "gate /auth, named",
            Proxy::AuthTable => "gate /auth, table",
            Proxy::Nginx => "gate /nginx",
            Proxy::EnvoyHttpNamed => "gate /envoy, named",
            Proxy::EnvoyHttpTable => "gate /envoy, table",
            Proxy::EnvoyGrpcNamed => "gate gRPC, named",
            Proxy::EnvoyGrpcTable => "gate gRPC, table",
        }
    }

    async fn serve(&self, validator: TokenValidator) -> Server {
        let config: Config = table().parse().unwrap();
        let gate = mobilefirst_gate::Gate::with_validator(&config, validator);
        let gate = GateServer::bind(&config, &gate).await.unwrap();
        let url = format!("http://{}", gate.address().unwrap());
        let grpc = format!("http://{}", gate.grpc_address().unwrap());
        let grpc = Channel::from_shared(grpc).unwrap().connect_lazy();
        let gate = tokio::spawn(gate.run(std::future::pending()));
        let asking = Asking {
            proxy: self.0,
            url,
            grpc,
        };
        let app = Router::new().fallback(answer).with_state(asking);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = tokio::spawn(async move { axum::serve(listener, app).await });
        let running = [Stop(gate.abort_handle()), Stop(proxy.abort_handle())];
        Server {
            address,
            _running: Box::new(running),
        }
    }

    fn exception(&self, fact: &str) -> Option<Answer> {
        // The server behind the proxy learns user, client, device and scope, and nothing else.
        let is_about_more = [
            "the handler can read every field",
            "an access token alone tells what it holds",
        ];
        is_about_more.contains(&fact).then_some(Answer {
            status: 200,
            headers: Vec::new(),
            body: Some(r#""username":"jdoe""#),
        })
    }
}

struct Stop(AbortHandle);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The proxy's end of the connection to the gate.
#[derive(Clone)]
struct Asking {
    proxy: Proxy,
    url: String,
    grpc: Channel,
}

/// Without a pool, because a connection ends with the runtime of its test.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    let builder = reqwest::Client::builder().pool_max_idle_per_host(0);
    builder.build().unwrap()
});

/// The proxy: asks the gate, and then answers as the server behind it, or as the gate says.
async fn answer(State(asking): State<Asking>, request: Request) -> Response<Body> {
    let (request, _) = request.into_parts();
    let path = request.uri.path();
    let granted = match asking.proxy {
        Proxy::EnvoyGrpcNamed | Proxy::EnvoyGrpcTable => asking.ask_grpc(&request).await,
        _ => asking.ask_http(&request).await,
    };
    let granted = match granted {
        Ok(granted) => granted,
        Err(refusal) => return refusal,
    };
    let field = |name| {
        granted
            .get(name)
            .map(|value: &HeaderValue| value.to_str().unwrap())
    };
    let body = match (path, field("x-mobilefirst-scope")) {
        ("/public", _) => "public".to_owned(),
        ("/optional", Some("")) => "stranger".to_owned(),
        _ => json!({ "username": field("x-mobilefirst-user") }).to_string(),
    };
    Response::new(body.into())
}

impl Asking {
    async fn ask_http(&self, request: &Parts) -> Result<HeaderMap, Response<Body>> {
        let path = request.uri.path();
        let (endpoint, is_named) = match self.proxy {
            Proxy::AuthNamed => ("/auth?", true),
            Proxy::AuthTable => ("/auth", false),
            Proxy::Nginx => ("/nginx?", true),
            Proxy::EnvoyHttpNamed => ("/envoy/", true),
            _ => ("/envoy/table", false),
        };
        let query = match is_named {
            true => match query(path) {
                Some(query) => query,
                None => return Ok(HeaderMap::new()),
            },
            false => String::new(),
        };
        let target = request.uri.path_and_query().unwrap().as_str();
        let rest = if endpoint.starts_with("/envoy") {
            target
        } else {
            ""
        };
        let mut headers = request.headers.clone();
        headers.insert("x-forwarded-method", "GET".parse().unwrap());
        headers.insert("x-forwarded-uri", target.parse().unwrap());
        let answer = self
            .call(&format!("{endpoint}{query}{rest}"), headers)
            .await;
        let (status, headers) = (answer.status(), answer.headers());
        match self.proxy {
            _ if status == 200 => Ok(headers.clone()),
            Proxy::Nginx => {
                assert_eq!(status, 403);
                let name = HeaderName::from_static("x-mobilefirst-verdict");
                let verdict = [(name.clone(), headers[name].clone())];
                Err(self.call("/denied", verdict.into_iter().collect()).await)
            }
            _ => Err(answer),
        }
    }

    async fn call(&self, target: &str, headers: HeaderMap) -> Response<Body> {
        let request = CLIENT.get(format!("{}{target}", self.url));
        let answer = request.headers(headers).send().await.unwrap();
        let answer: Response<reqwest::Body> = answer.into();
        answer.map(Body::new)
    }

    async fn ask_grpc(&self, request: &Parts) -> Result<HeaderMap, Response<Body>> {
        let named = match self.proxy {
            Proxy::EnvoyGrpcNamed => match named(request.uri.path()) {
                Some(named) => named.into_iter().collect(),
                None => return Ok(HeaderMap::new()),
            },
            _ => HashMap::new(),
        };
        let check = check(named, &request.uri, &request.headers);
        let answer = AuthorizationClient::new(self.grpc.clone())
            .check(check)
            .await;
        match answer.unwrap().into_inner().http_response.unwrap() {
            HttpResponse::OkResponse(ok) => Ok(ok.headers.into_iter().map(field).collect()),
            HttpResponse::DeniedResponse(denied) => {
                let mut response = Response::new(denied.body.into());
                let status = denied.status.unwrap().code;
                *response.status_mut() = u16::try_from(status).unwrap().try_into().unwrap();
                response
                    .headers_mut()
                    .extend(denied.headers.into_iter().map(field));
                Err(response)
            }
            other @ HttpResponse::ErrorResponse(_) => unreachable!("{other:?}"),
        }
    }
}

fn field(field: envoy_types::ext_authz::v3::pb::HeaderValueOption) -> (HeaderName, HeaderValue) {
    let header = field.header.unwrap();
    (header.key.parse().unwrap(), header.value.parse().unwrap())
}
