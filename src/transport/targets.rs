//! Where brokers are: a list of servers, or SRV names that are looked up again for every round.

use std::fmt;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use std::str::FromStr;

/// Where brokers are. There is no other place: when none of these answers, the same are asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// These servers, in random order for every round.
    Servers(Vec<Server>),
    /// What DNS says, in the order of the records.
    Srv(Srv),
}

/// SRV names below one domain; the first that has records decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Srv {
    /// Such as `_choria-provisioner._tcp`.
    pub names: Vec<String>,
    /// Such as `example.net`.
    pub domain: String,
    /// Who is asked.
    pub resolver: Resolver,
}

/// Who answers DNS questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolver {
    /// The name servers of this machine, read again for every round.
    #[default]
    System,
    /// One server, over UDP.
    At(SocketAddr),
}

/// One broker.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    /// What the URL says about TLS.
    pub scheme: Scheme,
    /// Name or address, IPv6 without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Scheme of a server's URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scheme {
    /// `nats`: the policy decides about TLS.
    #[default]
    Nats,
    /// `tls`: never without.
    Tls,
}

/// A text that names no server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadServer {
    /// Not `nats` or `tls`.
    #[error("the scheme is neither nats nor tls")]
    Scheme,
    /// A port is mandatory.
    #[error("missing port in address")]
    MissingPort,
    /// Not a number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// Neither a host name nor an address.
    #[error("the host is neither a name nor an address")]
    Host,
}

impl FromStr for Server {
    type Err = BadServer;

    /// Reads `host:port` or `scheme://host:port`; credentials in the text are not kept (spec 01 §5.1).
    fn from_str(text: &str) -> Result<Self, BadServer> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            None => (Scheme::Nats, text),
            Some(("nats", rest)) => (Scheme::Nats, rest),
            Some(("tls", rest)) => (Scheme::Tls, rest),
            Some(_) => return Err(BadServer::Scheme),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
        let (host, port) = split(address)?;
        let port = match port.parse() {
            Ok(0) | Err(_) => return Err(BadServer::Port),
            Ok(port) => port,
        };
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Nats => "nats",
            Scheme::Tls => "tls",
        };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{scheme}://{}:{}", self.host, self.port)
        }
    }
}

fn split(address: &str) -> Result<(&str, &str), BadServer> {
    if let Some(bracketed) = address.strip_prefix('[') {
        let (host, port) = bracketed.split_once(']').ok_or(BadServer::Host)?;
        if host.parse::<Ipv6Addr>().is_err() {
            return Err(BadServer::Host);
        }
        let port = port.strip_prefix(':').ok_or(BadServer::MissingPort)?;
        return Ok((host, port));
    }
    let (host, port) = address.split_once(':').ok_or(BadServer::MissingPort)?;
    if is_host(host) {
        Ok((host, port))
    } else {
        Err(BadServer::Host)
    }
}

/// Whether a text may be a host name or an IPv4 address. Underscores occur in practice.
pub(super) fn is_host(host: &str) -> bool {
    let byte = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    host.len() <= 253
        && host
            .split('.')
            .all(|label| !label.is_empty() && label.len() <= 63 && label.bytes().all(byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_usual_spellings_are_read() {
        for (text, shown) in [
            ("b.example.net:4222", "nats://b.example.net:4222"),
            (" nats://b.example.net:4222/ ", "nats://b.example.net:4222"),
            ("tls://192.0.2.1:443", "tls://192.0.2.1:443"),
            ("[::1]:4222", "nats://[::1]:4222"),
            ("nats://user:secret@b:4222", "nats://b:4222"),
        ] {
            assert_eq!(text.parse::<Server>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn other_texts_are_refused_with_their_reason() {
        for (text, reason) in [
            ("foo", BadServer::MissingPort),
            ("[::1]", BadServer::MissingPort),
            ("ws://foo:80", BadServer::Scheme),
            ("foo:", BadServer::Port),
            ("foo:0", BadServer::Port),
            ("foo:65536", BadServer::Port),
            (":4222", BadServer::Host),
            ("a b:4222", BadServer::Host),
            ("a..b:4222", BadServer::Host),
            ("[x]:4222", BadServer::Host),
            ("", BadServer::MissingPort),
        ] {
            assert_eq!(text.parse::<Server>(), Err(reason), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_reads_back_equal(text in "(nats://|tls://)?[a-z\\[\\]:.@0-9/-]{0,40}") {
            if let Ok(server) = text.parse::<Server>() {
                prop_assert_eq!(server.to_string().parse::<Server>(), Ok(server));
            }
        }
    }
}
