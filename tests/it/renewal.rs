//! Certificates that change while the node runs, with real brokers that ask for them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use muster::config::CertificateFiles;
use muster::config::Defaults;
use muster::config::Owner;
use muster::config::Raw;
use muster::config::Settings;
use muster::config::Source;
use muster::os::clock::Clock;
use muster::os::clock::ManualClock;
use muster::os::clock::SystemClock;
use muster::protocol::names::Subject;
use muster::rpc::Node;
use muster::secret::Secret;
use muster::security::material::Terms;
use muster::security::tls::ClientCertificate;
use muster::security::tls::Names;
use muster::security::tls::VerifiedTls;
use muster::server::keyring::Keyring;
use muster::server::keyring::Look;
use muster::server::renewal::Renewal;
use muster::transport;
use muster::transport::Config;
use muster::transport::Handle;
use muster::transport::Incoming;
use muster::transport::Renewable as _;
use muster::transport::RenewalError;
use muster::transport::State;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use rcgen::DnType;
use rcgen::date_time_ymd;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::interval;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::agents::NOW;
use crate::support::hostile::PATIENCE;
use crate::support::nats::Authority;
use crate::support::nats::Given;
use crate::support::nats::NatsServer;
use crate::support::nats::Options;
use crate::support::nats::Tls;
use crate::support::node::BUILD;
use crate::support::node::TestNode;

mod connection;
mod files;

const NAME: &str = "n1.example.net";
const CERTIFICATE: &str = "certs/n1.example.net.pem";
const KEY: &str = "private_keys/n1.example.net.pem";
const CA: &str = "certs/ca.pem";

/// The files of a node, in Puppet's layout.
struct Site {
    folder: TempDir,
}

impl Site {
    /// Files with a certificate of this authority.
    fn of(authority: &Authority) -> Self {
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for folder in ["certs", "private_keys"] {
            std::fs::create_dir(site.path(folder)).unwrap();
        }
        site.put(CA, &authority.pem());
        site.rotate(&authority.issue(NAME, &[NAME]));
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a file in the place of another, as careful tools do it.
    fn put(&self, name: &str, text: &str) {
        let new = self.path("new");
        crate::support::node::write(&new, text);
        std::fs::rename(new, self.path(name)).unwrap();
    }

    fn rotate(&self, (certificate, key): &(String, String)) {
        self.put(CERTIFICATE, certificate);
        self.put(KEY, key);
    }

    fn files(&self) -> CertificateFiles {
        let text = format!("plugin.choria.ssldir = {}\n", self.folder.path().display());
        let raw = Raw::read(Some(&Source::new("server.conf", &text)), &[]);
        let defaults = Defaults {
            collectives: &[],
            directory: self.folder.path(),
            home: None,
        };
        let settings = Settings::resolve(&raw, &defaults).unwrap().settings;
        let owner = Owner {
            certname: NAME,
            root: true,
            home: None,
        };
        CertificateFiles::of(&settings.security, &owner).unwrap()
    }

    fn keyring(&self, clock: Arc<dyn Clock>) -> Keyring {
        Keyring::open(self.files(), Terms::default(), NAME, clock).unwrap()
    }
}

/// A node's connection and the task that renews it.
struct Member {
    site: Site,
    keyring: Keyring,
    link: Handle,
    incoming: mpsc::Receiver<Incoming>,
    node: Arc<Node>,
}

impl Member {
    /// A node with these files, on its way to this broker.
    fn start(site: Site, port: u16) -> Self {
        let keyring = site.keyring(Arc::new(SystemClock));
        let tracker = TaskTracker::new();
        let mut config = config(port, TlsPolicy::Required(keyring.current().tls().clone()));
        config.renewable = Some(Arc::new(keyring.clone()));
        let (link, incoming) = transport::start(config, &tracker);
        let node = TestNode::new(&BUILD, None, NOW).assembly.node;
        let renewal = Renewal::new(
            keyring.clone(),
            link.clone(),
            Arc::clone(&node),
            Arc::new(SystemClock),
            LOOKS,
            tracker.clone(),
        );
        tracker.spawn(renewal.run());
        Self {
            site,
            keyring,
            link,
            incoming,
            node,
        }
    }

    async fn connected(&self) {
        self.until("a connection", || self.link.state().borrow().is_connected())
            .await;
    }

    /// Waits for something to become true, and tells what the node says of itself when it does not.
    async fn until(&self, what: &str, fits: impl FnMut() -> bool) {
        let found = until(fits).await;
        assert!(
            found,
            "waited in vain for {what}: {:?}, {:?}",
            self.node.concerns.open(),
            self.link.state().borrow()
        );
    }

    /// Waits until this certificate is in use.
    async fn uses(&self, certificate: &str) {
        let in_use = || self.keyring.current().certificate() == certificate;
        self.until("another certificate", in_use).await;
    }

    /// Waits for a concern with these words.
    async fn worries(&self, words: &str) {
        let raised = || {
            let open = self.node.concerns.open();
            open.iter()
                .any(|text| text.starts_with("certificate: ") && text.contains(words))
        };
        self.until(words, raised).await;
    }

    async fn is_content(&self) {
        let none = || self.node.concerns.open().is_empty();
        self.until("no concern", none).await;
    }
}

async fn until(mut fits: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    let mut tick = interval(Duration::from_millis(10));
    while !fits() {
        if Instant::now() > deadline {
            return false;
        }
        tick.tick().await;
    }
    true
}

fn config(port: u16, tls: TlsPolicy) -> Config {
    let server = format!("nats://localhost:{port}").parse().unwrap();
    let mut config = Config::new(NAME, Targets::Servers(vec![server]), tls);
    config.subscriptions = vec![Subscription::new("test.>").unwrap()];
    config
}

/// A broker that lets in whoever has a certificate of these authorities.
async fn broker(own: &Authority, clients: &[&Authority], port: Option<u16>) -> NatsServer {
    let given = Given {
        own: own.issue("broker", &["localhost"]),
        clients: Some(pem(clients)),
    };
    NatsServer::start(Options {
        port,
        tls: Tls::Given(&given),
        ..Options::default()
    })
    .await
}

fn pem(authorities: &[&Authority]) -> String {
    authorities
        .iter()
        .map(|authority| authority.pem())
        .collect()
}

/// Time between two looks at the files.
const LOOKS: Duration = Duration::from_millis(100);
