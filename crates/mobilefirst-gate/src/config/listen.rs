//! What the gate listens on.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// An address, or a socket file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    Address(SocketAddr),
    SocketFile(PathBuf),
}

/// From where the gate may be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    #[default]
    ThisMachine,
    Network,
}

impl Listen {
    pub(crate) fn parse(text: &str, reach: Reach) -> Result<Self, &'static str> {
        if let Some(path) = text.strip_prefix("unix:") {
            return match path.starts_with('/') {
                true => Ok(Self::SocketFile(path.into())),
                false => Err("a socket file needs its whole path, as in unix:/run/gate.sock"),
            };
        }
        let address: SocketAddr = text.parse().map_err(
            |_| "must be an IP address with a port, such as 127.0.0.1:9180, or unix:/path",
        )?;
        match reach {
            Reach::ThisMachine if !address.ip().is_loopback() => Err(
                "is open to the network, where anyone could ask the gate: use a loopback address \
                 or a socket file, or set allow_network if the network is secured otherwise",
            ),
            _ => Ok(Self::Address(address)),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::SocketFile(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_addresses_than_loopback_need_permission() {
        for (text, is_local) in [
            ("127.0.0.1:0", true),
            ("127.9.9.9:1", true),
            ("[::1]:9180", true),
            ("0.0.0.0:9180", false),
            ("[::]:9180", false),
            ("10.0.0.1:9180", false),
        ] {
            let address = Ok(Listen::Address(text.parse().unwrap()));
            assert_eq!(Listen::parse(text, Reach::Network), address);
            let local = Listen::parse(text, Reach::ThisMachine);
            assert_eq!(local.is_ok(), is_local, "{text}");
        }
    }

    #[test]
    fn a_socket_file_has_a_whole_path() {
        let file = Ok(Listen::SocketFile("/run/gate.sock".into()));
        assert_eq!(
            Listen::parse("unix:/run/gate.sock", Reach::ThisMachine),
            file
        );
        for text in [
            "unix:gate.sock",
            "unix:",
            "localhost:80",
            "127.0.0.1",
            ":80",
            "",
        ] {
            assert!(Listen::parse(text, Reach::Network).is_err(), "{text}");
        }
    }
}
