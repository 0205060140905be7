//! The gate, as proxies and operators meet it.

mod admin;
mod check;
pub(crate) mod driver;
mod grants;
mod naming;
mod paths;
mod reload;
mod stop;

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, Response};
use mobilefirst_gate::{Config, Gate, Peer};

pub(crate) use self::driver::{MOBILEFIRST, SOCKETS};
use crate::support::World;

/// A proxy whose word counts.
const TRUSTED: Peer = Peer::Address(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

/// A peer whose word does not.
const STRANGER: Peer = Peer::Address(std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)));

fn config(routes: &str) -> Config {
    format!("{SOCKETS}{MOBILEFIRST}{routes}").parse().unwrap()
}

/// A gate that asks the authorization server of `world`.
fn gate(world: &World, routes: &str) -> Gate {
    Gate::with_validator(&config(routes), world.validator.clone())
}

/// Asks about a request that a proxy describes.
async fn ask(gate: &Gate, peer: Peer, question: &str, fields: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::get(question);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    gate.answer(peer, request.body(()).unwrap()).await
}

/// The fields with which a proxy describes a request.
fn forwarded<'a>(method: &'a str, target: &'a str) -> [(&'static str, &'a str); 2] {
    [("x-forwarded-method", method), ("x-forwarded-uri", target)]
}

fn url(address: Option<SocketAddr>, path: &str) -> String {
    format!("http://{}{path}", address.unwrap())
}
