//! The mount on a port.

mod body;
mod health;

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

use self::body::Padded;
use crate::answer::Refusal;
use crate::reply::Reply;
use crate::{Authority, control};

/// More than any request to an authorization server has.
const REQUEST_LIMIT: usize = 64 * 1024;

/// How long to wait where no connection can be accepted: most likely the process
/// has no file descriptor left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// An [`Authority`] on a port, from [`Authority::listen`]. It serves until it is
/// dropped; its connections end then too.
#[derive(Debug)]
pub struct DevServer {
    addr: SocketAddr,
    authority: Authority,
    task: JoinHandle<()>,
}

impl Authority {
    /// Serves on `addr`, over HTTP/1.1 without TLS; port 0 takes a free port.
    ///
    /// `GET /healthz` and the control calls are there too, see the [crate's page](crate#the-binary).
    /// Must be called in a tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// The system's own where `addr` cannot be resolved or bound.
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
    /// The server URL for the settings of a resource server, such as
    /// `http://127.0.0.1:9080/mfp/api`.
    ///
    /// For a server on all addresses it names the loopback one.
    pub fn url(&self) -> String {
        format!("{}{}", self.origin(), self.authority.base_path())
    }

    /// The project URL for the settings of a resource server of version 7, such as
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

    /// The address that it is bound to.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it serves: to issue and revoke tokens, to set faults, to count calls.
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
    // Aborts the connections when it is dropped, with this task.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, authority.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve_connection(stream: TcpStream, authority: Authority) {
    let service = service_fn(move |request| Box::pin(answer(authority.clone(), request)));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let served = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
    // The service fails for one reason only: a reset is wanted.
    if served.is_err_and(|error| error.is_user()) {
        let stream = connection.into_parts().io.into_inner();
        // Where the option is not to be had, the stream is still closed.
        let _ = stream.set_zero_linger();
    }
}

/// Fails to have the connection closed without an answer.
async fn answer(
    authority: Authority,
    request: Request<Incoming>,
) -> Result<Response<Padded>, ResetWanted> {
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, REQUEST_LIMIT).collect().await else {
        return Ok(Refusal::TooLarge.into_response().map(Padded::exact));
    };
    let request = Request::from_parts(parts, body.to_bytes());
    let response = health::answer(&request).or_else(|| control::answer(&authority, &request));
    if let Some(response) = response {
        return Ok(response.map(Padded::exact));
    }
    match authority.reply(request).await {
        Reply::Answer(response) => Ok(response.map(Padded::exact)),
        Reply::Padded(response, length) => Ok(response.map(|body| Padded::to(length, body))),
        Reply::Endless(response) => Ok(response.map(Padded::endless)),
        Reply::Reset => Err(ResetWanted),
    }
}

#[derive(Debug)]
struct ResetWanted;

impl fmt::Display for ResetWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the fault script wants the connection reset")
    }
}

impl Error for ResetWanted {}
