//! TCP sockets and socket files.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};

use crate::config::listen::Listen;
use crate::peer::Peer;

/// A connection of either kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    SocketFile {
        listener: UnixListener,
        _file: RemovedAtEnd,
    },
}

/// A socket file. It is removed with its listener.
#[derive(Debug)]
pub(crate) struct RemovedAtEnd(PathBuf);

impl Listener {
    pub(crate) async fn open(listen: &Listen) -> io::Result<Self> {
        match listen {
            Listen::Address(address) => {
                let listener = TcpListener::bind(address).await;
                Ok(Self::Tcp(listener.map_err(|error| at(address, &error))?))
            }
            Listen::SocketFile(path) => {
                let opened = open_file(path).await;
                let listener = opened.map_err(|error| at(path.display(), &error))?;
                Ok(Self::SocketFile {
                    listener,
                    _file: RemovedAtEnd(path.clone()),
                })
            }
        }
    }

    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            Self::SocketFile { .. } => None,
        }
    }

    pub(crate) async fn accept(&self) -> io::Result<(Box<dyn Stream>, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Without this option, answers are merely slower.
                let _ = stream.set_nodelay(true);
                Ok((Box::new(stream), Peer::Address(address.ip())))
            }
            Self::SocketFile { listener, .. } => {
                let (stream, _) = listener.accept().await?;
                Ok((Box::new(stream), Peer::SocketFile))
            }
        }
    }
}

/// Opens a socket file, in place of one that a process left behind that did not end in order.
async fn open_file(path: &Path) -> io::Result<UnixListener> {
    let is_socket = path
        .metadata()
        .is_ok_and(|file| file.file_type().is_socket());
    if is_socket {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path)?;
            }
            // It is in use, or we may not look: binding says so.
            _ => {}
        }
    }
    UnixListener::bind(path)
}

fn at(place: impl std::fmt::Display, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot listen on {place}: {error}"))
}

impl Drop for RemovedAtEnd {
    fn drop(&mut self) {
        // Nothing is lost if it stays: the next process removes it.
        let _ = std::fs::remove_file(&self.0);
    }
}
