//! Why an attempt to reach a broker failed, and why a connection ended.

use std::io;
use std::time::Duration;

use super::info::InfoError;
use super::policy::Disagreement;

/// Why one attempt at one server, or at finding servers, failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum AttemptError {
    #[error("no server to connect to is configured")]
    NoServers,
    #[error("cannot use the resolver")]
    Resolver(#[source] hickory_resolver::net::NetError),
    #[error("cannot look up {name}")]
    Lookup {
        name: String,
        #[source]
        err: hickory_resolver::net::NetError,
    },
    #[error("no usable SRV records at {0}")]
    NoRecords(String),
    #[error("DNS did not answer within {}", seconds(.0))]
    LookupTimeout(Duration),
    #[error("cannot resolve the host name")]
    Host(#[source] io::Error),
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    #[error("no answer within {}", seconds(.0))]
    Silent(Duration),
    #[error("no greeting within {}: not a NATS broker, or one that begins with TLS", seconds(.0))]
    NoGreeting(Duration),
    #[error("the connection broke before the greeting")]
    Read(#[source] io::Error),
    #[error("the peer closed the connection before its greeting")]
    Hangup,
    #[error("the greeting is longer than {0} bytes")]
    TooLong(usize),
    #[error(transparent)]
    Info(InfoError),
    #[error(transparent)]
    Tls(Disagreement),
    #[error(
        "the broker wants credentials and none are configured: set plugin.nats.user and plugin.nats.pass"
    )]
    NoCredentials,
    #[error("the broker refuses our credentials")]
    Unauthorized(#[source] async_nats::ConnectError),
    #[error(
        "the root certificates of this machine cannot be read; if none are needed, set SSL_CERT_FILE=/dev/null and unset SSL_CERT_DIR in the environment of this process"
    )]
    PlatformRoots(#[source] async_nats::ConnectError),
    #[error(
        "the broker's certificate is for {found}, not for {expected}: correct the broker's address, or give the broker a certificate with this name"
    )]
    BrokerName { expected: String, found: String },
    #[error(
        "the broker's certificate is not signed by a CA of this node: add the broker's CA to the CA file, or give the broker a certificate of this CA"
    )]
    BrokerCa,
    #[error(
        "the broker's certificate is not valid at this time: it {span}; renew it, or correct the clock of this machine"
    )]
    BrokerTime { span: String },
    #[error("the broker's certificate cannot be accepted")]
    BrokerCertificate(#[source] rustls::Error),
    #[error(
        "the broker refuses the certificate of this node, or wants one and there is none: check that it is valid and that the broker trusts its CA"
    )]
    OwnCertificate(#[source] rustls::Error),
    #[error("broker and node have no protocol, cipher suite or curve of TLS in common")]
    NothingInCommon(#[source] rustls::Error),
    #[error("the broker does not complete the connection, its log says why: it may be full")]
    Handshake(#[source] async_nats::ConnectError),
    #[error("the server's address is not understood")]
    Address(#[source] io::Error),
    #[error("the connection ended before the subscriptions were made")]
    Subscribe(#[source] async_nats::SubscribeError),
    #[error("the connection ended before its first flush")]
    FirstFlush,
    #[error("a library stopped on what the peer sent")]
    Panicked,
}

impl AttemptError {
    /// Whether a peer was there, which may be one that too many want to reach. A peer that does not answer in time counts:
    /// that is how a crowded one looks.
    pub(super) const fn reached_somebody(&self) -> bool {
        match self {
            Self::NoServers
            | Self::Resolver(_)
            | Self::Lookup { .. }
            | Self::NoRecords(_)
            | Self::LookupTimeout(_)
            | Self::Host(_)
            | Self::Connect(_)
            | Self::PlatformRoots(_)
            | Self::Address(_) => false,
            Self::Silent(_)
            | Self::NoGreeting(_)
            | Self::Read(_)
            | Self::Hangup
            | Self::TooLong(_)
            | Self::Info(_)
            | Self::Tls(_)
            | Self::NoCredentials
            | Self::Unauthorized(_)
            | Self::BrokerName { .. }
            | Self::BrokerCa
            | Self::BrokerTime { .. }
            | Self::BrokerCertificate(_)
            | Self::OwnCertificate(_)
            | Self::NothingInCommon(_)
            | Self::Handshake(_)
            | Self::Subscribe(_)
            | Self::FirstFlush
            | Self::Panicked => true,
        }
    }
}

/// Why a connection that stood ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum LostReason {
    #[error("the broker closed the connection, or did not answer for a while")]
    Closed,
    #[error("the broker closed the connection: {0}")]
    Told(String),
    #[error("the connection died on what the broker sent")]
    Died,
    #[error("the broker sends what never becomes a message")]
    Endless,
    #[error("the broker does not read what is sent")]
    Stalled,
}

/// A peer's text for logs and status: no control characters, at most `max` characters.
pub(super) fn plain(text: &str, max: usize) -> String {
    text.chars()
        .take(max)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

fn seconds(duration: &Duration) -> String {
    format!("{} s", duration.as_secs_f32())
}
