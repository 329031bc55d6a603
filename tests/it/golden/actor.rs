//! Our node in the place of the recorded one: fed the recorded bytes at the recorded times.

use std::sync::Arc;

use muster::build_info::BuildInfo;
use muster::os::clock::Clock as _;
use muster::os::files::RealFiles;
use muster::protocol::lifecycle::Format;
use muster::protocol::lifecycle::Kind;
use muster::rpc::Then;
use muster::server::lifecycle;
use muster::server::refusal::Refusal;
use serde_json::Value;
use tempfile::TempDir;

use super::recording::Recording;
use super::recording::Scenario;
use super::recording::Secure;
use super::recording::unwrap;
use crate::support::node::BUILD;
use crate::support::node::TestNode;
use crate::support::node::write;

/// When the recorded node started.
pub(crate) const STARTED: i64 = 1_795_222_372;

/// What the recorded node was before a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Waiting for a provisioner.
    Waiting,
    /// Waiting, and the caller of the recorded requests holds the lock.
    Locked,
    /// Waiting, configured, not restarted yet.
    Configured,
    /// Provisioned: no facts, requests unsigned and authorized to all, as the recorded one was.
    Provisioned,
}

/// The node.
pub(crate) struct Actor {
    pub(crate) node: TestNode,
    _facts: TempDir,
}

/// What the node did in one scenario.
#[derive(Default)]
pub(crate) struct Played {
    /// What it sent, unwrapped, in order.
    pub(crate) published: Vec<Value>,
    /// Why it did not answer.
    pub(crate) refused: Vec<Refusal>,
    /// What shall follow.
    pub(crate) then: Option<Then>,
}

impl Actor {
    /// A node in the state that a scenario needs.
    pub(crate) async fn new(recording: &Recording, state: State) -> Self {
        let facts = tempfile::tempdir().unwrap();
        let file = facts.path().join("facts.json");
        write(&file, r#"{"role":"web","dc":"dc1","n":{"a":[1,2]}}"#);
        let build = build(file.display().to_string());
        let config = (state == State::Provisioned).then_some(PROVISIONED);
        let mut actor = Self {
            node: TestNode::new(&build, config, STARTED),
            _facts: facts,
        };
        let before = match state {
            State::Waiting | State::Provisioned => None,
            State::Locked => Some(r#"choria_provision#gen25519 {"token": "toomanysecrets"}"#),
            State::Configured => Some("choria_provision#configure after reprovision"),
        };
        if let Some(name) = before {
            let played = actor.play(recording.scenario(name)).await;
            assert!(played.refused.is_empty(), "{state:?}");
        }
        actor
    }

    /// The recorded node of the signed production network: believes callers of the recorded CA, authorizes all.
    pub(crate) fn signed(now: i64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        write(&ca, &Secure::ca());
        let mut build = build("/nonexistent".to_owned());
        build.secure = true;
        let config = format!(
            "{}plugin.security.provider = file\nplugin.security.file.ca = {}\n",
            PROVISIONED.replace("cap1.", "sec1."),
            ca.display()
        );
        let mut node = TestNode::new(&build, Some(&config), now);
        node.broker = "nats://127.0.0.1:4223";
        Self {
            node,
            _facts: folder,
        }
    }

    /// The recorded node that waits in the provisioning network of signed callers.
    pub(crate) fn waiting_among_signed(now: i64) -> Self {
        let facts = tempfile::tempdir().unwrap();
        let file = facts.path().join("facts.json");
        write(&file, r#"{"role":"web","dc":"dc1","n":{"a":[1,2]}}"#);
        let mut build = build(file.display().to_string());
        build.secure = true;
        let folder = tempfile::tempdir().unwrap();
        let identity = "sec1.example.net".parse().unwrap();
        let files = Arc::new(RealFiles);
        Self {
            node: TestNode::named(&build, folder, now, files, identity),
            _facts: facts,
        }
    }

    /// Feeds the node what the recorded one was sent.
    pub(crate) async fn play(&mut self, scenario: &Scenario) -> Played {
        let mut played = Played::default();
        for (request, time) in scenario.requests() {
            let payload = request.payload.as_bytes();
            self.send(scenario, &request.subject, payload, time, &mut played)
                .await;
        }
        played
    }

    /// Feeds the node one message at `time`, and publishes as the server does: the event before the reply.
    pub(crate) async fn send(
        &mut self,
        scenario: &Scenario,
        subject: &str,
        payload: &[u8],
        time: i64,
        played: &mut Played,
    ) {
        let clock = Arc::clone(&self.node.clock);
        clock.advance(time - clock.now());
        let delivery = match self.node.exchange(subject, payload).await {
            Ok(delivery) => delivery,
            Err(refusal) => return played.refused.push(refusal),
        };
        if let Some(kind) = delivery.answer.announce {
            played.published.push(self.event(scenario, kind));
        }
        if let Some((subject, payload)) = delivery.reply {
            played
                .published
                .push(self.placed(unwrap(subject.as_str(), &payload)));
        }
        played.then = delivery.answer.then;
    }

    /// Ends the process as the answer said, and starts the next one.
    pub(crate) fn restart(mut self, scenario: &Scenario, played: &mut Played) -> Self {
        let delay = match played.then {
            Some(Then::Restart { delay }) => Some(delay),
            Some(Then::Shutdown { .. }) | None => None,
        };
        let delay = delay.unwrap();
        played.published.push(self.event(scenario, Kind::Shutdown));
        let wakes = self.node.clock.now() + i64::try_from(delay.as_secs()).unwrap();
        self.node = self.node.restart(wakes);
        played.published.push(self.event(scenario, Kind::Startup));
        self
    }

    /// An event of the node, with the recorded id: ids are random.
    pub(crate) fn event(&self, scenario: &Scenario, kind: Kind) -> Value {
        let node = &self.node.assembly.node;
        let mut event = lifecycle::event(node, kind, "none".into(), self.node.clock.now());
        if let Some(recorded) = scenario.event(event.subject().as_str()) {
            event.id = recorded.unwrapped()["event"]["id"].as_str().unwrap().into();
        }
        unwrap(event.subject().as_str(), &event.encode(Format::CloudEvents))
    }

    /// The same with the node's folder where the recorded node had its own.
    pub(crate) fn placed(&self, mut document: Value) -> Value {
        let root = self.root();
        replace(&mut document, &root, RECORDED_ROOT);
        document
    }

    /// The node's folder.
    pub(crate) fn root(&self) -> String {
        let file = self.node.config_file();
        file.parent().unwrap().display().to_string()
    }
}

fn replace(document: &mut Value, old: &str, new: &str) {
    match document {
        Value::String(text) => *text = text.replace(old, new),
        Value::Array(list) => list.iter_mut().for_each(|value| replace(value, old, new)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|value| replace(value, old, new)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The recorded build: its version, its facts, the rest as [`BUILD`] has it.
pub(crate) fn build(facts: String) -> BuildInfo {
    let mut build = BUILD;
    build.version = "0.29.4";
    build.provisioning.facts = Some(Box::leak(facts.into_boxed_str()));
    build.provisioning.registration_data = Some("/etc/choria/registration.json");
    build
}

/// Where the recorded node had its configuration.
pub(crate) const RECORDED_ROOT: &str = "/etc/choria";

const PROVISIONED: &str = "\
identity = cap1.example.net
collectives = mcollective
main_collective = mcollective
plugin.choria.server.provision = false
plugin.choria.middleware_hosts = 127.0.0.1:4222
plugin.choria.use_srv = false
rpcauthorization = 0
";
