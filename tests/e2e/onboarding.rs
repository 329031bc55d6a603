//! From nothing to a member of the fleet, with nothing but the command line and a certificate authority.

use muster::os::files::RealFiles;
use muster::os::transaction;
use muster::os::transaction::GenerationState;
use serde_json::Value;
use serde_json::json;

use crate::harness::Fleet;
use crate::harness::Network;
use crate::harness::Node;
use crate::harness::Operator;
use crate::harness::journey;
use crate::harness::mode;
use crate::harness::read;
use crate::harness::sign;
use crate::harness::until;

const NAME: &str = "n1.example.net";

#[tokio::test]
async fn a_node_that_knows_nothing_becomes_a_member_of_the_fleet() {
    let (network, fleet) = (Network::start().await, Fleet::start().await);
    let (mut waiting, mut production) = (network.peer().await, fleet.peer().await);
    let mut node = Node::new(NAME, &network.dns);
    node.start();
    let pid = node.pid();
    let event = waiting.event("startup", "provision_mode_server").await;
    assert_eq!(event["identity"], NAME);
    let status = node.connected("provisioning").await;
    assert_eq!(status["connection"]["tls"], "TLS, unverified");
    assert_eq!(status["token_required"], true);
    let (sender, metadata) = waiting.registration().await;
    assert_eq!(
        (sender.as_str(), metadata.as_str()),
        (NAME, r#"{"serial":"X-1701"}"#)
    );

    provision(&network.operator(), &node, &fleet).await;
    waiting.event("provisioned", "provision_mode_server").await;
    waiting.event("shutdown", "provision_mode_server").await;
    let event = production.event("startup", "server").await;
    assert_eq!(event["identity"], NAME);
    fleet.operator().pings(NAME).await;
    let status = node.connected("normal").await;
    assert_eq!(status["connection"]["tls"], "TLS, verified");
    let generation = status["generation"].as_str().unwrap();
    assert!(generation.starts_with("1 ("), "{generation}");
    until("a committed generation", || {
        let current = transaction::current(&RealFiles, &node.etc().join(".muster"));
        let current = current.unwrap().unwrap();
        (current.number == 1 && current.state == GenerationState::Committed).then_some(())
    })
    .await;
    assert_eq!(node.pid(), pid, "the process started anew in place");
    files_are_as_they_should_be(&node);
}

/// What a person types.
async fn provision(operator: &Operator, node: &Node, fleet: &Fleet) {
    let found = operator.run(&["discover", "-j", "-F", "role=web"]).await;
    assert_eq!(found.json(), json!([NAME]));
    let inventory = operator.run(&["inventory", NAME]).await;
    assert_eq!(inventory.code, Some(0), "{inventory:?}");
    assert!(inventory.stdout.contains("choria_provision"));

    let csr = operator.provision(NAME, "gencsr", &["O=Acme"]).await;
    let again = operator.provision(NAME, "gencsr", &["O=Acme"]).await;
    assert_eq!(csr["data"]["csr"], again["data"]["csr"]);
    let certificate = sign(&fleet.authority, csr["data"]["csr"].as_str().unwrap());
    let inputs = [
        format!("config={}", Value::Object(journey::settings(node, fleet))),
        format!("certificate={certificate}"),
        format!("ca={}", fleet.authority.pem()),
        format!("ssldir={}", csr["data"]["ssldir"].as_str().unwrap()),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let configured = operator.provision(NAME, "configure", &inputs).await;
    assert_eq!(configured["statuscode"], 0, "{configured}");
    let restarted = operator.provision(NAME, "restart", &["splay=1"]).await;
    assert_eq!(
        restarted["data"]["message"],
        "Restarting Choria Server after 2s"
    );
}

fn files_are_as_they_should_be(node: &Node) {
    let etc = node.etc();
    for (name, permissions) in [
        ("server.conf", 0o600),
        ("ssl", 0o700),
        ("ssl/private.pem", 0o600),
        ("ssl/certificate.pem", 0o644),
        ("ssl/ca.pem", 0o644),
        (".muster", 0o700),
    ] {
        assert_eq!(mode(&etc.join(name)), permissions, "{name}");
    }
    assert!(read(&etc.join("ssl/private.pem")).starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    assert!(read(&etc.join("server.conf")).starts_with("# configuration file written in request "));
    for gone in ["ssl/csr.pem", ".muster/staged-private.pem"] {
        assert!(!etc.join(gone).exists(), "{gone}");
    }
}
