//! The configurations of brokers in `examples/brokers`: as they are, but for the port and the place of their files, each
//! carries nodes of the agent's own code from nothing to production.

use std::fs;
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::LazyLock;

use muster::protocol::names::Subject;
use muster::secret::Secret;
use muster::security::tls::UnverifiedTls;
use muster::transport;
use muster::transport::State;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use muster_fleet::Fleet;
use muster_fleet::Options;
use muster_fleet::keys::KeyPool;
use muster_fleet::options::Tls;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::Issuer;
use rcgen::KeyPair;
use tempfile::TempDir;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::harness::PATIENCE;
use crate::harness::Site;
use crate::harness::until;

#[tokio::test]
async fn the_plain_broker_carries_nodes_into_production() {
    let mut site = Site::builtin(NOWHERE, "").await;
    let broker = Broker::start("plain.conf", "", &site).await;
    client(&site, "client.conf", broker.port, "");
    template(&site, broker.port, "");
    all_arrive(&mut site, broker.port, Tls::Off).await;
}

#[tokio::test]
async fn the_broker_with_tls_carries_nodes_into_production() {
    let mut site = Site::builtin(NOWHERE, "choria_insecure: false\n").await;
    let broker = Broker::start("tls.conf", "", &site).await;
    client(&site, "client.conf", broker.port, &trust(&site));
    template(&site, broker.port, CERTIFIED);
    all_arrive(&mut site, broker.port, Tls::Unverified).await;
}

#[tokio::test]
async fn the_broker_with_tls_lets_in_an_insecure_provisioner_where_it_says_so() {
    let mut site = Site::builtin(NOWHERE, "choria_insecure: true\n").await;
    let broker = Broker::start("tls.conf", "allow_non_tls: true\n", &site).await;
    client(&site, "client.conf", broker.port, "");
    template(&site, broker.port, CERTIFIED);
    all_arrive(&mut site, broker.port, Tls::Unverified).await;
}

#[tokio::test]
async fn the_broker_with_accounts_carries_nodes_from_one_into_the_other() {
    let more = format!(
        "choria_insecure: false\nbroker_provisioning_password: {}\n",
        PASSWORDS[0].1
    );
    let mut site = Site::builtin(NOWHERE, &more).await;
    let broker = Broker::start("accounts.conf", "", &site).await;
    client(&site, "client.conf", broker.port, &trust(&site));
    let login = format!(
        "{CERTIFIED}plugin.nats.user = \"node\"\nplugin.nats.pass = \"{}\"\n",
        PASSWORDS[1].1
    );
    template(&site, broker.port, &login);
    all_arrive(&mut site, broker.port, Tls::Unverified).await;
    assert!(!broker.log().contains("Violation"), "{}", broker.log());
}

#[tokio::test]
async fn a_node_that_waits_may_neither_ask_others_nor_say_that_they_arrived() {
    let site = Site::builtin(NOWHERE, "").await;
    let broker = Broker::start("accounts.conf", "", &site).await;
    let targets = Targets::Servers(vec![broker.url().parse().unwrap()]);
    let tls = TlsPolicy::RequiredUnverified(UnverifiedTls::new().unwrap());
    let config = transport::Config::new("stranger", targets, tls);
    let (handle, _incoming) = transport::start(config, &TaskTracker::new());
    let mut state = handle.state();
    timeout(PATIENCE, state.wait_for(State::is_connected))
        .await
        .unwrap()
        .unwrap();
    for subject in [
        "provisioning.node.n1.example.net",
        "choria.lifecycle.event.startup.server",
    ] {
        handle
            .publish(Subject::new(subject).unwrap(), "{}".into())
            .unwrap();
        until(&format!("a refusal of {subject}"), || async {
            let log = broker.log();
            let mut lines = log.lines();
            lines.find(|line| line.contains("Publish Violation") && line.contains(subject))?;
            Some(())
        })
        .await;
    }
}

#[tokio::test]
async fn the_production_broker_is_where_nodes_arrive_and_are_heard() {
    let site = apart().await;
    // listening needs a certificate that the broker lets in, and none that can sign requests
    let (certificate, key) = issue(&site, "prov1.example.net", Vec::new());
    site.put("own.pem", &certificate);
    site.put("own.key", &key);
    let own = format!(
        "plugin.security.file.certificate = {}\nplugin.security.file.key = {}\n",
        site.file("own.pem").display(),
        site.file("own.key").display()
    );
    all_arrive_elsewhere(site, "production.conf", &own, CERTIFIED).await;
}

#[tokio::test]
async fn a_provisioner_may_listen_in_production_with_a_password_alone() {
    let login = |user, password| {
        format!("plugin.nats.user = \"{user}\"\nplugin.nats.pass = \"{password}\"\n")
    };
    let own = login("operator", PASSWORDS[2].1).replace('"', "");
    let nodes = format!("{CERTIFIED}{}", login("node", PASSWORDS[1].1));
    all_arrive_elsewhere(apart().await, "accounts.conf", &own, &nodes).await;
}

/// A site whose production network has a broker of its own.
async fn apart() -> Site {
    let site = Site::builtin(NOWHERE, "").await;
    site.configure(&format!(
        "helper: builtin\nbuiltin:\n  ca_directory: {}\n  template: {}\nchoria_insecure: false\n\
         production_config: {}\n",
        site.file("ca").display(),
        site.file("template.toml").display(),
        site.file("production.conf").display(),
    ));
    site
}

/// Nodes wait at one broker and arrive at another, where the provisioner listens with `own` and nodes are with `nodes`.
async fn all_arrive_elsewhere(mut site: Site, production: &str, own: &str, nodes: &str) {
    let waiting = Broker::start("tls.conf", "", &site).await;
    let there = Broker::start(production, "", &site).await;
    client(&site, "client.conf", waiting.port, &trust(&site));
    let own = format!("{}{own}", trust(&site));
    client(&site, "production.conf", there.port, &own);
    template(&site, there.port, nodes);
    all_arrive(&mut site, waiting.port, Tls::Unverified).await;
}

/// Three nodes go through, and the provisioner hears of each that it arrived.
async fn all_arrive(site: &mut Site, port: u16, tls: Tls) {
    let mut options = Options::new(3, format!("nats://127.0.0.1:{port}").parse().unwrap());
    options.tls = tls;
    options.token = Some(Secret::new("s3cret".to_owned()));
    options.keys = Some(keys());
    site.ready().await;
    let fleet = Fleet::start(options).await.unwrap();
    for place in fleet.places() {
        site.stands(place.identity.as_str(), "confirmed").await;
    }
    fleet.stop().await;
}

/// The client configuration of a provisioner.
fn client(site: &Site, name: &str, port: u16, more: &str) {
    site.put(
        name,
        &format!(
            "identity = prov1.example.net\nplugin.choria.middleware_hosts = 127.0.0.1:{port}\n{more}"
        ),
    );
}

fn trust(site: &Site) -> String {
    let ca = site.file("ca/ca.pem");
    format!(
        "plugin.security.provider = file\nplugin.security.file.ca = {}\n",
        ca.display()
    )
}

/// What nodes become: nodes of this broker.
fn template(site: &Site, port: u16, more: &str) {
    site.put(
        "template.toml",
        &format!(
            "[configuration]\ncollectives = \"mcollective\"\nrpcauthorization = \"0\"\n\
             plugin.choria.middleware_hosts = \"127.0.0.1:{port}\"\n{more}"
        ),
    );
}

/// A certificate of the site's authority and its key.
fn issue(site: &Site, name: &str, addresses: Vec<String>) -> (String, String) {
    let read = |name: &str| fs::read_to_string(site.file(name)).unwrap();
    let key = KeyPair::from_pem(&read("ca/ca-key.pem")).unwrap();
    let issuer = Issuer::from_ca_cert_pem(&read("ca/ca.pem"), key).unwrap();
    let mut params = CertificateParams::new(addresses).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// Keys for all tests, so that none waits for keys.
fn keys() -> PathBuf {
    static POOL: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.pem");
        KeyPool::generate(2, |_| {}).unwrap().write(&path).unwrap();
        (folder, path)
    });
    POOL.1.clone()
}

/// A broker with a configuration of the examples, killed when it is dropped.
struct Broker {
    process: Child,
    folder: TempDir,
    port: u16,
}

impl Broker {
    /// Starts it, with a certificate of the site's authority and perhaps another line, and waits until it listens.
    async fn start(example: &str, more: &str, site: &Site) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str, text: &str| write_file(&folder.path().join(name), text);
        let (certificate, key) = issue(site, "broker", vec![Ipv4Addr::LOCALHOST.to_string()]);
        place("broker.pem", &certificate);
        place("broker.key", &key);
        place(
            "ca.pem",
            &fs::read_to_string(site.file("ca/ca.pem")).unwrap(),
        );
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/brokers");
        let text = fs::read_to_string(examples.join(example)).unwrap();
        assert_eq!(text.matches(ANYWHERE).count(), 1, "{example}");
        let text = text
            .replace(ANYWHERE, "127.0.0.1:-1")
            .replace("\"/etc/nats/", &format!("\"{}/", folder.path().display()));
        place("nats.conf", &format!("{text}{more}"));
        let log = File::create(folder.path().join("log")).unwrap();
        let process = Command::new("nats-server")
            .arg("-c")
            .arg(folder.path().join("nats.conf"))
            .arg("--ports_file_dir")
            .arg(folder.path())
            .envs(PASSWORDS)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut broker = Self {
            process,
            folder,
            port: 0,
        };
        broker.port = until(&format!("{example} listens"), || async { broker.listens() }).await;
        broker
    }

    /// The port in the file that the broker writes once it listens; none while it is not whole.
    fn listens(&self) -> Option<u16> {
        let name = format!("nats-server_{}.ports", self.process.id());
        let text = fs::read(self.folder.path().join(name)).ok()?;
        let ports: serde_json::Value = serde_json::from_slice(&text).ok()?;
        let url = ports.get("nats")?.get(0)?.as_str()?;
        url.rsplit_once(':')?.1.parse().ok()
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Broker {
    #[expect(
        clippy::print_stderr,
        reason = "why a test failed may be in the log of its broker"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the broker\n{}", self.log());
        }
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn write_file(path: &Path, text: &str) {
    use std::io::Write as _;
    File::create(path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
}

/// Sites are made before their brokers: the site's authority signs the broker's certificate.
const NOWHERE: &str = "nats://127.0.0.1:1";
/// Where every example listens.
const ANYWHERE: &str = "0.0.0.0:4222";
/// The variables of `accounts.conf`: of provisioners, nodes and operators.
const PASSWORDS: [(&str, &str); 3] = [
    ("PROVISIONER_PASSWORD", "p1provisioner"),
    ("NODE_PASSWORD", "p2node"),
    ("OPERATOR_PASSWORD", "p3operator"),
];
/// Settings of nodes that have certificates.
const CERTIFIED: &str = "plugin.security.provider = \"file\"\n\
    plugin.security.file.certificate = \"{{ ssldir }}/certificate.pem\"\n\
    plugin.security.file.key = \"{{ ssldir }}/private.pem\"\n\
    plugin.security.file.ca = \"{{ ssldir }}/ca.pem\"\n";
