//! Small values of settings that check themselves.

use core::net::IpAddr;
use core::net::Ipv4Addr;
use core::net::SocketAddr;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::config::server;

/// A text that is not such a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not {0}")]
pub struct InvalidValue(&'static str);

/// A DNS domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain(String);

/// An Ed25519 public key, written as 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// An `http` or `https` URL without user information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url(String);

/// An address and port that only this machine reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoopbackAddress(SocketAddr);

/// The absolute path of a Unix socket, short enough for the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketPath(PathBuf);

impl Domain {
    /// The domain as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if server::is_host(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue("a DNS domain"))
        }
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl LoopbackAddress {
    /// A port on a loopback address, `localhost` among them; nothing for any other address or name.
    #[must_use]
    pub fn new(address: &str, port: u16) -> Option<Self> {
        let address = match address {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            text => text.parse().ok()?,
        };
        address
            .is_loopback()
            .then(|| Self(SocketAddr::new(address, port)))
    }
}

impl From<LoopbackAddress> for SocketAddr {
    fn from(address: LoopbackAddress) -> Self {
        address.0
    }
}

impl FromStr for SocketPath {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = PathBuf::from(text);
        if path.is_absolute() && path.file_name().is_some() && text.len() <= LONGEST_SOCKET {
            Ok(Self(path))
        } else {
            Err(InvalidValue("the path of a socket"))
        }
    }
}

impl fmt::Display for SocketPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

impl From<SocketPath> for PathBuf {
    fn from(path: SocketPath) -> Self {
        path.0
    }
}

impl PublicKey {
    /// The key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for PublicKey {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut key = [0; 32];
        hex::decode_to_slice(text, &mut key)
            .map(|()| Self(key))
            .map_err(|_| InvalidValue("a public key of 64 hex digits"))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Url {
    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Url {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let host = rest
            .and_then(|rest| rest.split(['/', '?', '#']).next())
            .unwrap_or_default();
        let plain = text.bytes().all(|b| b.is_ascii_graphic());
        if plain && !host.is_empty() && !host.contains('@') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue("an http or https URL"))
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The kernel takes 107 bytes, and the socket has a longer name while it is made.
const LONGEST_SOCKET: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_check_themselves() {
        "example.net".parse::<Domain>().unwrap();
        "a..b".parse::<Domain>().unwrap_err();
        "ab".repeat(32).parse::<PublicKey>().unwrap();
        "ab".repeat(31).parse::<PublicKey>().unwrap_err();
        "xy".repeat(32).parse::<PublicKey>().unwrap_err();
        "https://sign.example.net/choria/v1/sign"
            .parse::<Url>()
            .unwrap();
        for bad in ["ftp://a", "https://", "https://u:p@a/", "https://a b", "a"] {
            assert!(bad.parse::<Url>().is_err(), "{bad}");
        }
    }

    #[test]
    fn only_this_machine_reaches_a_loopback_address() {
        for good in ["127.0.0.1", "127.8.8.8", "::1", "localhost"] {
            assert!(LoopbackAddress::new(good, 1).is_some(), "{good}");
        }
        for bad in ["0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1", "b1", ""] {
            assert!(LoopbackAddress::new(bad, 1).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_socket_has_a_short_absolute_path() {
        "/run/muster/metrics.sock".parse::<SocketPath>().unwrap();
        let long = format!("/run/{}", "x".repeat(96));
        for bad in ["metrics.sock", "/", "/run/..", "", &long] {
            assert!(bad.parse::<SocketPath>().is_err(), "{bad}");
        }
    }
}
