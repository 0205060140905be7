//! One connection: HTTP/1.1, or HTTP/2 for gRPC.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use envoy_types::ext_authz::v3::pb::AuthorizationServer;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use tonic::codegen::Service;

use crate::admin::Admin;
use crate::endpoint::grpc::Check;
use crate::gate::Gate;
use crate::peer::Peer;
use crate::server::listener::Stream;

/// How long a connection may be idle, or take to send the head of a request. It is longer than
/// proxies keep idle connections, so that they don't send a request just as we close.
const IDLE: Duration = Duration::from_secs(300);

pub(crate) async fn serve_http(stream: Box<dyn Stream>, peer: Peer, gate: Gate, watcher: Watcher) {
    // Of the connection's own: all threads would wait for a counter that all requests share.
    let gate = Arc::new(gate);
    let service = service_fn(move |request: Request<Incoming>| {
        let gate = gate.clone();
        async move { Ok::<_, Infallible>(gate.answer(peer, request).await.map(Full::new)) }
    });
    let connection = http1().serve_connection(TokioIo::new(stream), service);
    ended(watcher.watch(connection).await);
}

pub(crate) async fn serve_grpc(stream: Box<dyn Stream>, peer: Peer, gate: Gate, watcher: Watcher) {
    let service = service_fn(move |request: Request<Incoming>| {
        let policy = gate.policy.clone();
        AuthorizationServer::new(Check { policy, peer }).call(request)
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    // A peer that vanished without a word is found out.
    builder.timer(TokioTimer::new()).keep_alive_interval(IDLE);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    ended(watcher.watch(connection).await);
}

pub(crate) async fn serve_admin(stream: Box<dyn Stream>, admin: Admin, watcher: Watcher) {
    let service = service_fn(move |request: Request<Incoming>| {
        let admin = admin.clone();
        async move {
            Ok::<Response<Full<Bytes>>, Infallible>(admin.answer(request).await.map(Full::new))
        }
    });
    let connection = http1().serve_connection(TokioIo::new(stream), service);
    ended(watcher.watch(connection).await);
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(IDLE);
    builder
}

/// A connection that ends badly concerns only its peer.
fn ended(outcome: Result<(), hyper::Error>) {
    if let Err(error) = outcome {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "a connection was cut off"
        );
    }
}
