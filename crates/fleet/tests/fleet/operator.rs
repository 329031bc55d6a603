//! Somebody who asks nodes over a broker, with the client that the command line and the provisioner use, and takes them
//! into production by hand.

use std::time::Duration;

use muster::client::Answer;
use muster::client::Call;
use muster::client::Client;
use muster::client::ClientConfig;
use muster::client::Mailbox;
use muster::client::Patience;
use muster::client::Search;
use muster::client::Stats;
use muster::operator::Link;
use muster::operator::Machine;
use muster::protocol::body::StatusCode;
use muster::protocol::filter::Filter;
use muster::protocol::names::AgentName;
use muster::protocol::names::CallerId;
use muster::protocol::names::Collective;
use muster::protocol::names::Identity;
use muster::protocol::names::SenderId;
use muster::transport;
use muster::transport::Incoming;
use muster::transport::State;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use crate::authority::Issuer;
use crate::authority::sign;

/// Somebody who asks.
pub(crate) struct Operator {
    client: Client<Link, Machine>,
    events: Mutex<mpsc::Receiver<Event>>,
}

/// A startup event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Of which node.
    pub(crate) identity: Identity,
    /// As what it started.
    pub(crate) component: String,
}

/// All answers to a call, and how it went.
pub(crate) struct Answers {
    /// One for each node that answered.
    pub(crate) answers: Vec<Answer>,
    /// How it went.
    pub(crate) stats: Stats,
}

impl Operator {
    /// Somebody at this broker.
    pub(crate) async fn join(broker: &str, tls: TlsPolicy) -> Arc<Self> {
        let caller = CallerId::new("choria=operator").unwrap();
        let mailbox = Mailbox::new(&caller, &muster::os::random::hex_id());
        let targets = Targets::Servers(vec![broker.parse().unwrap()]);
        let mut config = transport::Config::new("operator", targets, tls);
        for collective in ["provisioning", "mcollective"] {
            let subject = mailbox.subscription(&collective.parse().unwrap());
            config
                .subscriptions
                .push(Subscription::new(subject).unwrap());
        }
        let events = Subscription::new("choria.lifecycle.event.startup.*").unwrap();
        config.subscriptions.push(events);
        let tasks = TaskTracker::new();
        let (handle, incoming) = transport::start(config, &tasks);
        let mut state = handle.state();
        let connected = state.wait_for(State::is_connected);
        let joined = timeout_at(Instant::now() + PATIENCE, connected).await;
        assert!(joined.is_ok_and(|state| state.is_ok()), "no broker");
        let asks = ClientConfig {
            sender: SenderId::new("operator.example.net").unwrap(),
            caller,
            ttl: 60,
            discovery_timeout: Duration::from_secs(2),
            signer: None,
        };
        let client = Client::new(Link::new(handle), Machine, asks, mailbox);
        client.ready().await.unwrap();
        let (heard, events) = mpsc::channel(65_536);
        let events = Mutex::new(events);
        let operator = Arc::new(Self { client, events });
        drop(tasks.spawn(hear(Arc::clone(&operator), incoming, heard)));
        operator
    }

    /// The next startup event.
    pub(crate) async fn started(&self) -> Event {
        let mut events = self.events.lock().await;
        let event = timeout_at(Instant::now() + PATIENCE, events.recv()).await;
        assert!(event.is_ok(), "no node announced itself");
        event.unwrap().unwrap()
    }

    /// Waits until this node has started as this.
    pub(crate) async fn has_started(&self, identity: &Identity, component: &str) {
        loop {
            let event = self.started().await;
            if event.identity == *identity && event.component == component {
                return;
            }
        }
    }

    /// The nodes that answer in a collective, of which so many are expected.
    pub(crate) async fn discovers(&self, collective: &str, expect: usize) -> Vec<Identity> {
        let search = Search {
            collective: collective.parse().unwrap(),
            filter: Filter::default(),
            patience: Patience::sliding(Duration::from_secs(5)),
            expect: Some(expect),
        };
        self.client.discover(&search, |_| {}).await.unwrap().nodes
    }

    /// Asks one node, and waits for answers up to a time.
    pub(crate) async fn asks(
        &self,
        collective: &str,
        node: &Identity,
        action: (&str, &str),
        data: Value,
    ) -> Answers {
        let call = Call {
            agent: AgentName::new(action.0).unwrap(),
            action: action.1.to_owned(),
            data: data.as_object().cloned().unwrap_or_else(Map::new),
            collective: Collective::new(collective).unwrap(),
            filter: Filter::default(),
            timeout: Duration::from_secs(10),
            batch: None,
        };
        let mut answers = Vec::new();
        let nodes = std::slice::from_ref(node);
        let stats = self
            .client
            .call(&call, nodes, |answer| answers.push(answer));
        let stats = stats.await.unwrap();
        Answers { answers, stats }
    }

    /// Asks a waiting node's provisioning agent, with the token.
    pub(crate) async fn provision(&self, node: &Identity, action: &str, data: Value) -> Answers {
        let mut data = data;
        data["token"] = TOKEN.into();
        self.asks("provisioning", node, ("choria_provision", action), data)
            .await
    }

    /// Gives a waiting node its certificate and this configuration; what remains is to restart it.
    pub(crate) async fn configures(&self, node: &Identity, authority: &Issuer, broker: &str) {
        let csr = self.provision(node, "gencsr", json!({})).await.ok();
        let ssl = csr["ssldir"].as_str().unwrap();
        let config = json!({
            "identity": node.as_str(),
            "plugin.choria.server.provision": "false",
            "plugin.choria.middleware_hosts": broker,
            "rpcauthorization": "false",
            "plugin.security.provider": "file",
            "plugin.security.file.certificate": format!("{ssl}/certificate.pem"),
            "plugin.security.file.key": format!("{ssl}/private.pem"),
            "plugin.security.file.ca": format!("{ssl}/ca.pem"),
        });
        let inputs = json!({
            "config": config.to_string(),
            "certificate": sign(authority, csr["csr"].as_str().unwrap()),
            "ca": authority.pem(),
            "ssldir": ssl,
        });
        self.provision(node, "configure", inputs).await.ok();
    }

    /// Restarts a configured node as soon as it may.
    pub(crate) async fn restarts(&self, node: &Identity) {
        let answers = self.provision(node, "restart", json!({"splay": 1}));
        answers.await.ok();
    }
}

impl Answers {
    /// The data of the one answer, which is a success.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.answers.len(), 1, "{:?}", self.stats);
        let reply = self.answers.into_iter().next().unwrap().reply;
        assert_eq!(reply.statuscode, StatusCode::Ok, "{}", reply.statusmsg);
        reply.data
    }
}

async fn hear(
    operator: Arc<Operator>,
    mut incoming: mpsc::Receiver<Incoming>,
    heard: mpsc::Sender<Event>,
) {
    while let Some(message) = incoming.recv().await {
        if !message.subject.starts_with("choria.lifecycle.event.") {
            operator.client.deliver(&message.subject, message.payload);
            continue;
        }
        let event: Value = serde_json::from_slice(&message.payload).unwrap();
        let text = |name: &str| event["data"][name].as_str().unwrap().to_owned();
        let event = Event {
            identity: text("identity").parse().unwrap(),
            component: text("component"),
        };
        heard.try_send(event).unwrap();
    }
}

/// The fleet's token.
pub(crate) const TOKEN: &str = "toomanysecrets";
/// The names under which nodes announce themselves.
pub(crate) const WAITING: &str = "provision_mode_server";
/// As a provisioned node.
pub(crate) const PRODUCTION: &str = "server";
const PATIENCE: Duration = Duration::from_secs(60);
