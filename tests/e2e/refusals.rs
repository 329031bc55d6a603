//! What `configure` refuses leaves no trace.

use muster::protocol::names::Subject;
use serde_json::Value;
use serde_json::json;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::Peer;
use crate::harness::Snapshot;
use crate::harness::journey;
use crate::harness::sign;
use crate::support::nats::Authority;

const NAME: &str = "n1.example.net";

/// A node that has answered `gencsr`, and what would configure it.
async fn asked(network: &Network, fleet: &Fleet) -> (Node, Peer, Value) {
    let mut peer = network.peer().await;
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    peer.event("startup", "provision_mode_server").await;
    let csr = peer.provision(NAME, "gencsr", json!({})).await.ok();
    let good = journey::configuration(&node, fleet, &csr["csr"]);
    (node, peer, good)
}

/// The settings with a change.
fn changed(good: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut settings: Value = serde_json::from_str(good["config"].as_str().unwrap()).unwrap();
    change(&mut settings);
    settings.to_string().into()
}

/// Good inputs with another value for one of them.
fn with(good: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut inputs = good.clone();
    inputs[name] = value.into();
    inputs
}

/// Configurations that must be refused, each with a part of the reason.
fn bad_settings(good: &Value) -> Vec<(Value, &'static str)> {
    let config = |text: &str| with(good, "config", text);
    let setting =
        |key: &str, value: &str| with(good, "config", changed(good, |it| it[key] = value.into()));
    let silent_about_provisioning = changed(good, |it| {
        it.as_object_mut()
            .unwrap()
            .remove("plugin.choria.server.provision");
    });
    vec![
        (config(""), "Did not receive any configuration"),
        (config("{}"), "no settings"),
        (config("[]"), "Could not decode configuration data"),
        (config("{\"a\":1}"), "Could not decode configuration data"),
        (setting("ttl", "60\nlibdir=/tmp"), "control character"),
        (setting("ttl", "60\u{0}"), "control character"),
        (setting("a\nb", "c"), "control character"),
        (setting("ttl", "long"), "ttl"),
        (setting("libdir", "/tmp"), "libdir"),
        (setting("logfile", "/etc/passwd"), "logfile"),
        (setting("plugin.muster.state_dir", "/tmp"), "state_dir"),
        (
            setting("plugin.choria.server.provision", "true"),
            "provisioning mode again",
        ),
        (
            with(good, "config", silent_about_provisioning),
            "provisioning mode again",
        ),
        (
            setting("plugin.security.file.ca", "/no/such/ca.pem"),
            "/no/such/ca.pem",
        ),
        (setting("description", &"x".repeat(300_000)), "262144"),
    ]
}

/// Certificates, directories and policies that must be refused, each with a part of the reason.
fn bad_files(good: &Value, csr: &str, fleet: &Fleet) -> Vec<(Value, &'static str)> {
    let input = |name: &str, text: &str| with(good, name, text);
    let policy = |kind: &str, name: &str| with(good, kind, json!({ name: "text" }));
    let stranger = Authority::new();
    let (other_key, _) = fleet.authority.issue(NAME, &[NAME]);
    vec![
        (input("certificate", ""), "certificate is missing"),
        (input("ca", ""), "ca is missing"),
        (input("certificate", "nonsense"), "not a PEM certificate"),
        (
            input("certificate", &other_key),
            "does not belong to the private key",
        ),
        (
            input("certificate", &sign(&stranger, csr)),
            "does not chain to the CA",
        ),
        (input("ssldir", "/tmp/elsewhere"), "directory"),
        (input("ssldir", "relative"), "directory"),
        (policy("action_policies", "../x.policy"), "plain file name"),
        (policy("action_policies", "x.conf"), ".policy extension"),
        (policy("opa_policies", "a/b.rego"), "plain file name"),
    ]
}

#[tokio::test]
async fn a_bad_configuration_is_refused_with_its_reason_and_changes_nothing() {
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let (node, mut peer, good) = asked(&network, &fleet).await;
    let csr = crate::harness::read(&node.etc().join("ssl/csr.pem"));
    let before = Snapshot::of(&node.etc());
    let bad = bad_settings(&good)
        .into_iter()
        .chain(bad_files(&good, &csr, &fleet));
    for (inputs, reason) in bad {
        let text = peer.provision(NAME, "configure", inputs).await.refused();
        assert!(text.contains(reason), "{reason:?} is not in {text:?}");
        let now = Snapshot::of(&node.etc());
        assert!(
            now == before,
            "{reason}: {:?}, before {:?}",
            now.paths(),
            before.paths()
        );
    }
    let long = json!({"cn": "x".repeat(100_000)});
    peer.provision(NAME, "gencsr", long).await.refused();
    assert!(Snapshot::of(&node.etc()) == before);
    assert!(!peer.has_event("provisioned"));
    // and what is good is still taken
    peer.provision(NAME, "configure", good).await.ok();
    peer.event("provisioned", "provision_mode_server").await;
}

#[tokio::test]
async fn a_message_larger_than_any_of_ours_is_dropped_whatever_the_broker_takes() {
    let (network, fleet) = (
        Network::with("max_payload: 33554432").await,
        Fleet::start().await,
    );
    let (node, mut peer, good) = asked(&network, &fleet).await;
    let before = Snapshot::of(&node.etc());
    let mut huge = good.clone();
    huge["config"] = changed(&good, |it| {
        it["description"] = "x".repeat(10_000_000).into();
    });
    huge["token"] = crate::harness::TOKEN.into();
    peer.send(NAME, "choria_provision", "configure", &huge);
    peer.say(
        "provisioning.broadcast.agent.discovery",
        vec![b'x'; 10_000_000],
    );
    peer.ask(NAME, "rpcutil", "ping", json!({})).await.ok();
    assert!(Snapshot::of(&node.etc()) == before);
    peer.provision(NAME, "configure", good).await.ok();
}

#[tokio::test]
async fn malformed_messages_are_refused_and_counted() {
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let (node, mut peer, _) = asked(&network, &fleet).await;
    let subject = Subject::new(format!("provisioning.node.{NAME}")).unwrap();
    for words in [
        "",
        "{}",
        "nonsense",
        "[[[[[[[[",
        r#"{"protocol":"choria:transport:1"}"#,
    ] {
        peer.say(subject.as_str(), words);
    }
    peer.ask(NAME, "rpcutil", "ping", json!({})).await.ok();
    let status = node
        .status_where("refused messages", |it| {
            it["stats"]["invalid"].as_u64() >= Some(5)
        })
        .await;
    assert_eq!(status["stats"]["invalid"], 5, "{status}");
    let reason = status["last_refusal"]["reason"].as_str().unwrap();
    assert!(reason.contains("could not be understood"), "{status}");
    assert!(!reason.contains("transport:1"), "{status}");
}
