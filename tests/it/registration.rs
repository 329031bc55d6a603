//! What a node publishes about itself, received from a real broker. No test waits for an interval: the schedule is told that
//! its time has come.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::UNIX_EPOCH;

use aws_lc_rs::signature::RSA_PKCS1_2048_8192_SHA256;
use aws_lc_rs::signature::UnparsedPublicKey;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use muster::build_info::BuildInfo;
use muster::config::CertificateFiles;
use muster::config::Owner;
use muster::protocol::Request;
use muster::protocol::v1;
use muster::protocol::v1::Signature;
use muster::server::keyring::Keyring;
use muster::server::registration::Plan;
use muster::server::registration::Registration;
use muster::server::registration::Sender;
use muster::server::registration::signer;
use muster::transport;
use muster::transport::Handle;
use muster::transport::Incoming;
use muster::transport::State;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use rcgen::CertificateParams;
use rcgen::KeyPair;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use x509_parser::pem::parse_x509_pem;

use crate::golden::Secure;
use crate::support::hostile::PATIENCE;
use crate::support::nats::NatsServer;
use crate::support::nats::Options;
use crate::support::node::BROKER;
use crate::support::node::BUILD;
use crate::support::node::TestNode;
use crate::support::node::write;

const NOW: i64 = 1_795_222_372;

/// A provisioned node with a connection, somebody who hears what it publishes, and a folder for its files.
struct Fixture {
    node: TestNode,
    link: Handle,
    registration: Registration,
    listener: (Handle, mpsc::Receiver<Incoming>),
    folder: TempDir,
}

/// A registration as it arrived.
struct Arrived {
    subject: String,
    secure: v1::SecureRequest,
    request: Request,
    body: Value,
}

impl Fixture {
    async fn new(broker: &NatsServer, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings.replace("FOLDER", &folder.path().display().to_string());
        let config = format!("{CONFIG}{settings}");
        Self::of(&BUILD, Some(&config), broker, folder).await
    }

    async fn of(
        build: &BuildInfo,
        config: Option<&str>,
        broker: &NatsServer,
        folder: TempDir,
    ) -> Self {
        let node = TestNode::new(build, config, NOW);
        let (link, _) = join(broker, &[]).await;
        let listener = join(broker, &[">"]).await;
        node.assembly.node.link.get_or_init(|| link.clone());
        let keyring = keyring(&node);
        let registration = Registration::new(
            Plan::of(&node.foundation),
            Arc::clone(&node.assembly.node),
            link.clone(),
            Arc::clone(&node.clock) as _,
            signer(&node.foundation, keyring.as_ref()),
            keyring,
        );
        Self {
            node,
            link,
            registration,
            listener,
            folder,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Lets the time come for whatever is next, and tells when that was.
    fn turn(&mut self) -> Instant {
        let next = self.registration.next().unwrap();
        self.registration.turn(next);
        next
    }

    /// The next message that arrives.
    async fn arrives(&mut self) -> Arrived {
        let heard = timeout(PATIENCE, self.listener.1.recv()).await;
        assert!(heard.is_ok(), "{:?}", self.concerns());
        let Incoming { subject, payload } = heard.unwrap().unwrap();
        let transport = v1::Transport::decode(&payload).unwrap();
        assert_eq!(transport.route.reply_to.as_deref(), Some("dev.null"));
        let secure = v1::SecureRequest::decode(&transport.data).unwrap();
        let request = v1::decode_request(&secure.message).unwrap();
        Arrived {
            subject,
            secure,
            // the JSON itself, not base64 (spec 03 §4.2)
            body: serde_json::from_slice(&request.body).unwrap(),
            request,
        }
    }

    fn concerns(&self) -> Vec<String> {
        self.node.assembly.node.concerns.open()
    }
}

/// A connection with these subscriptions, which the broker has seen.
async fn join(broker: &NatsServer, patterns: &[&str]) -> (Handle, mpsc::Receiver<Incoming>) {
    let targets = Targets::Servers(vec![broker.url().parse().unwrap()]);
    let mut config = transport::Config::new("tester", targets, TlsPolicy::Disabled);
    let subscriptions = patterns.iter().map(|it| Subscription::new(*it).unwrap());
    config.subscriptions = subscriptions.collect();
    let (handle, mut incoming) = transport::start(config, &TaskTracker::new());
    reached(&handle, State::is_connected).await;
    if !patterns.is_empty() {
        let echo = "echo".parse().unwrap();
        handle.publish(echo, bytes::Bytes::new()).unwrap();
        timeout(PATIENCE, incoming.recv()).await.unwrap();
    }
    (handle, incoming)
}

async fn reached(handle: &Handle, fits: impl FnMut(&State) -> bool) {
    let mut state = handle.state();
    let reached = timeout(PATIENCE, state.wait_for(fits)).await;
    drop(reached.unwrap().unwrap());
}

fn unpacked(body: &Value) -> Vec<u8> {
    let packed = STANDARD.decode(body["zcontent"].as_str().unwrap()).unwrap();
    let mut content = Vec::new();
    MultiGzDecoder::new(packed.as_slice())
        .read_to_end(&mut content)
        .unwrap();
    content
}

fn modified(path: &Path, seconds: u64) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
        .unwrap();
}

const CONFIG: &str = "\
identity = n1.example.net
collectives = mcollective, other
plugin.choria.server.provision = false
plugin.choria.middleware_hosts = 127.0.0.1:4222
plugin.yaml = FOLDER/facts.json
classesfile = FOLDER/classes.txt
registration_splay = false
";
const FILE: &str = "registration = file_content
plugin.choria.registration.file_content.data = FOLDER/data
";
const INVENTORY: &str = "registration = inventory_content\n";

fn known(config: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder.path().join("facts.json"),
        r#"{"os":{"name":"x"},"n":9007199254740993}"#,
    );
    write(&folder.path().join("classes.txt"), "role::web\n");
    let config = format!("{CONFIG}{config}");
    let config = config.replace("FOLDER", &folder.path().display().to_string());
    (folder, config)
}

#[tokio::test]
async fn an_inventory_tells_what_the_node_knows_of_itself() {
    let broker = NatsServer::start(Options::default()).await;
    for (packing, compressed) in [("", true), (PLAIN, false)] {
        let (folder, config) = known(&format!("{INVENTORY}{packing}"));
        let mut it = Fixture::of(&BUILD, Some(&config), &broker, folder).await;
        it.registration.connected(Instant::now());
        it.turn();
        let arrived = it.arrives().await;
        assert_eq!(arrived.subject, "mcollective.broadcast.agent.registration");
        assert_eq!(arrived.request.agent.as_str(), "registration");
        assert_eq!(arrived.request.collective.as_str(), "mcollective");
        assert_eq!(arrived.request.time, NOW);
        assert_eq!(
            arrived.body["protocol"],
            "choria:registration:inventorycontent:1"
        );
        let inventory = if compressed {
            assert_eq!(arrived.body.as_object().unwrap().len(), 2);
            serde_json::from_slice(&unpacked(&arrived.body)).unwrap()
        } else {
            arrived.body["content"].clone()
        };
        assert_inventory(&inventory, &broker.url());
    }
}

const PLAIN: &str = "plugin.choria.registration.inventory_content.compression = false\n";

fn assert_inventory(inventory: &Value, broker: &str) {
    let mut members: Vec<_> = inventory.as_object().unwrap().keys().collect();
    members.sort_unstable();
    let expected = [
        "agents",
        "build_info",
        "classes",
        "collectives",
        "facts",
        "machines",
        "status",
    ];
    assert_eq!(members, expected);
    let agents = inventory["agents"].as_array().unwrap();
    let names: Vec<_> = agents.iter().map(|it| it["name"].clone()).collect();
    assert_eq!(
        names,
        ["choria_provision", "choria_util", "discovery", "rpcutil"]
    );
    for member in [
        "license",
        "author",
        "timeout",
        "version",
        "url",
        "description",
    ] {
        assert!(!agents[0][member].is_null(), "{member}");
    }
    assert_eq!(inventory["classes"], json!(["role::web"]));
    assert_eq!(
        inventory["facts"],
        json!({"os":{"name":"x"},"n":9_007_199_254_740_993_u64})
    );
    assert_eq!(inventory["collectives"], json!(["mcollective", "other"]));
    assert_eq!(
        inventory["build_info"],
        json!({"version":"0.1.0","sha":"unknown"})
    );
    assert_eq!(inventory["machines"], json!([]));
    assert_status(&inventory["status"], broker);
}

fn assert_status(status: &Value, broker: &str) {
    for (member, value) in [
        ("identity", json!("n1.example.net")),
        ("uptime", json!(0)),
        ("connected_server", json!(broker)),
        ("last_message", json!(0)),
        ("provisioning_mode", json!(false)),
        ("certificate_expires", json!("0001-01-01T00:00:00Z")),
        ("token_expires", json!("0001-01-01T00:00:00Z")),
    ] {
        assert_eq!(status[member], value, "{member}");
    }
    for counter in [
        "total",
        "valid",
        "invalid",
        "passed",
        "filtered",
        "replies",
        "ttlexpired",
        "events",
    ] {
        assert!(status["stats"][counter].is_u64(), "{counter}");
    }
}

#[tokio::test]
async fn both_plugins_publish_each_at_its_time_and_where_it_is_told() {
    let broker = NatsServer::start(Options::default()).await;
    let mut it = Fixture::new(
        &broker,
        "registration = inventory_content, file_content
         plugin.choria.registration.file_content.data = FOLDER/data
         plugin.choria.registration.file_content.target = site.files
         plugin.choria.registration.inventory_content.target = site.inventory
         registration_collective = other\n",
    )
    .await;
    write(&it.file("data"), "\u{1f980} not JSON");
    it.registration.connected(Instant::now());
    for _ in 0..3 {
        let moments = [it.turn(), it.turn()];
        let arrived = [it.arrives().await, it.arrives().await];
        let mut subjects = arrived.each_ref().map(|it| it.subject.as_str());
        subjects.sort_unstable();
        assert_eq!(subjects, ["site.files", "site.inventory"]);
        for arrived in &arrived {
            assert_eq!(arrived.request.collective.as_str(), "other");
            if arrived.subject == "site.files" {
                assert_eq!(unpacked(&arrived.body), "\u{1f980} not JSON".as_bytes());
            }
        }
        let next = it.registration.next().unwrap();
        assert_eq!(next, moments[0] + Duration::from_secs(300));
    }
}

#[tokio::test]
async fn a_file_is_updated_once_for_each_time_it_grew_younger() {
    let broker = NatsServer::start(Options::default()).await;
    let plain = "plugin.choria.registration.file_content.compression = false\n";
    let mut it = Fixture::new(&broker, &format!("{FILE}{plain}")).await;
    let path = it.file("data");
    write(&path, "one");
    it.registration.connected(Instant::now());
    for (mtime, updated) in [
        (1000, false),
        (1000, false),
        (1001, true),
        (1001, false),
        (900, false),
        (950, true),
    ] {
        modified(&path, mtime);
        it.turn();
        let body = it.arrives().await.body;
        assert_eq!(
            body,
            json!({
                "mtime": mtime, "file": path, "updated": updated,
                "protocol": "choria:registration:filecontent:1", "content": STANDARD.encode("one"),
            })
        );
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_published_is_a_concern_until_it_can() {
    let broker = NatsServer::start(Options::default()).await;
    let mut it = Fixture::new(&broker, FILE).await;
    let path = it.file("data");
    it.registration.connected(Instant::now());
    type Break = fn(&Path);
    let breaks: [(&str, Break); 6] = [
        ("No such file", |_| {}),
        ("is empty", |path| write(path, "")),
        ("not a regular file", |path| {
            std::fs::create_dir(path).unwrap();
        }),
        ("not a regular file", |path| {
            nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        }),
        ("larger than 524288 bytes", |path| {
            File::create(path).unwrap().set_len(524_289).unwrap();
        }),
        // what stands for every other refusal of the system: root may read everything
        ("symbolic link", |path| {
            std::os::unix::fs::symlink(path, path).unwrap();
        }),
    ];
    for (reason, break_it) in breaks {
        break_it(&path);
        it.turn();
        let [concern] = &it.concerns()[..] else {
            panic!("{reason}: {:?}", it.concerns())
        };
        assert!(
            concern.starts_with("registration file_content: ") && concern.contains(reason),
            "{concern}"
        );
        std::fs::remove_dir(&path)
            .or_else(|_| std::fs::remove_file(&path))
            .ok();
        write(&path, reason);
        it.turn();
        assert_eq!(unpacked(&it.arrives().await.body), reason.as_bytes());
        assert_eq!(it.concerns(), [""; 0]);
        std::fs::remove_file(&path).unwrap();
    }
}

#[tokio::test]
async fn a_message_that_the_broker_does_not_take_leaves_once_one_takes_it() {
    let small = Options {
        extra: "max_payload: 1000",
        ..Options::default()
    };
    let broker = NatsServer::start(small).await;
    let mut it = Fixture::new(&broker, FILE).await;
    let noise: Vec<u8> = (0..2000).map(|_| rand::random()).collect();
    std::io::Write::write_all(&mut File::create(it.file("data")).unwrap(), &noise).unwrap();
    it.registration.connected(Instant::now());
    it.turn();
    let concerns = it.concerns().join("");
    assert!(
        concerns.contains("larger than the broker's limit of 1000"),
        "{concerns}"
    );
    let port = Some(broker.port);
    drop(broker);
    reached(&it.link, |state| !state.is_connected()).await;
    it.registration.lost(Instant::now());
    assert_eq!(it.registration.next(), None);
    let broker = NatsServer::start(Options {
        port,
        ..Options::default()
    })
    .await;
    reached(&it.link, State::is_connected).await;
    it.listener = join(&broker, &[">"]).await;
    let now = Instant::now();
    it.registration.connected(now);
    let soon = it.turn() - now;
    assert!(soon <= Duration::from_secs(60), "{soon:?}");
    assert_eq!(unpacked(&it.arrives().await.body), noise);
    assert_eq!(it.concerns(), [""; 0]);
}

#[tokio::test]
async fn a_connection_that_broke_unnoticed_keeps_the_message_for_the_next_one() {
    let broker = NatsServer::start(Options::default()).await;
    let mut it = Fixture::new(&broker, FILE).await;
    write(&it.file("data"), "x");
    it.registration.connected(Instant::now());
    drop(broker);
    reached(&it.link, |state| !state.is_connected()).await;
    it.turn();
    assert_eq!(it.registration.next(), None);
    assert_eq!(it.link.stats().out_messages, 0);
}

#[tokio::test]
async fn more_facts_than_fit_are_a_concern() {
    let broker = NatsServer::start(Options::default()).await;
    let (folder, config) = known(INVENTORY);
    let facts = json!({"a": "x".repeat(5 * 1024 * 1024)});
    write(&folder.path().join("facts.json"), &facts.to_string());
    let mut it = Fixture::of(&BUILD, Some(&config), &broker, folder).await;
    it.registration.connected(Instant::now());
    it.turn();
    let concerns = it.concerns().join("");
    assert!(
        concerns.starts_with("registration inventory_content: the inventory of 5"),
        "{concerns}"
    );
}

#[tokio::test]
async fn a_size_that_changed_leaves_early() {
    let broker = NatsServer::start(Options::default()).await;
    let trigger = "plugin.choria.registration.size_trigger = 100\n\
                   plugin.choria.registration.file_content.compression = false\n";
    let mut it = Fixture::new(&broker, &format!("{FILE}{trigger}")).await;
    write(&it.file("data"), "small");
    it.registration.connected(Instant::now());
    let first = it.turn();
    it.arrives().await;
    assert_eq!(it.turn() - first, Duration::from_secs(30));
    write(&it.file("data"), &"large".repeat(100));
    assert_eq!(it.turn() - first, Duration::from_secs(60));
    let body = it.arrives().await.body;
    assert_eq!(body["content"], STANDARD.encode("large".repeat(100)));
}

#[tokio::test]
async fn a_waiting_node_registers_where_its_build_says() {
    let broker = NatsServer::start(Options::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    write(&path, r#"{"serial":"X-1701"}"#);
    let mut build = BUILD;
    let leaked: &'static str = path.display().to_string().leak();
    build.provisioning.registration_data = Some(leaked);
    build.provisioning.registration_subjects =
        &["provisioning.registration.data", "choria.provisioning_data"];
    let mut it = Fixture::of(&build, None, &broker, folder).await;
    it.registration.connected(Instant::now());
    it.turn();
    for subject in build.provisioning.registration_subjects {
        let arrived = it.arrives().await;
        assert_eq!(arrived.subject, *subject);
        assert_eq!(arrived.secure.signature, Signature::Unsigned);
        assert_eq!(unpacked(&arrived.body), br#"{"serial":"X-1701"}"#);
    }
}

/// On a network where requests are signed, a waiting node has nothing to sign with.
#[test]
fn a_registration_over_anonymous_tls_is_written_byte_for_byte() {
    let recording = Secure::provisioning();
    let scenario = "node start in the provisioning collective over anonymous TLS";
    let recorded = &recording.scenario(scenario).messages[1];
    let transport = v1::Transport::decode(recorded.payload.as_bytes()).unwrap();
    let secure = v1::SecureRequest::decode(&transport.data).unwrap();
    let request = v1::decode_request(&secure.message).unwrap();
    let mut build = BUILD;
    build.secure = true;
    build.provisioning.registration_data = Some("/etc/choria/registration.json");
    let node = TestNode::new(&build, None, NOW);
    let [plan] = &Plan::of(&node.foundation)[..] else {
        panic!("one plan")
    };
    assert_eq!(plan.subjects[0].as_str(), recorded.subject);
    let signer = signer(&node.foundation, None);
    let from = Sender {
        identity: &"sec1.example.net".parse().unwrap(),
        server: BROKER,
        signer: signer.as_ref(),
    };
    let ours = plan.message(&from, request.id, request.time, request.body);
    assert_eq!(String::from_utf8(ours.unwrap()).unwrap(), recorded.payload);
}

/// The certificate of a node that has one.
fn keyring(node: &TestNode) -> Option<Keyring> {
    let security = &node.foundation.resolved.settings.security;
    let identity = node.foundation.identity.as_str();
    let owner = Owner {
        certname: identity,
        root: false,
        home: None,
    };
    let files = CertificateFiles::of(security, &owner).ok()?;
    let clock = Arc::clone(&node.clock) as _;
    Keyring::open(files, security.terms(), identity, clock).ok()
}

/// Puts a certificate for this key, which is its own authority, where a node looks for it.
fn certify(folder: &Path, key: &KeyPair) -> String {
    let params = CertificateParams::new(vec!["n1.example.net".to_owned()]).unwrap();
    let certificate = params.self_signed(key).unwrap().pem();
    write(&folder.join("cert.pem"), &certificate);
    write(&folder.join("ca.pem"), &certificate);
    write(&folder.join("key.pem"), &key.serialize_pem());
    certificate
}

/// The certificate whose signature this is; nothing without a signature.
fn signed_by(secure: &v1::SecureRequest) -> Option<String> {
    let Signature::X509 {
        signature,
        certificate,
    } = &secure.signature
    else {
        return None;
    };
    let (_, pem) = parse_x509_pem(certificate.as_bytes()).unwrap();
    let parsed = pem.parse_x509().unwrap();
    let key = parsed.public_key().subject_public_key.data.as_ref();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    key.verify(secure.message.as_bytes(), signature).unwrap();
    Some(certificate.clone())
}

const SSL: &str = "plugin.security.provider = file
        plugin.security.file.certificate = FOLDER/cert.pem
        plugin.security.file.key = FOLDER/key.pem
        plugin.security.file.ca = FOLDER/ca.pem\n";

#[tokio::test]
async fn a_member_signs_with_its_certificate() {
    let broker = NatsServer::start(Options::default()).await;
    let mut build = BUILD;
    build.secure = true;
    let (folder, config) = known(&format!("{INVENTORY}{SSL}"));
    let key = KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let certificate = certify(folder.path(), &key);
    let mut it = Fixture::of(&build, Some(&config), &broker, folder).await;
    it.registration.connected(Instant::now());
    it.turn();
    let signer = signed_by(&it.arrives().await.secure);
    assert_eq!(signer.as_ref(), Some(&certificate));
    assert_eq!(it.concerns(), [""; 0]);
}

#[tokio::test]
async fn a_member_whose_key_cannot_sign_says_so() {
    let broker = NatsServer::start(Options::default()).await;
    let mut build = BUILD;
    build.secure = true;
    let (folder, config) = known(&format!("{INVENTORY}{SSL}"));
    certify(folder.path(), &KeyPair::generate().unwrap());
    let mut it = Fixture::of(&build, Some(&config), &broker, folder).await;
    it.registration.connected(Instant::now());
    it.turn();
    let concerns = it.concerns().join("");
    assert!(concerns.contains("not an RSA key"), "{concerns}");
}
