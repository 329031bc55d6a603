//! Nothing secret is seen: not in the log at its most talkative, not in `Debug`, not in a reply (issue 3, done when 6).

use std::fs;
use std::sync::Arc;

use muster::agents::provision::Provision;
use muster::telemetry;
use muster::telemetry::Destination;
use muster::telemetry::Level;
use serde_json::Value;
use serde_json::json;

use super::IDENTITY;
use super::ask;
use super::config;
use super::configure::server_token;
use super::csr;
use super::etc;
use super::inputs;
use super::settings;
use super::waiting;
use crate::agents::NODE;
use crate::agents::NOW;
use crate::agents::payload;
use crate::agents::request;
use crate::support::authority::Authority;
use crate::support::node::BUILD;
use crate::support::node::TOKEN;
use crate::support::node::TestNode;

const GUESS: &str = "guess-271828182845";
const PASSWORD: &str = "password-314159265358";
const FOREIGN: &str = "foreign-141421356237";

/// A delivery with passwords in it.
async fn delivery(node: &TestNode) -> Value {
    let ca = Authority::new();
    let certificate = ca.sign(&csr(node).await, IDENTITY);
    let public = ask(node, "gen25519", json!({})).await.data["public_key"].clone();
    let mut inputs = inputs(node, &certificate, &ca);
    let mut settings = settings(node);
    settings.insert("plugin.nats.user".into(), json!("node"));
    settings.insert("plugin.nats.pass".into(), json!(PASSWORD));
    settings.insert("plugin.other.secret".into(), json!(FOREIGN));
    inputs["config"] = config(&settings);
    inputs["server_jwt"] = json!(server_token("choria_server", &public));
    inputs
}

/// What must be seen nowhere once a node was configured.
fn secrets(node: &TestNode) -> Vec<String> {
    let text = |path: &str| fs::read_to_string(etc(node).join(path)).unwrap();
    let key = text("ssl/private.pem");
    let lines = key.lines().filter(|line| line.len() == 64);
    let mut secrets: Vec<String> = lines.map(str::to_owned).collect();
    assert!(secrets.len() > 20);
    secrets.push(text("server.seed"));
    secrets.push(text("server.jwt"));
    secrets.extend([TOKEN, GUESS, PASSWORD, FOREIGN].map(str::to_owned));
    secrets
}

#[tokio::test]
async fn the_log_at_its_most_talkative_holds_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    // the whole process logs there from now on: other tests too, which have nothing to hide either
    let _logging = telemetry::start(Level::Debug, Destination::File(path.clone())).unwrap();
    let node = waiting();
    let inputs = delivery(&node).await;
    for token in [json!(GUESS), json!(271_828_182_845_u64), json!([GUESS])] {
        ask(
            &node,
            "configure",
            json!({"token": token, "config": inputs["config"]}),
        )
        .await;
    }
    for bad in [
        json!(format!("{{\"plugin.nats.pass\":\"{PASSWORD}\"")),
        json!(format!("{{\"plugin.nats.pass\":[\"{PASSWORD}\"]}}")),
        json!(format!("\"{PASSWORD}\"")),
        json!(format!("{{\"plugin.nats.pass\":\"{PASSWORD}\\n\"}}")),
        json!(format!(
            "{{\"plugin.choria.server.provision\":\"0\",\"plugin.nats.pass\":\"{PASSWORD}\",\"ttl\":\"x\"}}"
        )),
    ] {
        let reply = ask(&node, "configure", json!({"config": bad})).await;
        assert_eq!(reply.statuscode.code(), 1, "{bad}");
        assert!(!reply.statusmsg.contains(PASSWORD), "{}", reply.statusmsg);
    }
    let mut damaged = inputs.clone();
    damaged["key"] = json!(format!("-----BEGIN RSA PRIVATE KEY-----{PASSWORD}"));
    damaged["ecdh_public"] = json!("ab");
    ask(&node, "configure", damaged).await;
    assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
    assert_eq!(
        ask(&node, "restart", json!({"splay": 1}))
            .await
            .statuscode
            .code(),
        0
    );
    let log = fs::read_to_string(path).unwrap();
    for line in [
        "a wrong provisioning token was given",
        "a configuration was refused, nothing has changed",
        "configured, waiting for restart",
        "restarting on request",
    ] {
        assert!(log.contains(line), "{line}");
    }
    for secret in secrets(&node) {
        assert!(!log.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn what_the_node_is_made_of_shows_no_secret() {
    let node = waiting();
    let inputs = delivery(&node).await;
    ask(&node, "jwt", json!({"token": GUESS})).await;
    // with the keys in memory, staged
    let site = node.assembly.site.as_ref().unwrap();
    let agent = Provision::new(Arc::clone(site));
    let staged = fs::read_to_string(etc(&node).join(".muster/staged-private.pem")).unwrap();
    let seed = fs::read_to_string(etc(&node).join(".muster/staged-server.seed")).unwrap();
    let shown = format!("{site:?}{agent:?}{:?}{:?}", node.assembly, node.foundation);
    let line = staged.lines().nth(1).unwrap();
    for secret in [TOKEN, GUESS, line, &seed] {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert_eq!(ask(&node, "configure", inputs).await.statusmsg, "OK");
    let secrets = secrets(&node);
    // the same machine, provisioned
    let next = TestNode::on(
        &BUILD,
        node.end().await,
        NOW,
        Arc::new(muster::os::files::RealFiles),
    );
    assert!(!next.foundation.mode.is_provisioning());
    let shown = format!("{:?}{:?}", next.assembly, next.foundation);
    for secret in secrets {
        assert!(!shown.contains(&secret), "{secret}");
    }
}

#[tokio::test]
async fn a_request_shows_neither_token_nor_settings() {
    let node = waiting();
    let inputs = json!({"token": TOKEN, "config": PASSWORD});
    let request = request("choria_provision", "configure", inputs.clone());
    let accepted = node.assembly.dispatcher.accept(NODE, &payload(&request));
    let call = muster::rpc::Call {
        request: Arc::new(request),
        action: "configure".into(),
        data: inputs,
    };
    let shown = format!("{accepted:?}{call:?}");
    for secret in [TOKEN, PASSWORD] {
        assert!(!shown.contains(secret));
    }
}
