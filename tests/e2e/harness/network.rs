//! Brokers and the names they are found by.

use muster::secret::Secret;
use muster::security::tls::ClientCertificate;
use muster::security::tls::Names;
use muster::security::tls::UnverifiedTls;
use muster::security::tls::VerifiedTls;
use muster::transport::TlsPolicy;

use super::Operator;
use super::Peer;
use super::authority::caller;
use crate::support::dns::DnsServer;
use crate::support::dns::SrvRecord;
use crate::support::nats::Authority;
use crate::support::nats::NatsServer;
use crate::support::nats::Options;
use crate::support::nats::Tls;

/// A provisioning network: a broker with TLS that asks nobody for a certificate, found by an SRV record.
pub(crate) struct Network {
    pub(crate) authority: Authority,
    pub(crate) dns: DnsServer,
    pub(crate) broker: NatsServer,
}

impl Network {
    /// A network whose broker runs.
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// The same with more lines in the broker's configuration.
    pub(crate) async fn with(extra: &str) -> Self {
        let authority = Authority::new();
        let broker = NatsServer::start(Options {
            tls: Tls::Required(&authority),
            extra,
            ..Options::default()
        })
        .await;
        let dns = DnsServer::start().await;
        publish(&dns, broker.port);
        Self {
            authority,
            dns,
            broker,
        }
    }

    /// Takes the broker away; its port is told.
    pub(crate) fn lose_broker(self) -> (Authority, DnsServer, u16) {
        (self.authority, self.dns, self.broker.port)
    }

    /// Somebody who hears everything and can ask anything.
    pub(crate) async fn peer(&self) -> Peer {
        let tls = TlsPolicy::RequiredUnverified(UnverifiedTls::new().unwrap());
        Peer::join(&self.broker.url(), tls, "provisioning").await
    }

    /// Somebody at the command line.
    pub(crate) fn operator(&self) -> Operator {
        Operator::new("provisioning", self.broker.port, &self.authority, false)
    }
}

/// Tells the name server where the provisioning broker is.
pub(crate) fn publish(dns: &DnsServer, port: u16) {
    dns.publish(vec![SrvRecord::new(
        "_choria-provisioner._tcp.muster.test",
        10,
        port,
        "localhost",
    )]);
}

/// A production network: a broker that talks only to those with a certificate.
pub(crate) struct Fleet {
    pub(crate) authority: Authority,
    pub(crate) broker: NatsServer,
}

impl Fleet {
    /// A fleet whose broker runs, without nodes.
    pub(crate) async fn start() -> Self {
        Self::at(None, Authority::new()).await
    }

    /// A fleet whose broker runs where one ran before.
    pub(crate) async fn at(port: Option<u16>, authority: Authority) -> Self {
        let broker = NatsServer::start(Options {
            tls: Tls::Mutual(&authority),
            port,
            ..Options::default()
        })
        .await;
        Self { authority, broker }
    }

    /// Somebody who hears everything and can ask anything.
    pub(crate) async fn peer(&self) -> Peer {
        self.peer_of("mcollective").await
    }

    /// The same who asks in another collective.
    pub(crate) async fn peer_of(&self, collective: &str) -> Peer {
        let (certificate, key) = caller(&self.authority, "peer.mcollective");
        let secret = Secret::new(key.clone());
        let client = ClientCertificate::from_pem(&certificate, &secret).unwrap();
        let tls = VerifiedTls::new(&self.authority.pem(), Names::AltNames, Some(client)).unwrap();
        let mut peer = Peer::join(&self.broker.url(), TlsPolicy::Required(tls), collective).await;
        peer.sign_as("peer.mcollective", &certificate, &key);
        peer
    }

    /// Somebody at the command line.
    pub(crate) fn operator(&self) -> Operator {
        Operator::new("mcollective", self.broker.port, &self.authority, true)
    }
}
