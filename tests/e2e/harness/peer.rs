//! Somebody on the network who hears everything and asks whatever they like.

use std::io::Read as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use muster::os::clock::Clock as _;
use muster::os::clock::SystemClock;
use muster::os::random;
use muster::protocol::Request;
use muster::protocol::Route;
use muster::protocol::filter::Filter;
use muster::protocol::names::AgentName;
use muster::protocol::names::CallerId;
use muster::protocol::names::Collective;
use muster::protocol::names::RequestId;
use muster::protocol::names::SenderId;
use muster::protocol::names::Subject;
use muster::protocol::v1;
use muster::security::request::Signer;
use muster::transport;
use muster::transport::Handle;
use muster::transport::Incoming;
use muster::transport::State;
use muster::transport::Subscription;
use muster::transport::Targets;
use muster::transport::TlsPolicy;
use serde_json::Value;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio::time::interval;
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

use super::PATIENCE;
use super::TOKEN;

/// The peer.
pub(crate) struct Peer {
    handle: Handle,
    incoming: mpsc::Receiver<Incoming>,
    /// Heard and not yet asked for.
    heard: Vec<Incoming>,
    collective: Collective,
    caller: String,
    signer: Option<Signer>,
}

/// What a node answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) code: u64,
    pub(crate) message: String,
    pub(crate) data: Value,
}

impl Answer {
    /// The data of a success.
    pub(crate) fn ok(self) -> Value {
        assert_eq!(self.code, 0, "{}", self.message);
        self.data
    }

    /// The text of a refusal.
    pub(crate) fn refused(self) -> String {
        assert_ne!(self.code, 0, "{}", self.data);
        self.message
    }
}

impl Peer {
    /// Joins a network.
    pub(crate) async fn join(url: &str, tls: TlsPolicy, collective: &str) -> Self {
        let targets = Targets::Servers(vec![url.parse().unwrap()]);
        let mut config = transport::Config::new("peer", targets, tls);
        config.subscriptions = vec![Subscription::new(">").unwrap()];
        let (handle, incoming) = transport::start(config, &TaskTracker::new());
        let deadline = Instant::now() + PATIENCE;
        let mut state = handle.state();
        let joined = timeout_at(deadline, state.wait_for(State::is_connected)).await;
        assert!(joined.is_ok(), "{:?}", handle.state().borrow());
        // what is published from now on is heard: the broker has seen the subscription
        handle.flush(PATIENCE).await.unwrap();
        Self {
            handle,
            incoming,
            heard: Vec::new(),
            collective: Collective::new(collective).unwrap(),
            caller: "choria=provisioner".to_owned(),
            signer: None,
        }
    }

    /// Signs its requests from now on, in the name of the certificate.
    pub(crate) fn sign_as(&mut self, name: &str, certificate: &str, key: &str) {
        self.call_yourself(name);
        self.signer = Some(Signer::from_pem(certificate, key).unwrap());
    }

    /// Signs nothing from now on.
    pub(crate) fn stop_signing(&mut self) {
        self.signer = None;
    }

    /// Goes by another name from now on.
    pub(crate) fn call_yourself(&mut self, name: &str) {
        self.caller = format!("choria={name}");
    }

    /// Waits for a message, and takes it.
    async fn hears(&mut self, what: &str, fits: impl Fn(&Incoming) -> bool) -> Incoming {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.heard.iter().position(&fits) {
                return self.heard.remove(at);
            }
            let message = timeout_at(deadline, self.incoming.recv()).await;
            assert!(message.is_ok(), "heard no {what}");
            self.heard.push(message.unwrap().unwrap());
        }
    }

    /// Waits for a lifecycle event, and takes it.
    pub(crate) async fn event(&mut self, kind: &str, component: &str) -> Value {
        let subject = format!("choria.lifecycle.event.{kind}.{component}");
        let message = self.hears(&subject, |it| it.subject == subject).await;
        let event: Value = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(event["data"]["component"], component);
        event["data"].clone()
    }

    /// Whether an event of this kind was heard and not asked for.
    pub(crate) fn has_event(&mut self, kind: &str) -> bool {
        while let Ok(message) = self.incoming.try_recv() {
            self.heard.push(message);
        }
        let prefix = format!("choria.lifecycle.event.{kind}.");
        self.heard.iter().any(|it| it.subject.starts_with(&prefix))
    }

    /// Waits for a registration, and takes it: who sent it and the file in it.
    pub(crate) async fn registration(&mut self) -> (String, String) {
        self.registration_at("provisioning.registration.data").await
    }

    /// The same at another subject.
    pub(crate) async fn registration_at(&mut self, subject: &str) -> (String, String) {
        let (sender, body) = self.registers_at(subject).await;
        assert_eq!(body["protocol"], "choria:registration:filecontent:1");
        let packed = STANDARD.decode(body["zcontent"].as_str().unwrap()).unwrap();
        let mut content = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut content)
            .unwrap();
        (sender, content)
    }

    /// Waits for a registration of any kind, and takes it: who sent it and its body.
    pub(crate) async fn registers_at(&mut self, subject: &str) -> (String, Value) {
        let message = self.hears(subject, |it| it.subject == subject).await;
        let transport = v1::Transport::decode(&message.payload).unwrap();
        let secure = v1::SecureRequest::decode(&transport.data).unwrap();
        let request = v1::decode_request(&secure.message).unwrap();
        let body = serde_json::from_slice(&request.body).unwrap();
        (request.sender.to_string(), body)
    }

    /// Calls an action of the provisioning agent, with the right token.
    pub(crate) async fn provision(&mut self, node: &str, action: &str, inputs: Value) -> Answer {
        let mut inputs = inputs;
        inputs["token"] = TOKEN.into();
        self.ask(node, "choria_provision", action, inputs).await
    }

    /// Calls an action of a node.
    pub(crate) async fn ask(
        &mut self,
        node: &str,
        agent: &str,
        action: &str,
        inputs: Value,
    ) -> Answer {
        let reply_to = self.send(node, agent, action, &inputs);
        self.answer(&reply_to).await
    }

    /// Asks a node for a sign of life until it gives one: a request that comes before its subscriptions is lost.
    pub(crate) async fn reaches(&mut self, node: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut again = interval(Duration::from_millis(100));
        let mut asked: Vec<String> = Vec::new();
        loop {
            again.tick().await;
            if let Some(reply_to) = asked.iter().find(|it| self.has_answer(it)) {
                self.answer(reply_to).await.ok();
                return;
            }
            assert!(Instant::now() < deadline, "{node} does not answer");
            asked.push(self.send(node, "rpcutil", "ping", &json!({})));
        }
    }

    /// Sends a request, and tells the subject of its answer.
    pub(crate) fn send(&self, node: &str, agent: &str, action: &str, inputs: &Value) -> String {
        self.send_to(&format!("node.{node}"), agent, action, inputs)
    }

    /// Sends a request to all nodes of the collective, and tells the subject of their answers.
    pub(crate) fn broadcast(&self, agent: &str, action: &str) -> String {
        let subject = format!("broadcast.agent.{agent}");
        self.send_to(&subject, agent, action, &json!({}))
    }

    fn send_to(&self, place: &str, agent: &str, action: &str, inputs: &Value) -> String {
        let body = json!({"agent": agent, "action": action, "data": inputs});
        let id = random::hex_id();
        let reply_to = format!("{}.reply.e2e.{id}", self.collective);
        let request = Request {
            id: RequestId::new(id).unwrap(),
            sender: SenderId::new("peer.example.net").unwrap(),
            caller: CallerId::new(self.caller.as_str()).unwrap(),
            collective: self.collective.clone(),
            agent: AgentName::new(agent).unwrap(),
            ttl: 60,
            time: SystemClock.now(),
            filter: Filter::default(),
            body: STANDARD.encode(body.to_string()).into_bytes(),
        };
        let message = v1::encode_request(&request);
        let secure = match &self.signer {
            Some(signer) => signer.sign(message).unwrap(),
            None => v1::SecureRequest::unsigned(message),
        };
        let payload = v1::Transport {
            data: secure.encode(),
            route: Route {
                reply_to: Some(reply_to.clone()),
                ..Route::default()
            },
        };
        let subject = format!("{}.{place}", self.collective);
        self.say(&subject, payload.encode());
        reply_to
    }

    /// Publishes whatever it is.
    pub(crate) fn say(&self, subject: &str, payload: impl Into<Bytes>) {
        let subject = Subject::new(subject).unwrap();
        self.handle.publish(subject, payload.into()).unwrap();
    }

    /// Whether there was an answer that was not asked for.
    pub(crate) fn has_answer(&mut self, reply_to: &str) -> bool {
        while let Ok(message) = self.incoming.try_recv() {
            self.heard.push(message);
        }
        self.heard.iter().any(|it| it.subject == reply_to)
    }

    /// Waits for an answer.
    pub(crate) async fn answer(&mut self, reply_to: &str) -> Answer {
        let message = self.hears("answer", |it| it.subject == reply_to).await;
        let transport = v1::Transport::decode(&message.payload).unwrap();
        let secure = v1::SecureReply::decode(&transport.data).unwrap();
        let reply = v1::decode_reply(&secure.message).unwrap();
        let body = STANDARD.decode(&reply.body).unwrap_or(reply.body);
        let body: Value = serde_json::from_slice(&body).unwrap();
        Answer {
            code: body["statuscode"].as_u64().unwrap(),
            message: body["statusmsg"].as_str().unwrap_or_default().to_owned(),
            data: body["data"].clone(),
        }
    }
}
