//! Addresses of brokers and other servers.

use std::fmt;
use std::str::FromStr;

/// How to talk to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// TLS as the rest of the configuration says.
    Nats,
    /// TLS always.
    Tls,
}

/// `host:port`, with an optional `nats://` or `tls://` before it; an IPv6 address stands in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    scheme: Option<Scheme>,
    host: String,
    port: u16,
}

/// A text that is no address of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address of the form host:port, nats://host:port or tls://host:port")]
pub struct InvalidServer;

impl Server {
    /// The scheme, when one was written.
    #[must_use]
    pub const fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The host name or address, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, never 0.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Server {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, address) = match text.split_once("://") {
            None => (None, text),
            Some(("nats", rest)) => (Some(Scheme::Nats), rest),
            Some(("tls", rest)) => (Some(Scheme::Tls), rest),
            Some(_) => return Err(InvalidServer),
        };
        // The reference's URL parser lets an empty path pass.
        let address = if scheme.is_some() {
            address.strip_suffix('/').unwrap_or(address)
        } else {
            address
        };
        let (host, port) = address.rsplit_once(':').ok_or(InvalidServer)?;
        let host = match host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
        {
            Some(inner) if is_ipv6(inner) => inner,
            None if is_host(host) => host,
            Some(_) | None => return Err(InvalidServer),
        };
        let digits = port.bytes().all(|b| b.is_ascii_digit());
        let port = port
            .parse()
            .ok()
            .filter(|port| digits && *port != 0)
            .ok_or(InvalidServer)?;
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.scheme {
            Some(Scheme::Nats) => f.write_str("nats://")?,
            Some(Scheme::Tls) => f.write_str("tls://")?,
            None => (),
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

pub(crate) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}

/// Enough to keep nonsense out; the resolver has the last word.
fn is_ipv6(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "0"));
    let groups: Vec<&str> = address.split(':').collect();
    let group = |group: &&str| group.len() <= 4 && group.bytes().all(|b| b.is_ascii_hexdigit());
    let (last, others) = match groups.split_last() {
        Some((last, others)) if last.contains('.') => (is_ipv4(last), others),
        Some((last, others)) => (group(last), others),
        None => return false,
    };
    let zone_fits = !zone.is_empty()
        && zone
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
    let count_fits =
        (3..=9).contains(&groups.len()) && (groups.len() == 8 || address.contains("::"));
    last && zone_fits && count_fits && others.iter().all(group)
}

fn is_ipv4(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

/// A server that is named by its address: there is nobody to ask for its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressedServer(pub(crate) Server);

impl FromStr for AddressedServer {
    type Err = InvalidServer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let server: Server = text.parse()?;
        let plain = server.scheme.is_none() && (is_ipv4(&server.host) || server.host.contains(':'));
        if plain {
            Ok(Self(server))
        } else {
            Err(InvalidServer)
        }
    }
}

impl fmt::Display for AddressedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        for (text, host, port, scheme) in [
            ("foo:4222", "foo", 4222, None),
            ("nats://bar:4222", "bar", 4222, Some(Scheme::Nats)),
            (
                "tls://b.example.net:1/",
                "b.example.net",
                1,
                Some(Scheme::Tls),
            ),
            ("127.0.0.1:4222", "127.0.0.1", 4222, None),
            ("[::1]:4222", "::1", 4222, None),
            (
                "nats://[2001:db8::5]:4222",
                "2001:db8::5",
                4222,
                Some(Scheme::Nats),
            ),
            ("[fe80::1%eth0]:4222", "fe80::1%eth0", 4222, None),
            ("[::ffff:192.0.2.1]:4222", "::ffff:192.0.2.1", 4222, None),
        ] {
            let server: Server = text.parse().unwrap();
            assert_eq!(
                (server.host(), server.port(), server.scheme()),
                (host, port, scheme)
            );
            assert_eq!(server.to_string(), text.trim_end_matches('/'));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "foo",
            ":4222",
            "foo:",
            "foo:0",
            "foo:65536",
            "foo:+1",
            "foo:x",
            "a b:1",
            "::1:4222",
            "[foo]:1",
            "[:]:1",
            "[1:2]:1",
            "[::1]",
            "http://foo:1",
            "nats://u:p@foo:1",
            "nats://foo:1/path",
            "foo:1/",
            "a..b:1",
        ] {
            assert_eq!(text.parse::<Server>(), Err(InvalidServer), "{text}");
        }
        assert_eq!(
            "localhost:53".parse::<AddressedServer>(),
            Err(InvalidServer)
        );
        assert_eq!(
            "nats://127.0.0.1:53".parse::<AddressedServer>(),
            Err(InvalidServer)
        );
        "[::1]:53".parse::<AddressedServer>().unwrap();
    }

    proptest::proptest! {
        #[test]
        fn what_is_accepted_survives_printing(text in "(nats://|tls://)?([a-z.:%]{0,9}|\\[[0-9a-f:.]{0,12}\\]):[0-9]{0,6}") {
            if let Ok(server) = text.parse::<Server>() {
                proptest::prop_assert_eq!(server.to_string().parse::<Server>(), Ok(server));
            }
        }
    }
}
