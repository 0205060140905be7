//! The gate's `/auth` compared to a handler of the same server that just answers 200, on
//! loopback.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use benches::validator;
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use mobilefirst_gate::{Config, Gate, Server};
use tokio::net::TcpListener;

use crate::guard::{Exchange, Servers, alternating, request};
use crate::runtime;

const CONFIG: &str = r#"
    listen = "127.0.0.1:0"

    [mobilefirst]
    server_url = "http://localhost/mfp/api"
    client_id = "bank"
    client_secret = "s3cret"
"#;

pub(crate) fn auth_over_bare() -> f64 {
    let validator = validator(|builder| builder.max_age(Duration::from_secs(3600)));
    let config: Config = CONFIG.parse().expect("a configuration");
    let exchange = Exchange {
        request: request("/auth?scope=accessRestricted"),
        // There is no body.
        end: "\r\n\r\n",
    };
    runtime().block_on(async {
        let gate = Gate::with_validator(&config, validator);
        let server = Server::bind(&config, &gate).await.expect("a free port");
        let guarded = server.address().expect("an address");
        tokio::spawn(server.run(std::future::pending()));
        let bare = bare().await;
        alternating(Servers { bare, guarded }, &exchange).await
    })
}

/// The gate's server, with another handler.
async fn bare() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.set_nodelay(true).expect("a socket option");
            let service =
                service_fn(async |_| Ok::<_, Infallible>(Response::new(Full::new(Bytes::new()))));
            let mut builder = http1::Builder::new();
            builder
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(300));
            tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}
