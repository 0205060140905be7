//! A guarded route compared to the same route unguarded, in each framework, on loopback.

mod actix_web;
mod axum;
mod rocket;
mod warp;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use benches::{bearing, validator};
use mobilefirst::{RequiredScope, Scope, TokenValidator};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{median, runtime};

/// Two servers of one framework that differ only in the guard. In a single server, the second
/// route would take longer to find.
pub(crate) struct Servers {
    pub(crate) bare: SocketAddr,
    pub(crate) guarded: SocketAddr,
}

/// The scope of the guarded route.
pub(crate) struct AccessRestricted;

impl RequiredScope for AccessRestricted {
    const SCOPE: Scope = Scope::from_static("accessRestricted");
}

/// The body of both routes.
pub(crate) const BODY: &str = "17364.9";

pub(crate) fn actix_web() -> f64 {
    guarded_over_bare(actix_web::serve)
}

pub(crate) fn axum() -> f64 {
    guarded_over_bare(axum::serve)
}

pub(crate) fn rocket() -> f64 {
    guarded_over_bare(rocket::serve)
}

pub(crate) fn warp() -> f64 {
    guarded_over_bare(warp::serve)
}

fn guarded_over_bare<F>(serve: fn(TokenValidator) -> F) -> f64
where
    F: Future<Output = Servers>,
{
    let validator = validator(|builder| builder.max_age(Duration::from_secs(3600)));
    runtime().block_on(async { alternating(serve(validator).await, &balance()).await })
}

/// Requests per second, guarded over bare: the median ratio of alternating rounds.
pub(crate) async fn alternating(servers: Servers, exchange: &Exchange) -> f64 {
    const ROUNDS: usize = 41;
    let Servers { bare, guarded } = servers;
    let mut ratios = Vec::new();
    for round in 0..=ROUNDS {
        // Alternate which one goes first, because the machine may get slower or faster.
        let (first, second) = match round % 2 {
            0 => (bare, guarded),
            _ => (guarded, bare),
        };
        let (first, second) = (rate(first, exchange).await, rate(second, exchange).await);
        // The first round is a warm-up.
        match round {
            0 => {}
            _ if round % 2 == 0 => ratios.push(second / first),
            _ => ratios.push(first / second),
        }
    }
    median(ratios)
}

/// A request, and how its answer ends.
pub(crate) struct Exchange {
    pub(crate) request: String,
    pub(crate) end: &'static str,
}

/// Both routes get the token, because reading the header is not part of the guard.
fn balance() -> Exchange {
    Exchange {
        request: request("/balance"),
        end: BODY,
    }
}

pub(crate) fn request(target: &str) -> String {
    let bearing = bearing(1);
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {bearing}\r\n\r\n")
}

async fn rate(address: SocketAddr, exchange: &Exchange) -> f64 {
    const CONNECTIONS: usize = 8;
    const REQUESTS: usize = 400;
    let begin = Instant::now();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            tokio::spawn(send(
                address,
                exchange.request.clone(),
                exchange.end,
                REQUESTS,
            ))
        })
        .collect();
    for client in clients {
        client.await.expect("a client");
    }
    (CONNECTIONS * REQUESTS) as f64 / begin.elapsed().as_secs_f64()
}

async fn send(address: SocketAddr, request: String, end: &str, times: usize) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket option");
    let mut buffer = Vec::with_capacity(1024);
    for _ in 0..times {
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a request");
        buffer.clear();
        while !buffer.ends_with(end.as_bytes()) {
            let read = stream.read_buf(&mut buffer).await.expect("an answer");
            assert_ne!(read, 0, "{}", String::from_utf8_lossy(&buffer));
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"));
    }
}
