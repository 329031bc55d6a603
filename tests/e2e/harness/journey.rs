//! The way of a node from nothing into its fleet, as a provisioner takes it.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::Fleet;
use super::Node;
use super::Peer;
use super::sign;

/// A password that may appear in the node's configuration file and nowhere else.
pub(crate) const PASSWORD: &str = "Hunter2-of-the-broker";

/// What `server.conf` of a member of the fleet says.
pub(crate) fn settings(node: &Node, fleet: &Fleet) -> Map<String, Value> {
    let ssl = node.etc().join("ssl");
    let file = |name: &str| ssl.join(name).display().to_string();
    let own = node.settings();
    let own = own.lines().filter_map(|line| line.split_once(" = "));
    let mut settings: Map<String, Value> = own
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    for (key, value) in [
        ("plugin.choria.server.provision", "false".to_owned()),
        (
            "plugin.choria.middleware_hosts",
            format!("nats://localhost:{}", fleet.broker.port),
        ),
        ("rpcauthorization", "false".to_owned()),
        ("plugin.security.provider", "file".to_owned()),
        ("plugin.security.file.certificate", file("certificate.pem")),
        ("plugin.security.file.key", file("private.pem")),
        ("plugin.security.file.ca", file("ca.pem")),
        ("plugin.nats.user", "node".to_owned()),
        ("plugin.nats.pass", PASSWORD.to_owned()),
    ] {
        settings.insert(key.to_owned(), value.into());
    }
    settings
}

/// The inputs of `configure` for a CSR of this node.
pub(crate) fn configuration(node: &Node, fleet: &Fleet, csr: &Value) -> Value {
    json!({
        "config": Value::Object(settings(node, fleet)).to_string(),
        "certificate": sign(&fleet.authority, csr.as_str().unwrap()),
        "ca": fleet.authority.pem(),
        "ssldir": node.etc().join("ssl"),
    })
}

/// Configures a waiting node, as a provisioner does it; what remains is to restart it.
pub(crate) async fn configure(provisioner: &mut Peer, node: &Node, fleet: &Fleet) {
    let csr = provisioner
        .provision(&node.identity, "gencsr", json!({}))
        .await
        .ok();
    let inputs = configuration(node, fleet, &csr["csr"]);
    provisioner
        .provision(&node.identity, "configure", inputs)
        .await
        .ok();
}

/// Restarts a configured node as soon as it may.
pub(crate) async fn restart(provisioner: &mut Peer, node: &Node) {
    let splay = json!({"splay": 1});
    provisioner
        .provision(&node.identity, "restart", splay)
        .await
        .ok();
}

/// Takes a waiting node that announced itself into a fleet, up to its first sign of life there.
pub(crate) async fn join(
    provisioner: &mut Peer,
    production: &mut Peer,
    node: &Node,
    fleet: &Fleet,
) {
    configure(provisioner, node, fleet).await;
    restart(provisioner, node).await;
    production.event("startup", "server").await;
    node.connected("normal").await;
}

/// Sends a member of a fleet back to wait for a provisioner, up to its first sign of life there.
pub(crate) async fn leave(production: &mut Peer, provisioner: &mut Peer, node: &Node) {
    let leaves = production.provision(&node.identity, "reprovision", json!({}));
    let message = leaves.await.ok()["message"].to_string();
    assert!(message.starts_with("\"Restarting after "), "{message}");
    production.event("shutdown", "server").await;
    provisioner.event("startup", "provision_mode_server").await;
    node.connected("provisioning").await;
}
