//! A service with a method of each kind, on a port, and its client.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::uri::PathAndQuery;
use http::{Request, Response};
use mobilefirst::Permit;
use mobilefirst_axum::RequireScopeLayer;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::codegen::tokio_stream::{self, StreamExt};
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::transport::{Channel, Endpoint};
use tonic::{Status, Streaming, server};
use tower::{Service, service_fn};

use super::text::Text;

/// Each method answers the caller's name; the streams answer it twice.
#[derive(Clone, Copy, Debug)]
pub(super) enum Method {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidirectional,
}

pub(super) const METHODS: [Method; 4] = [
    Method::Unary,
    Method::ServerStreaming,
    Method::ClientStreaming,
    Method::Bidirectional,
];

impl Method {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Unary => "/bank.Bank/Unary",
            Self::ServerStreaming => "/bank.Bank/ServerStreaming",
            Self::ClientStreaming => "/bank.Bank/ClientStreaming",
            Self::Bidirectional => "/bank.Bank/Bidirectional",
        }
    }
}

/// What tonic would generate.
#[derive(Clone)]
pub(super) struct Bank;

impl NamedService for Bank {
    const NAME: &'static str = "bank.Bank";
}

impl<B> Service<Request<B>> for Bank
where
    B: http_body::Body + Send + 'static,
    B::Error: Into<tonic::codegen::StdError> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = server::Grpc::new(Text);
            let path = request.uri().path();
            let method = METHODS.into_iter().find(|method| method.path() == path);
            Ok(match method.expect("a method of the bank") {
                Method::Unary => {
                    let name = service_fn(async |request: tonic::Request<String>| {
                        Ok(tonic::Response::new(name(&request)))
                    });
                    grpc.unary(name, request).await
                }
                Method::ServerStreaming => {
                    let twice = service_fn(async |request: tonic::Request<String>| {
                        Ok(tonic::Response::new(twice(name(&request))))
                    });
                    grpc.server_streaming(twice, request).await
                }
                Method::ClientStreaming => {
                    let name = service_fn(async |request: tonic::Request<Streaming<String>>| {
                        Ok(tonic::Response::new(name(&request)))
                    });
                    grpc.client_streaming(name, request).await
                }
                Method::Bidirectional => {
                    let twice = service_fn(async |request: tonic::Request<Streaming<String>>| {
                        Ok(tonic::Response::new(twice(name(&request))))
                    });
                    grpc.streaming(twice, request).await
                }
            })
        })
    }
}

fn name<T>(request: &tonic::Request<T>) -> String {
    let permit = request.extensions().get::<Permit>().unwrap();
    permit.token().username().unwrap().to_owned()
}

fn twice(name: String) -> impl tokio_stream::Stream<Item = Result<String, Status>> {
    tokio_stream::iter([Ok(name.clone()), Ok(name)])
}

/// A server of tonic, until it is dropped, and a client of it.
pub(super) struct Connection {
    client: Grpc<Channel>,
    server: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Connection {
    /// Guards the whole server.
    pub(super) async fn guarded(guard: RequireScopeLayer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder().layer(guard).add_service(Bank);
        let server = tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        Self::to(address, server).await
    }

    pub(super) async fn of(routes: Routes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::builder().add_routes(routes);
        let server = tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        Self::to(address, server).await
    }

    async fn to(
        address: std::net::SocketAddr,
        server: JoinHandle<Result<(), tonic::transport::Error>>,
    ) -> Self {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let client = Grpc::new(endpoint.connect().await.unwrap());
        Self { client, server }
    }

    /// Returns the messages of the answer, or the status in place of an answer. The streams
    /// of the client go on until the server answers.
    pub(super) async fn call(
        &mut self,
        method: Method,
        authorization: Option<&str>,
    ) -> Result<Vec<String>, Status> {
        let mut metadata = MetadataMap::new();
        if let Some(authorization) = authorization {
            metadata.insert("authorization", authorization.parse().unwrap());
        }
        let path = PathAndQuery::from_static(method.path());
        let single = tonic::Request::from_parts(metadata.clone(), Default::default(), "hi".into());
        let messages = tokio_stream::iter(["hi".to_owned()]).chain(tokio_stream::pending());
        let stream = tonic::Request::from_parts(metadata, Default::default(), messages);
        let client = &mut self.client;
        client.ready().await.unwrap();
        let answers = match method {
            Method::Unary => {
                let answer = client.unary(single, path, Text).await?;
                return Ok(vec![answer.into_inner()]);
            }
            Method::ClientStreaming => {
                let answer = client.client_streaming(stream, path, Text).await?;
                return Ok(vec![answer.into_inner()]);
            }
            Method::ServerStreaming => client.server_streaming(single, path, Text).await?,
            Method::Bidirectional => client.streaming(stream, path, Text).await?,
        };
        let answers: Result<_, _> = answers.into_inner().collect().await;
        Ok(answers.expect("a stream that began well"))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.server.abort();
    }
}
