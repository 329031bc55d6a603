//! The recorded scenarios, unwrapped without the code under test: a decoder that is wrong must not judge itself.
//!
//! `tests/wire/v1-provisioning.json` and `tests/wire/v1-secure.json` were recorded on 2026-11-21 from an unmodified reference deployment (server v0.30.2,
//! its provisioner of May 2026, a stock nats-server 2.9).

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// All that was recorded.
#[derive(Deserialize)]
pub(crate) struct Recording {
    pub(crate) scenarios: Vec<Scenario>,
}

/// What passed the broker when one thing was done.
#[derive(Deserialize)]
pub(crate) struct Scenario {
    #[serde(rename = "scenario")]
    pub(crate) name: String,
    pub(crate) messages: Vec<Message>,
    /// Latest time that anything recorded before it carries.
    #[serde(skip)]
    pub(crate) earlier: i64,
}

/// One message.
#[derive(Clone, Deserialize)]
pub(crate) struct Message {
    pub(crate) subject: String,
    pub(crate) payload: String,
}

/// Who sent a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// An operator or provisioner, to the node.
    Caller,
    /// A provisioner, to whoever listens.
    Provisioner,
    /// The node.
    Node,
}

/// What was recorded of networks whose requests are signed.
#[derive(Deserialize)]
pub(crate) struct Secure {
    provenance: Provenance,
    provisioning_network: Vec<Scenario>,
    production_network: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Provenance {
    pki: BTreeMap<String, String>,
}

impl Secure {
    fn load() -> Self {
        serde_json::from_str(include_str!("../../wire/v1-secure.json")).unwrap()
    }

    /// The certificate that vouched for everybody, PEM.
    pub(crate) fn ca() -> String {
        Self::load().provenance.pki["ca"].clone()
    }

    /// The network that waiting nodes are in.
    pub(crate) fn provisioning() -> Recording {
        Recording::of(Self::load().provisioning_network)
    }

    /// The network of provisioned nodes.
    pub(crate) fn production() -> Recording {
        Recording::of(Self::load().production_network)
    }
}

impl Recording {
    pub(crate) fn load() -> Self {
        let text = include_str!("../../wire/v1-provisioning.json");
        Self::of(serde_json::from_str::<Self>(text).unwrap().scenarios)
    }

    fn of(mut scenarios: Vec<Scenario>) -> Self {
        let mut latest = 0;
        for scenario in &mut scenarios {
            scenario.earlier = latest;
            let times = scenario.messages.iter().map(Message::time);
            latest = times.fold(latest, i64::max);
        }
        Self { scenarios }
    }

    pub(crate) fn scenario(&self, name: &str) -> &Scenario {
        let found = self.scenarios.iter().find(|scenario| scenario.name == name);
        assert!(found.is_some(), "there is no scenario {name:?}");
        found.unwrap()
    }
}

impl Scenario {
    /// What the node was sent, each with the time at which it answered.
    pub(crate) fn requests(&self) -> impl Iterator<Item = (&Message, i64)> {
        self.messages
            .iter()
            .filter(|message| message.from() == From::Caller)
            .map(|message| (message, self.answered(message)))
    }

    /// What the node sent, unwrapped, in order.
    pub(crate) fn published(&self) -> Vec<Value> {
        self.messages
            .iter()
            .filter(|message| message.from() == From::Node)
            .map(|message| unwrap(&message.subject, message.payload.as_bytes()))
            .collect()
    }

    /// A message of the node by the beginning of its subject.
    pub(crate) fn event(&self, subject: &str) -> Option<&Message> {
        self.messages
            .iter()
            .find(|message| message.subject == subject)
    }

    fn answered(&self, request: &Message) -> i64 {
        let id = |message: &Message| message.unwrapped()["inner"]["envelope"]["requestid"].clone();
        let wanted = id(request);
        let reply = self
            .messages
            .iter()
            .find(|message| message.from() == From::Node && id(message) == wanted);
        reply.map_or_else(|| request.time().max(self.earlier), Message::time)
    }
}

impl Message {
    pub(crate) fn from(&self) -> From {
        if self.subject.contains(".broadcast.agent.") || self.subject.contains(".node.") {
            From::Caller
        } else if self.subject.ends_with(".provisioner") {
            From::Provisioner
        } else {
            From::Node
        }
    }

    pub(crate) fn unwrapped(&self) -> Value {
        unwrap(&self.subject, self.payload.as_bytes())
    }

    fn time(&self) -> i64 {
        let message = self.unwrapped();
        let envelope = message["inner"]["envelope"]["time"].as_i64();
        let event = message["event"]["data"]["timestamp"].as_i64();
        let bare = message["event"]["timestamp"].as_i64();
        envelope.or(event).or(bare).unwrap()
    }
}

/// A message in its layers: `subject`, `transport`, `secure`, `inner`, `body`; or `subject` and `event`.
pub(crate) fn unwrap(subject: &str, payload: &[u8]) -> Value {
    let mut transport: Value = serde_json::from_slice(payload).unwrap();
    if transport["protocol"] != "choria:transport:1" {
        return json!({"subject": subject, "event": transport});
    }
    let data = STANDARD.decode(taken(&mut transport, "data")).unwrap();
    let mut secure: Value = serde_json::from_slice(&data).unwrap();
    let mut inner: Value = serde_json::from_str(&taken(&mut secure, "message")).unwrap();
    let text = taken(&mut inner, "message");
    let mut body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if let Some(compressed) = body["zcontent"].as_str() {
        // compressors differ, what they compress must not
        let bytes = STANDARD.decode(compressed).unwrap();
        let mut content = String::new();
        let mut decoder = MultiGzDecoder::new(bytes.as_slice());
        decoder.read_to_string(&mut content).unwrap();
        body["zcontent"] = json!({"uncompressed": content});
    }
    json!({"subject": subject, "transport": transport, "secure": secure, "inner": inner, "body": body})
}

fn taken(document: &mut Value, member: &str) -> String {
    let member = document.as_object_mut().unwrap().remove(member).unwrap();
    member.as_str().unwrap().to_owned()
}
