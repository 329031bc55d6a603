//! Nodes that do what a test says: a crowd of them on one connection, each with a behaviour of its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use muster::protocol::Reply;
use muster::protocol::Request;
use muster::protocol::Route;
use muster::protocol::body::RpcReply;
use muster::protocol::body::RpcRequest;
use muster::protocol::body::StatusCode;
use muster::protocol::filter::Filter;
use muster::protocol::lifecycle;
use muster::protocol::names::AgentName;
use muster::protocol::names::CallerId;
use muster::protocol::names::Collective;
use muster::protocol::names::Identity;
use muster::protocol::names::RequestId;
use muster::protocol::names::SenderId;
use muster::protocol::names::Subject;
use muster::protocol::v1;
use muster::transport;
use muster::transport::Handle;
use muster::transport::Incoming;
use muster::transport::State;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::KeyPair;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::PATIENCE;

/// The crowd.
#[derive(Clone)]
pub(crate) struct Crowd {
    handle: Handle,
    inner: Arc<Mutex<Inner>>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Inner {
    actors: BTreeMap<String, Actor>,
    heard: Vec<Asked>,
    discoveries: usize,
    /// What else is said when a discovery asks.
    crier: Option<Behaviour>,
}

#[derive(Clone)]
struct Actor {
    behaviour: Behaviour,
    /// How long after a discovery it answers, if it does.
    discoverable: Option<Duration>,
}

/// What a node does with a request: everything it says, each after a while.
pub(crate) type Behaviour = Arc<dyn Fn(&Asked) -> Vec<Said> + Send + Sync>;

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// To whom.
    pub(crate) node: String,
    /// By which process.
    pub(crate) sender: String,
    /// By whom.
    pub(crate) caller: String,
    /// Its id.
    pub(crate) id: String,
    /// The agent.
    pub(crate) agent: String,
    /// The action.
    pub(crate) action: String,
    /// The inputs.
    pub(crate) data: Map<String, Value>,
    /// Where the answer goes.
    pub(crate) reply_to: String,
}

/// Something that a node says.
pub(crate) struct Said {
    /// Another subject than that of the question.
    pub(crate) to: Option<String>,
    /// How long it takes.
    pub(crate) after: Duration,
    /// The bytes on the reply subject.
    pub(crate) payload: Bytes,
}

impl Asked {
    /// An answer as a node of this name would write it.
    pub(crate) fn answer_of(&self, sender: &str, body: &[u8]) -> Said {
        let reply = Reply {
            request: RequestId::new(self.id.as_str()).unwrap(),
            sender: Identity::new(sender).unwrap(),
            agent: AgentName::new(self.agent.as_str()).unwrap(),
            time: now(),
            body: body.to_vec(),
        };
        let secure = v1::SecureReply {
            message: v1::encode_reply(&reply),
        };
        let transport = v1::Transport {
            data: secure.encode(),
            route: Route::default(),
        };
        said(transport.encode())
    }

    /// An answer whose sender is any text.
    pub(crate) fn answer_in_the_name_of(&self, sender: &str, body: &[u8]) -> Said {
        let transport = v1::Transport::decode(&self.answer_of("x", body).payload).unwrap();
        let secure: Value = serde_json::from_slice(&transport.data).unwrap();
        let message = secure["message"].as_str().unwrap();
        let mut reply: Value = serde_json::from_str(message).unwrap();
        reply["envelope"]["senderid"] = sender.into();
        let message = reply.to_string();
        let data = v1::SecureReply { message }.encode();
        let route = Route::default();
        said(v1::Transport { data, route }.encode())
    }

    /// A success.
    pub(crate) fn ok(&self, data: Value) -> Said {
        let Value::Object(data) = data else {
            panic!("{data} is no object")
        };
        self.answer_of(&self.node, &RpcReply::ok(&self.action, data).encode())
    }

    /// A refusal.
    pub(crate) fn refuses(&self, message: &str) -> Said {
        let reply = RpcReply::failed(&self.action, StatusCode::Aborted, message);
        self.answer_of(&self.node, &reply.encode())
    }

    fn text(&self, input: &str) -> &str {
        self.data[input].as_str().unwrap()
    }
}

fn now() -> i64 {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// Bytes at once.
pub(crate) fn said(payload: impl Into<Bytes>) -> Said {
    Said {
        to: None,
        after: Duration::ZERO,
        payload: payload.into(),
    }
}

impl Crowd {
    /// Joins a broker, with nobody in it.
    pub(crate) async fn join(url: &str) -> Self {
        let targets = Targets::Servers(vec![url.parse().unwrap()]);
        let mut config = transport::Config::new("crowd", targets, TlsPolicy::Disabled);
        config.subscriptions = [
            "provisioning.node.>",
            "provisioning.broadcast.agent.discovery",
        ]
        .map(|subject| Subscription::new(subject).unwrap())
        .into();
        let tasks = TaskTracker::new();
        let (handle, incoming) = transport::start(config, &tasks);
        let mut state = handle.state();
        timeout(PATIENCE, state.wait_for(State::is_connected))
            .await
            .unwrap()
            .unwrap();
        handle.flush(PATIENCE).await.unwrap();
        let crowd = Self {
            handle,
            inner: Arc::default(),
            tasks: tasks.clone(),
        };
        tasks.spawn(crowd.clone().listen(incoming));
        crowd
    }

    /// Adds a node that answers discoveries, or changes what it does.
    pub(crate) fn add(&self, identity: &str, behaviour: Behaviour) {
        self.put(identity, behaviour, Some(Duration::ZERO));
    }

    /// Adds a node that keeps silent when a discovery asks.
    pub(crate) fn add_hidden(&self, identity: &str, behaviour: Behaviour) {
        self.put(identity, behaviour, None);
    }

    /// Adds a node that takes its time to answer a discovery.
    pub(crate) fn add_late(&self, identity: &str, behaviour: Behaviour, after: Duration) {
        self.put(identity, behaviour, Some(after));
    }

    fn put(&self, identity: &str, behaviour: Behaviour, discoverable: Option<Duration>) {
        let actor = Actor {
            behaviour,
            discoverable,
        };
        self.inner
            .lock()
            .unwrap()
            .actors
            .insert(identity.to_owned(), actor);
    }

    /// Says more when a discovery asks.
    pub(crate) fn cry(&self, behaviour: Behaviour) {
        self.inner.lock().unwrap().crier = Some(behaviour);
    }

    /// The node is there no more.
    pub(crate) fn remove(&self, identity: &str) {
        self.inner.lock().unwrap().actors.remove(identity);
    }

    /// A node says that it has started and waits.
    pub(crate) fn startup(&self, identity: &str) {
        self.event(identity, lifecycle::Component::ProvisionModeServer);
    }

    /// A node says that it has started in production.
    pub(crate) fn in_production(&self, identity: &str) {
        self.event(identity, lifecycle::Component::Server);
    }

    /// The same as [`Crowd::startup`], as older nodes write it.
    pub(crate) fn startup_of_old(&self, identity: &str) {
        self.publish_event(
            identity,
            lifecycle::Component::ProvisionModeServer,
            lifecycle::Format::Legacy,
        );
    }

    /// A node publishes its registration to a subject.
    pub(crate) fn registration(&self, identity: &str, subject: &str) {
        let request = Request {
            id: RequestId::new(muster::os::random::hex_id()).unwrap(),
            sender: SenderId::new(identity).unwrap(),
            caller: CallerId::new(format!("choria={identity}")).unwrap(),
            collective: Collective::new("provisioning").unwrap(),
            agent: AgentName::new("registration").unwrap(),
            ttl: 60,
            time: now(),
            filter: Filter::default(),
            body: b"{}".to_vec(),
        };
        let secure = v1::SecureRequest::unsigned(v1::encode_request(&request));
        let transport = v1::Transport {
            data: secure.encode(),
            route: Route::default(),
        };
        self.publish(subject, transport.encode());
    }

    fn event(&self, identity: &str, component: lifecycle::Component) {
        self.publish_event(identity, component, lifecycle::Format::CloudEvents);
    }

    fn publish_event(
        &self,
        identity: &str,
        component: lifecycle::Component,
        format: lifecycle::Format,
    ) {
        let event = happening(identity, component);
        self.publish(event.subject().as_str(), event.encode(format));
    }

    /// Anything, anywhere.
    pub(crate) fn publish(&self, subject: &str, payload: impl Into<Bytes>) {
        let subject = Subject::new(subject).unwrap();
        self.handle.publish(subject, payload.into()).unwrap();
    }

    /// As many messages as there are, in this order.
    pub(crate) async fn pour(&self, messages: impl IntoIterator<Item = (String, Bytes)>) {
        for (number, (subject, payload)) in messages.into_iter().enumerate() {
            self.publish(&subject, payload);
            // what waits to be sent has a bound
            if number % 64 == 63 {
                self.handle.flush(PATIENCE).await.unwrap();
            }
        }
    }

    /// Nodes say that they have started and wait, each once.
    pub(crate) async fn startups(&self, identities: impl IntoIterator<Item = String>) {
        let component = lifecycle::Component::ProvisionModeServer;
        let events = identities.into_iter().map(|identity| {
            let event = happening(&identity, component);
            let payload = event.encode(lifecycle::Format::CloudEvents);
            (event.subject().as_str().to_owned(), payload.into())
        });
        self.pour(events).await;
    }

    /// Everything that this node was asked so far, as `agent#action`.
    pub(crate) fn asked(&self, identity: &str) -> Vec<String> {
        self.requests(identity)
            .iter()
            .map(|asked| format!("{}#{}", asked.agent, asked.action))
            .collect()
    }

    /// The same, whole.
    pub(crate) fn requests(&self, identity: &str) -> Vec<Asked> {
        let inner = self.inner.lock().unwrap();
        let of_node = inner.heard.iter().filter(|asked| asked.node == identity);
        of_node.cloned().collect()
    }

    /// How many discoveries asked so far.
    pub(crate) fn discoveries(&self) -> usize {
        self.inner.lock().unwrap().discoveries
    }

    /// Everything that anybody was asked so far, in this order: the node and `agent#action`.
    pub(crate) fn course(&self) -> Vec<(String, String)> {
        let inner = self.inner.lock().unwrap();
        let course = inner.heard.iter();
        course
            .map(|asked| {
                let what = format!("{}#{}", asked.agent, asked.action);
                (asked.node.clone(), what)
            })
            .collect()
    }

    async fn listen(self, mut incoming: mpsc::Receiver<Incoming>) {
        while let Some(message) = incoming.recv().await {
            self.hear(&message);
        }
    }

    fn hear(&self, message: &Incoming) {
        let transport = v1::Transport::decode(&message.payload).unwrap();
        let secure = v1::SecureRequest::decode(&transport.data).unwrap();
        let request = v1::decode_request(&secure.message).unwrap();
        let asked = Asked {
            node: String::new(),
            sender: request.sender.to_string(),
            caller: request.caller.to_string(),
            id: request.id.to_string(),
            agent: request.agent.to_string(),
            action: String::new(),
            data: Map::new(),
            reply_to: transport.route.reply_to.unwrap(),
        };
        let Some(node) = message.subject.strip_prefix("provisioning.node.") else {
            return self.discovered(&asked);
        };
        let rpc = RpcRequest::decode(&request.payload()).unwrap();
        let Value::Object(data) = rpc.data else {
            panic!("inputs are an object")
        };
        let asked = Asked {
            node: node.to_owned(),
            action: rpc.action,
            data,
            ..asked
        };
        let behaviour = {
            let mut inner = self.inner.lock().unwrap();
            inner.heard.push(asked.clone());
            inner.actors.get(node).map(|actor| actor.behaviour.clone())
        };
        for said in behaviour
            .map(|behaviour| behaviour(&asked))
            .unwrap_or_default()
        {
            self.say(&asked, said);
        }
    }

    fn discovered(&self, asked: &Asked) {
        let present: Vec<_> = {
            let mut inner = self.inner.lock().unwrap();
            inner.discoveries += 1;
            let actors = inner.actors.iter();
            actors
                .filter_map(|(identity, actor)| Some((identity.clone(), actor.discoverable?)))
                .collect()
        };
        for (identity, after) in present {
            let answer = asked.answer_of(&identity, b"pong");
            self.say(asked, Said { after, ..answer });
        }
        let crier = self.inner.lock().unwrap().crier.clone();
        let cries = crier.map(|cries| cries(asked)).unwrap_or_default();
        let (crowd, subject) = (self.clone(), asked.reply_to.clone());
        self.tasks.spawn(async move {
            let cries = cries.into_iter();
            crowd
                .pour(cries.map(|said| (subject.clone(), said.payload)))
                .await;
        });
    }

    fn say(&self, asked: &Asked, said: Said) {
        let subject = said.to.unwrap_or_else(|| asked.reply_to.clone());
        let subject = Subject::new(subject).unwrap();
        let handle = self.handle.clone();
        if said.after.is_zero() {
            handle.publish(subject, said.payload).unwrap();
            return;
        }
        self.tasks.spawn(async move {
            tokio::time::sleep(said.after).await;
            handle.publish(subject, said.payload).unwrap();
        });
    }
}

fn happening(identity: &str, component: lifecycle::Component) -> lifecycle::Event {
    lifecycle::Event {
        kind: lifecycle::Kind::Startup,
        id: muster::os::random::uuid(),
        identity: Identity::new(identity).unwrap(),
        component,
        timestamp: 1_795_222_377,
        version: "0.29.4".to_owned(),
    }
}

/// A node as it should be, with a key of its own; it says nothing about what it becomes.
pub(crate) fn honest(identity: &str) -> Behaviour {
    let key = KeyPair::generate().unwrap();
    let csr = csr(identity, &key);
    let public = key.public_key_pem();
    Arc::new(move |asked| vec![honestly(asked, &csr, &public)])
}

/// What an honest node says to a request.
pub(crate) fn honestly(asked: &Asked, csr: &str, public: &str) -> Said {
    match asked.action.as_str() {
        "inventory" => asked.ok(inventory()),
        "gencsr" => {
            asked.ok(json!({"csr": csr, "public_key": public, "ssldir": "/etc/choria/ssl"}))
        }
        "configure" => {
            let lines = asked.text("config").len();
            asked.ok(json!({"message": format!("Wrote {lines} lines to /etc/choria/server.conf")}))
        }
        "restart" => asked.ok(json!({"message": "Restarting Choria Server after 2s"})),
        "shutdown" => asked.ok(json!({"message": "Shutting down"})),
        other => asked.refuses(&format!("Unknown action {other}")),
    }
}

/// The inventory of a reference node.
pub(crate) fn inventory() -> Value {
    json!({
        "agents": ["choria_provision", "choria_util", "discovery", "rpcutil"],
        "classes": [], "collectives": ["provisioning"], "data_plugins": [],
        "facts": {"dc": "dc1", "role": "web"},
        "machines": [], "main_collective": "provisioning", "version": "0.29.4", "upgradable": false
    })
}

/// A request for a certificate.
pub(crate) fn csr(name: &str, key: &KeyPair) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serialize_request(key).unwrap().pem().unwrap()
}
