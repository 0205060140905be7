//! Mounting an authority on a port.

mod admission;
mod body;
mod console;
mod control;
mod fault_json;
mod health;
mod record;

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::authority::Authority;
use crate::mount::reply::Reply;
use crate::mount::server::body::Padded;
use crate::mount::server::record::Recorded;
use crate::wire::refusal::Refusal;

/// Longest request body. No genuine request comes close.
const REQUEST_LIMIT: usize = 64 * 1024;

/// Pause after a failed `accept`, most likely because the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An [`Authority`] on a port, from [`Authority::listen`].
///
/// It serves until dropped, which closes its connections too.
#[derive(Debug)]
pub struct DevServer {
    addr: SocketAddr,
    authority: Authority,
    task: JoinHandle<()>,
}

impl Authority {
    /// Serves on `addr`, over HTTP/1.1 without TLS; port 0 picks a free port.
    ///
    /// Also serves the console at `/`, `GET /healthz` and the control calls, see the
    /// [crate documentation](crate#the-binary). Must be called within a tokio runtime with I/O
    /// and time enabled.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error if `addr` cannot be resolved or bound.
    pub async fn listen(&self, addr: impl ToSocketAddrs) -> io::Result<DevServer> {
        let addrs: Vec<SocketAddr> = addr.to_socket_addrs()?.collect();
        let listener = TcpListener::bind(addrs.as_slice()).await?;
        Ok(DevServer {
            addr: listener.local_addr()?,
            authority: self.clone(),
            task: tokio::spawn(serve(listener, self.clone())),
        })
    }
}

impl DevServer {
    /// The server URL to configure in a resource server, such as
    /// `http://127.0.0.1:9080/mfp/api`.
    ///
    /// If the server is bound to all addresses, the URL has the loopback address.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin(), self.authority.base_path())
    }

    /// The project URL to configure in a resource server that uses version 7, such as
    /// `http://127.0.0.1:9080/mfp`.
    pub fn project_url(&self) -> String {
        format!("{}{}", self.origin(), self.authority.project_path())
    }

    fn origin(&self) -> String {
        let mut addr = self.addr;
        match addr.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => addr.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => addr.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        format!("http://{addr}")
    }

    /// The address that the server is bound to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The authority that it serves: use it to issue and revoke tokens, set faults and count
    /// calls.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, authority: Authority) {
    // Dropped with this task, which aborts the connections.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(serve_connection(stream, peer.ip(), authority.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, peer: IpAddr, authority: Authority) {
    let service = service_fn(move |request| Box::pin(answer(authority.clone(), peer, request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let served = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    // The service fails only to request a reset.
    if served.is_err_and(|error| error.is_user()) {
        let stream = connection.into_parts().io.into_inner();
        // Without this option the stream is still closed, if less abruptly.
        let _ = stream.set_zero_linger();
    }
}

/// Answers one request. The error asks for the connection to be reset.
async fn answer(
    authority: Authority,
    peer: IpAddr,
    request: Request<Incoming>,
) -> Result<Response<Padded>, ResetRequested> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_LIMIT).collect().await else {
        return Ok(Refusal::TooLarge.into_response().map(Padded::exact));
    };
    let request = Request::from_parts(parts, body.to_bytes());
    let file = health::answer(&request).or_else(|| console::answer(&request, peer));
    let response = match file {
        Some(response) => Some(response),
        None => control::answer(&authority, &request, peer).await,
    };
    if let Some(response) = response {
        return Ok(response.map(Padded::exact));
    }
    let received = authority.receive(request);
    let recorded = Recorded::begin(&authority, &received);
    let reply = authority.reply(received).await;
    recorded.end(&reply);
    match reply {
        Reply::Answer(response) => Ok(response.map(Padded::exact)),
        Reply::Padded(response, length) => Ok(response.map(|body| Padded::to(length, body))),
        Reply::Endless(response) => Ok(response.map(Padded::endless)),
        Reply::Reset => Err(ResetRequested),
    }
}

/// Makes hyper give up the connection without an answer.
#[derive(Debug)]
struct ResetRequested;

impl fmt::Display for ResetRequested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault resets the connection")
    }
}

impl Error for ResetRequested {}
