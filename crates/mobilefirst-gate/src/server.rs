//! The gate on its sockets.

mod connection;
mod listener;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;

use crate::admin::Admin;
use crate::config::Config;
use crate::gate::Gate;
use crate::peer::Peer;
use crate::server::connection::{serve_admin, serve_grpc, serve_http};
use crate::server::listener::{Listener, Stream};

/// Time limit for what is under way when the server stops.
const DRAIN: Duration = Duration::from_secs(30);

/// Pause after a failed `accept`, most likely because the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A [`Gate`] on the sockets that its configuration names.
pub struct Server {
    gate: Gate,
    admin: Admin,
    http: Listener,
    grpc_listener: Option<Listener>,
    admin_listener: Option<Listener>,
}

impl Server {
    /// Opens the sockets. Connections wait until [`run`](Self::run).
    ///
    /// Must be called within a tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error, with the address in its text, if one of them cannot
    /// be opened.
    pub async fn bind(config: &Config, gate: &Gate) -> io::Result<Self> {
        let open = async |listen: &Option<_>| match listen {
            Some(listen) => Listener::open(listen).await.map(Some),
            None => Ok(None),
        };
        Ok(Self {
            gate: gate.clone(),
            admin: Admin::new(gate.clone()),
            http: Listener::open(&config.listen).await?,
            grpc_listener: open(&config.grpc_listen).await?,
            admin_listener: open(&config.admin_listen).await?,
        })
    }

    /// Answers `GET /metrics` on the admin socket with what `render` returns, in the text format
    /// of Prometheus. Default: 404.
    pub fn metrics(mut self, render: impl Fn() -> String + Send + Sync + 'static) -> Self {
        self.admin.metrics = Some(Arc::new(render));
        self
    }

    /// Returns the address of `listen`, if it is none of a socket file.
    pub fn address(&self) -> Option<SocketAddr> {
        self.http.address()
    }

    /// Returns the address of `grpc_listen`, if there is one.
    pub fn grpc_address(&self) -> Option<SocketAddr> {
        self.grpc_listener.as_ref()?.address()
    }

    /// Returns the address of `admin_listen`, if there is one.
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin_listener.as_ref()?.address()
    }

    /// Serves until `stop` ends. Then it accepts no more connections, answers what was asked
    /// before, within 30 s, and returns.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let connections = GracefulShutdown::new();
        let Self { gate, admin, .. } = self;
        let http = accept(self.http, |stream, peer| {
            tokio::spawn(serve_http(
                stream,
                peer,
                gate.clone(),
                connections.watcher(),
            ));
        });
        let grpc = accept_some(self.grpc_listener, |stream, peer| {
            tokio::spawn(serve_grpc(
                stream,
                peer,
                gate.clone(),
                connections.watcher(),
            ));
        });
        let admin = accept_some(self.admin_listener, |stream, _| {
            tokio::spawn(serve_admin(stream, admin.clone(), connections.watcher()));
        });
        tokio::select! {
            () = http => {}
            () = grpc => {}
            () = admin => {}
            () = stop => {}
        }
        let drained = tokio::time::timeout(DRAIN, connections.shutdown());
        if drained.await.is_err() {
            tracing::warn!("some connections were still open at the end of the time to drain them");
        }
    }
}

async fn accept_some(listener: Option<Listener>, serve: impl Fn(Box<dyn Stream>, Peer)) {
    match listener {
        Some(listener) => accept(listener, serve).await,
        None => std::future::pending().await,
    }
}

async fn accept(listener: Listener, serve: impl Fn(Box<dyn Stream>, Peer)) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => serve(stream, peer),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("http", &self.http)
            .field("grpc", &self.grpc_listener)
            .field("admin", &self.admin_listener)
            .finish_non_exhaustive()
    }
}
