//! Scenarios of more than one exchange: a start, a whole provisioning, and what follows it.

use std::time::Duration;

use muster::os::files::RealFiles;
use muster::os::transaction;
use muster::protocol::lifecycle::Kind;
use muster::protocol::registration::FileContent;
use muster::protocol::v1;
use muster::rpc::Then;
use muster::server::registration::Plan;
use muster::server::registration::Sender;
use muster::server::registration::Source;
use muster::server::registration::signer;
use rcgen::BasicConstraints;
use rcgen::CertificateParams;
use rcgen::DnType;
use rcgen::IsCa;
use rcgen::Issuer;
use rcgen::KeyPair;
use serde_json::Value;
use serde_json::json;

use super::actor::Actor;
use super::actor::Played;
use super::actor::RECORDED_ROOT;
use super::actor::STARTED;
use super::actor::State;
use super::cases::CONFIGURE_NOTHING;
use super::cases::NODE_START;
use super::cases::REPROVISION;
use super::cases::RESTART;
use super::cases::WHOLE_PROVISIONING;
use super::compare::Masks;
use super::keys;
use super::none;
use super::recording::Recording;
use super::recording::Scenario;
use super::recording::unwrap;

#[tokio::test]
async fn a_start_is_announced_and_registered_as_recorded() {
    let recording = Recording::load();
    let scenario = recording.scenario(NODE_START);
    let actor = Actor::new(&recording, State::Waiting).await;
    let recorded = scenario.published();
    let [_, theirs] = recorded.as_slice() else {
        panic!("{recorded:?}")
    };
    let time = theirs["inner"]["envelope"]["time"].as_i64().unwrap();
    assert!(
        (1..=4).contains(&(time - STARTED)),
        "design §9: one to four seconds after the start"
    );
    let ours = [
        actor.event(scenario, Kind::Startup),
        registration(&actor, theirs),
    ];
    none(&Masks::load().compare(NODE_START, &recorded, &ours, &[]));
    let [plan] = &Plan::of(&actor.node.foundation)[..] else {
        panic!("one plan")
    };
    assert_eq!(plan.subjects.len(), 1);
}

/// The reference writes an empty configuration and announces a provisioned node (design §5).
#[tokio::test]
async fn a_configuration_without_settings_is_refused_and_nothing_is_announced() {
    let recording = Recording::load();
    let scenario = recording.scenario(CONFIGURE_NOTHING);
    assert_eq!(
        scenario.published().last().unwrap()["body"]["statuscode"],
        0
    );
    let mut actor = Actor::new(&recording, State::Waiting).await;
    let played = actor.play(scenario).await;
    let [reply] = played.published.as_slice() else {
        panic!("{:?}", played.published)
    };
    assert_eq!(
        reply["body"],
        json!({
            "action": "configure",
            "statuscode": 1,
            "statusmsg": "Could not write config: no settings",
            "data": {},
        })
    );
    assert!(!actor.node.config_file().exists());
}

/// The certificate is made anew for our key; the paths are those of our node. The reference publishes its shutdown
/// before it replies; here every reply leaves before the restart (design §5).
#[tokio::test]
async fn the_reference_provisioner_takes_a_node_into_its_collective() {
    let recording = Recording::load();
    let scenario = recording.scenario(WHOLE_PROVISIONING);
    let mut actor = Actor::new(&recording, State::Waiting).await;
    let mut played = provisioned(&mut actor, scenario).await;
    for file in ["ca.pem", "certificate.pem", "private.pem"] {
        assert!(
            actor.node.folder.path().join("ssl").join(file).exists(),
            "{file}"
        );
    }
    let mut actor = actor.restart(scenario, &mut played);
    let recorded = reply_first(scenario.published());
    none(&Masks::load().compare(WHOLE_PROVISIONING, &recorded, &played.published, &[]));

    let ping = recording.scenario("provisioned node: rpcutil#ping {}");
    let answered = actor.play(ping).await.published;
    none(&Masks::load().compare(&ping.name, &ping.published(), &answered, &[]));
}

#[tokio::test]
async fn a_configured_node_restarts_after_exactly_two_seconds() {
    let recording = Recording::load();
    let scenario = recording.scenario(RESTART);
    let mut actor = Actor::new(&recording, State::Configured).await;
    let mut played = actor.play(scenario).await;
    actor.restart(scenario, &mut played);
    let recorded = reply_first(scenario.published());
    none(&Masks::load().compare(RESTART, &recorded, &played.published, &[]));
}

/// The reference publishes its shutdown before it replies; here every reply leaves before the restart (design §5). The
/// delay is drawn at random, so the node is woken when the recorded one was.
#[tokio::test]
async fn a_provisioned_node_re_enters_the_provisioning_collective_and_is_configured_again() {
    let recording = Recording::load();
    let scenario = recording.scenario(REPROVISION);
    let mut actor = Actor::new(&recording, State::Provisioned).await;
    let mut played = actor.play(scenario).await;
    assert!(played.refused.is_empty(), "{:?}", played.refused);
    let Some(Then::Restart { delay }) = played.then else {
        panic!("{:?}", played.then)
    };
    assert!((2..=11).contains(&delay.as_secs()), "{delay:?}");
    let message = format!("Restarting after {}s", delay.as_secs());
    assert_eq!(
        played.published.last().unwrap()["body"]["data"]["message"],
        message
    );
    played.then = Some(Then::Restart {
        delay: Duration::from_secs(2),
    });
    let mut actor = actor.restart(scenario, &mut played);
    let recorded = reply_first(scenario.published());
    let registration = registration(&actor, recorded.last().unwrap());
    played.published.push(registration);
    none(&Masks::load().compare(REPROVISION, &recorded, &played.published, &[]));

    let configure = recording.scenario("choria_provision#configure after reprovision");
    let answered = actor.play(configure).await.published;
    none(&Masks::load().compare(&configure.name, &configure.published(), &answered, &[]));
    let root = actor.node.folder.path().join(".muster");
    let kept = transaction::kept(&RealFiles, &root).unwrap().unwrap();
    assert_eq!(kept.generation.unwrap().number, 1, "the one that waited");
}

/// Our registration message at the time of the recorded one, with its id.
pub(super) fn registration(actor: &Actor, theirs: &Value) -> Value {
    let foundation = &actor.node.foundation;
    let plans = Plan::of(foundation);
    assert_eq!(plans.len(), 1);
    let plan = &plans[0];
    let file = match &plan.source {
        Source::File(file) => Some(file),
        Source::Inventory => None,
    };
    let file = file.unwrap();
    let body = FileContent {
        mtime: theirs["body"]["mtime"].as_i64().unwrap(),
        file: &file.display().to_string(),
        updated: false,
        content: theirs["body"]["zcontent"]["uncompressed"]
            .as_str()
            .unwrap()
            .as_bytes(),
    };
    let envelope = &theirs["inner"]["envelope"];
    let id = envelope["requestid"].as_str().unwrap().parse().unwrap();
    let time = envelope["time"].as_i64().unwrap();
    let signer = signer(foundation, None);
    let from = Sender {
        identity: &foundation.identity,
        server: actor.node.broker,
        signer: signer.as_ref(),
    };
    let message = plan
        .message(&from, id, time, body.encode(plan.compressed))
        .unwrap();
    unwrap(plan.subjects.first().unwrap().as_str(), &message)
}

/// The recorded messages in our order: the reply to a restart before the shutdown.
pub(super) fn reply_first(mut recorded: Vec<Value>) -> Vec<Value> {
    let shutdown = recorded.iter().position(|message| {
        let subject = message["subject"].as_str().unwrap();
        subject.starts_with("choria.lifecycle.event.shutdown.")
    });
    let shutdown = shutdown.unwrap();
    recorded.swap(shutdown, shutdown + 1);
    recorded
}

/// Plays a whole provisioning.
pub(super) async fn provisioned(actor: &mut Actor, scenario: &Scenario) -> Played {
    let mut played = Played::default();
    for (request, time) in scenario.requests() {
        let payload = match request.unwrapped()["body"]["action"].as_str() {
            Some("configure") => fitted(&request.payload, actor, &played),
            Some(_) | None => request.payload.clone().into_bytes(),
        };
        actor
            .send(scenario, &request.subject, &payload, time, &mut played)
            .await;
    }
    assert!(played.refused.is_empty(), "{:?}", played.refused);
    played
}

/// The recorded `configure` with a certificate for the key that our node asked one for, and with our node's paths.
fn fitted(payload: &str, actor: &Actor, played: &Played) -> Vec<u8> {
    let outputs = played
        .published
        .iter()
        .find(|message| message["body"]["action"] == "gencsr");
    let (certificate, ca) = certificate(keys::public_key(&outputs.unwrap()["body"]["data"]));
    let mut transport = v1::Transport::decode(payload.as_bytes()).unwrap();
    let secure = v1::SecureRequest::decode(&transport.data).unwrap();
    let mut request = v1::decode_request(&secure.message).unwrap();
    let mut body: Value = serde_json::from_slice(&request.payload()).unwrap();
    let inputs = &mut body["data"];
    for (input, fitting) in [("certificate", certificate), ("ca", ca)] {
        inputs[input] = fitting.into();
    }
    for input in ["config", "ssldir"] {
        let recorded = inputs[input].as_str().unwrap();
        inputs[input] = recorded.replace(RECORDED_ROOT, &actor.root()).into();
    }
    request.body = body.to_string().into_bytes();
    transport.data = v1::SecureRequest::unsigned(v1::encode_request(&request)).encode();
    transport.encode()
}

/// A certificate for a key and the throw-away CA that signed it.
fn certificate(key: Vec<u8>) -> (String, String) {
    let named = |name: &str| {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    };
    let mut authority = named("Test CA");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let signer = KeyPair::generate().unwrap();
    let ca = authority.self_signed(&signer).unwrap().pem();
    let issuer = Issuer::new(authority, signer);
    let certificate = named("cap1.example.net").signed_by(&Rsa(key), &issuer);
    (certificate.unwrap().pem(), ca)
}

/// A public RSA key, PKCS#1.
struct Rsa(Vec<u8>);

impl rcgen::PublicKeyData for Rsa {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}
