//! Who asks the gate, and whose word counts.

use std::net::IpAddr;
use std::str::FromStr;

/// The other end of a connection to the gate, usually a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A peer on the network, by its address.
    Address(IpAddr),
    /// A peer that connected through a socket file. The file's permissions decide who can, so it
    /// counts as a trusted proxy.
    SocketFile,
}

/// The networks of the proxies whose `X-Forwarded-*` fields count.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    pub(crate) fn include(&self, peer: Peer) -> bool {
        match peer {
            Peer::Address(address) => self.0.iter().any(|network| network.contains(address)),
            Peer::SocketFile => true,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Network> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

/// An IP address with the length of its prefix, in CIDR notation (RFC 4632 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        // A dual-stack socket shows an IPv4 peer as `::ffff:a.b.c.d`.
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                masked(own.to_bits().into(), self.prefix, 32)
                    == masked(other.to_bits().into(), self.prefix, 32)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                masked(own.to_bits(), self.prefix, 128) == masked(other.to_bits(), self.prefix, 128)
            }
            _ => false,
        }
    }
}

/// Shifts out the bits that may differ.
fn masked(bits: u128, prefix: u8, length: u8) -> u128 {
    bits.checked_shr(u32::from(length - prefix))
        .unwrap_or_default()
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const ADVICE: &str = "write an IP address or a network, such as 10.0.0.0/8 or ::1";
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ADVICE)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().map_err(|_| ADVICE)?,
            None => longest,
        };
        if prefix > longest {
            return Err("the prefix is longer than the address: at most /32, or /128 in IPv6");
        }
        Ok(Self { address, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_the_addresses_with_its_prefix() {
        for (network, address, contained) in [
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("127.0.0.0/8", "127.9.9.9", true),
            ("127.0.0.0/8", "128.0.0.1", false),
            ("10.1.0.0/15", "10.0.255.255", true),
            ("10.1.0.0/15", "10.2.0.0", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
            ("127.0.0.1/32", "::ffff:127.0.0.1", true),
            ("::1/128", "::1", true),
            ("::1", "::2", false),
            ("fd00::/8", "fdab::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "::1", true),
        ] {
            let parsed: Network = network.parse().unwrap();
            let address = address.parse().unwrap();
            assert_eq!(parsed.contains(address), contained, "{network} {address}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "1.2.3.4/-1",
            "/8",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
