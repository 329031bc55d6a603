//! Measures a running node from outside: `scripts/measure` prepares the broker and the build and calls this.
//!
//! ```text
//! cargo bench --bench node -- --binary PATH --broker URL --folder DIR --identity NAME [--idle SECONDS]
//! cargo bench --bench node -- --broker URL --identity NAME      # only the latencies of a node that runs already
//! ```
//!
//! With `--collective NAME --ca FILE --certificate FILE --key FILE` the node is a provisioned one on a signed network:
//! the connection shows the certificate and the requests are signed with it.
//!
//! Figures are printed one per line, `name = value unit`. They are read by people and by `docs/performance.md`; no test
//! looks at them.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measuring program stops at the first surprise and prints what it found"
)]

use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use muster::protocol::Request;
use muster::protocol::Route;
use muster::protocol::body::RpcRequest;
use muster::protocol::filter::Filter;
use muster::protocol::names::CallerId;
use muster::protocol::names::RequestId;
use muster::protocol::names::Subject;
use muster::protocol::v1;
use muster::secret::Secret;
use muster::security::request::Signer;
use muster::security::tls::ClientCertificate;
use muster::security::tls::Names;
use muster::security::tls::UnverifiedTls;
use muster::security::tls::VerifiedTls;
use muster::transport;
use muster::transport::Handle;
use muster::transport::Incoming;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use serde_json::Value;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// Requests on their way at the same time; a node takes 64.
const WINDOW: usize = 32;

struct Arguments {
    binary: Option<PathBuf>,
    broker: String,
    folder: PathBuf,
    identity: String,
    idle: u64,
    collective: String,
    caller: Option<Caller>,
}

/// Somebody with a certificate: files of CA, certificate and key.
#[derive(Default)]
struct Caller {
    ca: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl Caller {
    fn tls(&self) -> VerifiedTls {
        let key = Secret::new(read(&self.key));
        let own = ClientCertificate::from_pem(&read(&self.certificate), &key).unwrap();
        VerifiedTls::new(&read(&self.ca), Names::AltNames, Some(own)).unwrap()
    }

    fn signer(&self) -> Signer {
        Signer::from_pem(&read(&self.certificate), &read(&self.key)).unwrap()
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn arguments() -> Option<Arguments> {
    let mut found = Arguments {
        binary: None,
        broker: String::new(),
        folder: PathBuf::from("."),
        identity: String::new(),
        idle: 60,
        collective: "provisioning".to_owned(),
        caller: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        match name.as_str() {
            "--binary" => found.binary = Some(given.next()?.into()),
            "--broker" => found.broker = given.next()?,
            "--folder" => found.folder = given.next()?.into(),
            "--identity" => found.identity = given.next()?,
            "--idle" => found.idle = given.next()?.parse().ok()?,
            "--collective" => found.collective = given.next()?,
            "--ca" => found.caller.get_or_insert_default().ca = given.next()?.into(),
            "--certificate" => {
                found.caller.get_or_insert_default().certificate = given.next()?.into();
            }
            "--key" => found.caller.get_or_insert_default().key = given.next()?.into(),
            // cargo adds this to every bench
            "--bench" => {}
            _ => return None,
        }
    }
    (!found.broker.is_empty() && !found.identity.is_empty()).then_some(found)
}

struct Client {
    handle: Handle,
    incoming: mpsc::Receiver<Incoming>,
    identity: String,
    collective: String,
    caller: CallerId,
    signer: Option<Signer>,
}

impl Client {
    async fn connect(arguments: &Arguments) -> Self {
        let servers = Targets::Servers(vec![arguments.broker.parse().unwrap()]);
        let tls = match &arguments.caller {
            Some(caller) => TlsPolicy::Required(caller.tls()),
            None => TlsPolicy::PlainWhereNothingBetter(UnverifiedTls::new().unwrap()),
        };
        let signer = arguments.caller.as_ref().map(Caller::signer);
        let name = signer
            .as_ref()
            .map_or("measure", |it| it.names()[0].as_str());
        let caller = format!("choria={name}").parse().unwrap();
        let replies = format!("{}.reply.measure.>", arguments.collective);
        let mut config = transport::Config::new("measure", servers, tls);
        config.subscriptions = vec![Subscription::new(replies).unwrap()];
        let (handle, incoming) = transport::start(config, &TaskTracker::new());
        handle
            .state()
            .wait_for(transport::State::is_connected)
            .await
            .unwrap();
        Self {
            handle,
            incoming,
            identity: arguments.identity.clone(),
            collective: arguments.collective.clone(),
            caller,
            signer,
        }
    }

    /// A request as bytes for the wire.
    fn payload(&self, agent: &str, body: Vec<u8>) -> Bytes {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let request = Request {
            id: RequestId::new(muster::os::random::hex_id()).unwrap(),
            sender: "measure".parse().unwrap(),
            caller: self.caller.clone(),
            collective: self.collective.parse().unwrap(),
            agent: agent.parse().unwrap(),
            ttl: 60,
            time: i64::try_from(now).unwrap(),
            filter: Filter::default(),
            body,
        };
        let route = Route {
            reply_to: Some(format!("{}.reply.measure.1", self.collective)),
            ..Route::default()
        };
        let message = v1::encode_request(&request);
        let secure = match &self.signer {
            Some(signer) => signer.sign(message).unwrap(),
            None => v1::SecureRequest::unsigned(message),
        };
        let data = secure.encode();
        v1::Transport { data, route }.encode().into()
    }

    fn send(&self, subject: &str, payload: Bytes) {
        self.handle
            .publish(Subject::new(subject).unwrap(), payload)
            .unwrap();
    }

    async fn reply(&mut self) {
        tokio::time::timeout(Duration::from_secs(20), self.incoming.recv())
            .await
            .unwrap()
            .unwrap();
    }

    fn node(&self) -> String {
        format!("{}.node.{}", self.collective, self.identity)
    }

    /// Time from publishing a request to the node until its reply is here.
    async fn call(&mut self, agent: &str, action: &str, data: &Value) -> Duration {
        let body = RpcRequest {
            agent: agent.into(),
            action: action.into(),
            data: data.clone(),
        }
        .encode();
        let (node, payload) = (self.node(), self.payload(agent, body));
        let started = Instant::now();
        self.send(&node, payload);
        self.reply().await;
        started.elapsed()
    }

    async fn latency(&mut self, agent: &str, action: &str, data: Value, count: usize) {
        for _ in 0..20 {
            self.call(agent, action, &data).await;
        }
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            times.push(self.call(agent, action, &data).await);
        }
        times.sort();
        println!("{agent}#{action} p50 = {:.3} ms", millis(times[count / 2]));
        println!(
            "{agent}#{action} p99 = {:.3} ms",
            millis(times[count * 99 / 100])
        );
    }

    /// How many pings a second the node verifies and answers when `WINDOW` are on their way all the time. They are
    /// signed beforehand: to sign is dearer than to verify.
    async fn throughput(&mut self, count: usize) {
        let body = RpcRequest {
            agent: "rpcutil".into(),
            action: "ping".into(),
            data: json!({}),
        }
        .encode();
        let payloads: Vec<Bytes> = (0..count)
            .map(|_| self.payload("rpcutil", body.clone()))
            .collect();
        let node = self.node();
        let started = Instant::now();
        let mut answered = 0;
        for (sent, payload) in payloads.into_iter().enumerate() {
            if sent - answered == WINDOW {
                self.reply().await;
                answered += 1;
            }
            self.send(&node, payload);
        }
        while answered < count {
            self.reply().await;
            answered += 1;
        }
        let seconds = started.elapsed().as_secs_f64();
        let rate = f64::from(u32::try_from(count).unwrap()) / seconds;
        println!("requests answered per second, {WINDOW} at a time = {rate:.0}");
    }

    /// Time from starting the process until its first discovery reply is here.
    async fn first_reply(&mut self, arguments: &Arguments) -> (Duration, Node) {
        let started = Instant::now();
        let node = Node::start(arguments);
        loop {
            let subject = format!("{}.broadcast.agent.discovery", self.collective);
            self.send(&subject, self.payload("discovery", b"cGluZw==".to_vec()));
            let waited = tokio::time::timeout(Duration::from_millis(1), self.incoming.recv()).await;
            if waited.is_ok() {
                break;
            }
        }
        let elapsed = started.elapsed();
        // the other pings are answered too
        while tokio::time::timeout(Duration::from_millis(300), self.incoming.recv())
            .await
            .is_ok()
        {}
        (elapsed, node)
    }
}

/// A node that ends with its value.
struct Node(Child);

impl Node {
    fn start(arguments: &Arguments) -> Self {
        let config = arguments.folder.join("server.conf");
        let child = Command::new(arguments.binary.as_ref().unwrap())
            .args(["server", "run", "--config"])
            .arg(config)
            .current_dir(&arguments.folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Resident and private memory, in MB.
    fn memory(&self) -> (f64, f64) {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.0.id())).unwrap();
        let kib = |name: &str| -> f64 {
            let line = text.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        let private = kib("Private_Clean:") + kib("Private_Dirty:");
        (kib("Rss:") * 1024.0 / 1e6, private * 1024.0 / 1e6)
    }

    /// Processor time so far, in milliseconds.
    fn processor(&self) -> f64 {
        let text = std::fs::read_to_string(format!("/proc/{}/schedstat", self.0.id())).unwrap();
        text.split_whitespace()
            .next()
            .unwrap()
            .parse::<f64>()
            .unwrap()
            / 1e6
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

async fn measure_own(arguments: &Arguments) {
    let mut client = Client::connect(arguments).await;
    let mut starts = Vec::new();
    for _ in 0..11 {
        let (elapsed, node) = client.first_reply(arguments).await;
        drop(node);
        starts.push(elapsed);
    }
    starts.sort();
    println!(
        "start to first discovery reply, median of {} = {:.1} ms",
        starts.len(),
        millis(starts[starts.len() / 2])
    );
    let (_, node) = client.first_reply(arguments).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (resident, private) = node.memory();
    println!("idle RSS = {resident:.1} MB");
    println!("idle private = {private:.1} MB");
    let before = node.processor();
    tokio::time::sleep(Duration::from_secs(arguments.idle)).await;
    let used = node.processor() - before;
    println!(
        "connected idle CPU per minute = {:.1} ms",
        used * 60.0 / f64::from(u32::try_from(arguments.idle).unwrap())
    );
    latencies(&mut client).await;
    let (resident, private) = node.memory();
    println!("RSS after the load = {resident:.1} MB");
    println!("private after the load = {private:.1} MB");
}

async fn latencies(client: &mut Client) {
    client.latency("rpcutil", "ping", json!({}), 2000).await;
    client
        .latency("rpcutil", "inventory", json!({}), 2000)
        .await;
    client.throughput(5000).await;
    if client.signer.is_some() {
        return;
    }
    let gencsr = json!({"token": "toomanysecrets", "cn": client.identity});
    client
        .latency("choria_provision", "gencsr", gencsr, 200)
        .await;
}

fn main() {
    let Some(arguments) = arguments() else {
        println!("usage: --binary PATH --broker URL --folder DIR --identity NAME [--idle SECONDS]");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match arguments.binary.as_deref().map(Path::exists) {
            Some(true) => measure_own(&arguments).await,
            Some(false) => println!("there is no such binary"),
            None => latencies(&mut Client::connect(&arguments).await).await,
        }
    });
}
