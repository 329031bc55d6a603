//! The provisioner's side of a dialogue, on a network in memory where the recorded node answers.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use muster::client::Client;
use muster::client::ClientConfig;
use muster::client::Mailbox;
use muster::client::Patience;
use muster::client::Search;
use muster::client::Surroundings;
use muster::client::Wire;
use muster::client::WireError;
use muster::client::caller_id;
use muster::protocol::filter::Filter;
use muster::protocol::names::Collective;
use muster::protocol::names::Identity;
use muster::protocol::names::SenderId;
use muster::protocol::names::Subject;
use muster::security::request::Signer;
use muster::transport;
use muster_provisioner::config;
use muster_provisioner::drive::Context;
use muster_provisioner::drive::Decider;
use muster_provisioner::drive::Gate;
use muster_provisioner::drive::Job;
use muster_provisioner::journal::Journal;
use muster_provisioner::metrics::Metrics;
use muster_provisioner::session::Approval;
use muster_provisioner::session::Brief;
use muster_provisioner::table::End;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::recording::From;
use crate::recording::Message;
use crate::recording::Scenario;
use crate::recording::unwrap;

/// A dialogue to be played.
pub(crate) struct Play {
    home: TempDir,
    node: Identity,
    context: Context<Network, Recorded>,
    sent: Arc<Mutex<Vec<Value>>>,
    replies: mpsc::UnboundedReceiver<(String, Bytes)>,
    token: &'static str,
}

/// A network on which the recorded node answers.
pub(crate) struct Network {
    /// What it answers, by action; discovery is `ping`.
    answers: BTreeMap<String, Message>,
    sent: Arc<Mutex<Vec<Value>>>,
    replies: mpsc::UnboundedSender<(String, Bytes)>,
}

/// The clock of the recording.
pub(crate) struct Recorded(i64);

impl Surroundings for Recorded {
    fn now(&self) -> i64 {
        self.0
    }

    fn hex_id(&self) -> String {
        muster::os::random::hex_id()
    }

    fn below(&self, bound: u64) -> u64 {
        muster::os::random::below(bound)
    }
}

impl Wire for Network {
    async fn publish(&self, subject: Subject, payload: Bytes) -> Result<(), WireError> {
        let message = unwrap(subject.as_str(), &payload);
        let action = message["body"]["action"].as_str().unwrap_or("ping");
        let to = message["transport"]["headers"]["reply-to"]
            .as_str()
            .unwrap();
        let id = message["inner"]["envelope"]["requestid"].as_str().unwrap();
        let reply = readdressed(&self.answers[action], id);
        self.replies.send((to.to_owned(), reply)).unwrap();
        self.sent.lock().unwrap().push(message);
        Ok(())
    }

    async fn flush(&self) -> Result<(), WireError> {
        Ok(())
    }

    fn server(&self) -> String {
        "nats://127.0.0.1:4222".to_owned()
    }
}

/// A recorded reply, to another request: the id and the hash over it change, nothing else.
fn readdressed(recorded: &Message, id: &str) -> Bytes {
    let mut transport: Value = serde_json::from_str(&recorded.payload).unwrap();
    let data = STANDARD
        .decode(transport["data"].as_str().unwrap())
        .unwrap();
    let mut secure: Value = serde_json::from_slice(&data).unwrap();
    let mut inner: Value = serde_json::from_str(secure["message"].as_str().unwrap()).unwrap();
    inner["envelope"]["requestid"] = json!(id);
    let message = inner.to_string();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, message.as_bytes());
    secure["hash"] = json!(STANDARD.encode(digest));
    secure["message"] = json!(message);
    transport["data"] = json!(STANDARD.encode(secure.to_string()));
    transport.to_string().into()
}

/// The provisioner as it was recorded, under a sender's name of ours.
fn caller(envelope: &Value, signer: Option<Signer>) -> ClientConfig {
    let caller = envelope["callerid"].as_str().unwrap();
    let sender = envelope["senderid"].as_str().unwrap();
    ClientConfig {
        sender: SenderId::new(format!("{sender}-0123456789abcdef")).unwrap(),
        caller: caller_id(caller.trim_start_matches("choria=")).unwrap(),
        ttl: 60,
        discovery_timeout: std::time::Duration::ZERO,
        signer: signer.map(Arc::new),
    }
}

/// A connection that stays as it is for as long as the play lasts.
fn lasting() -> watch::Receiver<transport::State> {
    let (link, linked) = watch::channel(transport::State::Connected {
        server: "nats://127.0.0.1:4222".to_owned(),
        broker: String::new(),
        tls: transport::Protection::Plain,
        since: Instant::now(),
    });
    std::mem::forget(link);
    linked
}

impl Play {
    /// The recorded provisioner's place in a scenario.
    pub(crate) fn new(scenario: &Scenario, token: &'static str, signer: Option<Signer>) -> Self {
        let requests = || {
            scenario
                .messages
                .iter()
                .filter(|m| m.from() == From::Caller)
        };
        let configure = requests()
            .map(Message::unwrapped)
            .find(|message| message["body"]["action"] == "configure")
            .unwrap();
        let node = configure["subject"].as_str().unwrap();
        let node = Identity::new(node.trim_start_matches("provisioning.node.")).unwrap();
        let answers = scenario
            .messages
            .iter()
            .filter(|m| m.subject.contains(".reply."));
        let answers = answers.map(|message| {
            let unwrapped = message.unwrapped();
            let action = unwrapped["body"]["action"].as_str().unwrap_or("ping");
            (action.to_owned(), message.clone())
        });
        let home = tempfile::tempdir().unwrap();
        helper(&home, &configure["body"]["data"]);
        let envelope = &configure["inner"]["envelope"];
        let (replier, replies) = mpsc::unbounded_channel();
        let sent = Arc::default();
        let network = Network {
            answers: answers.collect(),
            sent: Arc::clone(&sent),
            replies: replier,
        };
        let client = caller(envelope, signer);
        let clock = Recorded(envelope["time"].as_i64().unwrap());
        let now = clock.now();
        let (journal, _) = Journal::open(&home.path().join("state"), now).unwrap();
        let mailbox = Mailbox::new(&client.caller, "play");
        Self {
            home,
            node,
            context: Context {
                client: Client::new(network, clock, client, mailbox),
                link: lasting(),
                journal,
                metrics: Metrics::new("test", &muster::build_info::BUILD_INFO, now).unwrap(),
                collective: Collective::new("provisioning").unwrap(),
            },
            sent,
            replies,
            token,
        }
    }

    /// Plays it: what the provisioner sent, unwrapped.
    pub(crate) async fn run(mut self) -> Vec<Value> {
        let config = self.config();
        let context = &self.context;
        let replies = &mut self.replies;
        let node = self.node.clone();
        let dialogue = async {
            let search = Search {
                collective: context.collective.clone(),
                filter: Filter {
                    agent: vec!["choria_provision".to_owned()],
                    ..Filter::default()
                },
                patience: Patience::fixed(std::time::Duration::from_secs(20)),
                expect: Some(1),
            };
            let found = context.client.discover(&search, |_| {}).await.unwrap();
            assert_eq!(found.nodes, std::slice::from_ref(&node));
            let inventory = context.probe(&node, &config).await.unwrap();
            let job = Job {
                brief: Brief {
                    config: Arc::new(config.clone()),
                    identity: node.clone(),
                    inventory,
                    approval: Approval::None,
                },
                decider: Arc::new(Decider::open(&config).unwrap()),
                gate: watch::channel(Gate::Open).1,
                doubt: CancellationToken::new(),
                starts: watch::channel(()).1,
            };
            context.onboard(job, |_| {}).await
        };
        let pump = async {
            while let Some((subject, payload)) = replies.recv().await {
                context.client.deliver(&subject, payload);
            }
        };
        let outcome = tokio::select! {
            outcome = dialogue => outcome,
            () = pump => panic!("the network is gone"),
        };
        let becomes = self.node.clone();
        assert_eq!(outcome.finish.end, End::Provisioned { becomes });
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    fn config(&self) -> config::Config {
        let text = format!(
            "helper: {}\ntoken: {}\nfeatures: {{pki: true}}\nchoria_insecure: true\nworkers: 1\n",
            self.home.path().join("helper").display(),
            self.token
        );
        let path = self.home.path().join("provisioner.yaml");
        std::fs::File::create(&path)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        config::load(&path).unwrap().config
    }
}

/// A helper that says what the recorded site's said.
fn helper(home: &TempDir, sent: &Value) {
    let configuration: Value = serde_json::from_str(sent["config"].as_str().unwrap()).unwrap();
    let answer = json!({
        "configuration": configuration,
        "certificate": sent["certificate"],
        "ca": sent["ca"],
    });
    let place = |name: &str, text: &str| {
        let path = home.path().join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let file = place("answer.json", &answer.to_string());
    place(
        "helper",
        &format!("#!/bin/sh\ncat >/dev/null\ncat {}\n", file.display()),
    );
}
